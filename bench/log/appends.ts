// Durable appends through the event log, a child process: so many writers, each of which waits for its own append.
import { Worker } from "node:worker_threads";
import type { SealedEvent } from "../../src/eventlog/event-log.ts";
import { SqliteEventLog } from "../../src/eventlog/sqlite/client.ts";
import { sealedEvents, streamOf } from "./sealed-events.ts";

export interface AppendsRequest {
  readonly folder: string;
  readonly writers: number;
  readonly seconds: number;
}

export interface AppendsResult {
  readonly appends: number;
  readonly seconds: number;
  /** Events in one transaction, on average. */
  readonly grouping: number;
}

/** Streams that one writer appends to in turn. */
const STREAMS = 100;

process.on("disconnect", () => process.exit());
process.once("message", async ({ folder, writers, seconds }: AppendsRequest) => {
  const thread = new Worker(new URL("./log-thread.ts", import.meta.url), { workerData: folder });
  const log = await SqliteEventLog.open(folder, thread);
  const events = sealedEvents(writers * STREAMS);
  const began = performance.now();
  const end = began + seconds * 1_000;
  let commits = 0;
  // The thread sends one answer for each commit.
  thread.on("message", () => commits++);
  const appends = await Promise.all(
    Array.from({ length: writers }, (_, writer) =>
      write(log, events.slice(writer * STREAMS, (writer + 1) * STREAMS), writer, end),
    ),
  );
  const total = appends.reduce((sum, count) => sum + count, 0);
  const result: AppendsResult = {
    appends: total,
    seconds: (performance.now() - began) / 1_000,
    grouping: total / commits,
  };
  await log.close();
  process.send!(result);
});

/** One writer: to each of its streams in turn, at the next revision. */
async function write(
  log: SqliteEventLog,
  events: readonly SealedEvent[],
  writer: number,
  end: number,
): Promise<number> {
  let appends = 0;
  for (let revision = -1; ; revision++) {
    for (const [index, event] of events.entries()) {
      if (performance.now() >= end) return appends;
      const stream = streamOf(writer * STREAMS + index);
      await log.append({ stream, expected: revision === -1 ? "none" : revision, events: [event] });
      appends++;
    }
  }
}
