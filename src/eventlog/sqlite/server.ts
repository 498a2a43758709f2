// The log's thread: takes what the client posted, commits everything that waits as one transaction, and acknowledges it once
// it is on the disk. While the disk works, whoever follows the log prepares for what was committed.
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { RecordedEvent } from "../event-log.ts";
import { type LogAnswer, type LogRequest, packOutcome, unpack } from "./messages.ts";
import type { SqliteLogWriter } from "./writer.ts";

/** Messages of the client that one transaction takes at most; a message holds the appends of one of its ticks. */
const MESSAGES_A_COMMIT = 64;

/**
 * Gets every new event once, in order, with its personal values in memory, when it is committed and not yet durable: nothing
 * may be shown to anyone before the function that it returns is called, right after the acknowledgement.
 */
export type Follower = (events: readonly RecordedEvent[]) => () => void;

/**
 * Serves a SqliteEventLog at the other end of the port until it closes, which closes the writer and the port too; others who
 * have the log open close it in `beforeClose`.
 */
export function serveLog(
  port: MessagePort,
  writer: SqliteLogWriter,
  follow?: Follower,
  beforeClose?: () => void,
): void {
  const answer = (message: LogAnswer): void => port.postMessage(message);
  const waiting: LogRequest[] = [];
  let isBusy = false;

  port.on("message", (request: LogRequest) => {
    waiting.push(request);
    if (!isBusy) void serve();
  });

  async function serve(): Promise<void> {
    isBusy = true;
    while (waiting.length > 0) {
      const requests = [...waiting.splice(0), ...received(port)];
      if (requests.some(({ kind }) => kind === "open")) answer({ kind: "opened" });
      const groups = requests.flatMap((request) => (request.kind === "append" ? unpack(request.groups) : []));
      if (groups.length > 0) await append(groups);
      if (requests.some(({ kind }) => kind === "close")) close();
    }
    isBusy = false;
  }

  /** A flush that fails ends the thread: nobody can say what the disk holds. */
  async function append(groups: ReturnType<typeof unpack>): Promise<void> {
    const { outcomes, events } = writer.commit(groups);
    const flushed = events.length > 0 ? writer.flush() : undefined;
    const show = events.length > 0 ? follow?.(events) : undefined;
    await flushed;
    answer({ kind: "appended", outcomes: outcomes.map(packOutcome) });
    show?.();
  }

  function close(): void {
    beforeClose?.();
    writer.close();
    answer({ kind: "closed" });
    port.close();
  }
}

/** What is in the port's queue already. */
function received(port: MessagePort): LogRequest[] {
  const requests: LogRequest[] = [];
  while (requests.length < MESSAGES_A_COMMIT - 1) {
    const next = receiveMessageOnPort(port);
    if (next === undefined) break;
    requests.push(next.message);
  }
  return requests;
}
