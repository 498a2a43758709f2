// The log's thread: takes what the client posted, commits everything that waits as one transaction, answers, and hands the
// committed events on.
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { RecordedEvent } from "../event-log.ts";
import { type LogAnswer, type LogRequest, packOutcome, unpack } from "./messages.ts";
import type { SqliteLogWriter } from "./writer.ts";

/** Messages of the client that one transaction takes at most; a message holds the appends of one of its ticks. */
const MESSAGES_A_COMMIT = 64;

/**
 * Serves a SqliteEventLog at the other end of the port until it closes, which closes the writer and the port too. Answers
 * before it calls `onCommitted`, which gets every new event once, in order, with its personal values in memory.
 */
export function serveLog(
  port: MessagePort,
  writer: SqliteLogWriter,
  onCommitted?: (events: readonly RecordedEvent[]) => void,
): void {
  const answer = (message: LogAnswer): void => port.postMessage(message);

  port.on("message", (first: LogRequest) => {
    const requests = [first, ...waiting(port)];
    if (requests.some(({ kind }) => kind === "open")) answer({ kind: "opened" });
    const groups = requests.flatMap((request) => (request.kind === "append" ? unpack(request.groups) : []));
    if (groups.length > 0) {
      const { outcomes, events } = writer.commit(groups);
      answer({ kind: "appended", outcomes: outcomes.map(packOutcome) });
      if (events.length > 0) onCommitted?.(events);
    }
    if (requests.some(({ kind }) => kind === "close")) {
      writer.close();
      answer({ kind: "closed" });
      port.close();
    }
  });
}

function waiting(port: MessagePort): LogRequest[] {
  const requests: LogRequest[] = [];
  while (requests.length < MESSAGES_A_COMMIT - 1) {
    const received = receiveMessageOnPort(port);
    if (received === undefined) break;
    requests.push(received.message);
  }
  return requests;
}
