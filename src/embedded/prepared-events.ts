// The log's events as a thread of their own prepares them, a few slices ahead of whoever projects them.
import { on, once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Position } from "../eventlog/event-log.ts";
import type { PreparedEvent } from "../projections/preparing.ts";
import { CATCH_UP_BATCH } from "../projections/projector.ts";
import { type PackedEvents, unpackEvents } from "./prepared-messages.ts";
import type { PreparerData, PreparerRequest } from "./preparer-thread.ts";

/** Compiled beside this file, or its source. */
const PREPARER_THREAD = new URL(`./preparer-thread${extname(import.meta.url)}`, import.meta.url);
const HEAP = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 };
/** Slices that are under way or wait. */
const AHEAD = 8;

/**
 * Events after a position, in order, in slices. It ends with the log, or early where the thread is lost: whoever projects
 * goes on by themselves then, and meets the reason if there is one.
 */
export async function* preparedEvents(folder: string, after: Position): AsyncGenerator<readonly PreparedEvent[]> {
  const worker = new Worker(PREPARER_THREAD, {
    workerData: { folder, after, slice: CATCH_UP_BATCH } satisfies PreparerData,
    resourceLimits: HEAP,
  });
  const ask = (request: PreparerRequest) => worker.postMessage(request);
  const lost = new AbortController();
  worker.on("error", () => lost.abort());
  const ended = once(worker, "exit");
  ended.catch(() => undefined);
  for (let slices = 0; slices < AHEAD; slices++) ask("more");
  try {
    for await (const [packed] of on(worker, "message", { close: ["exit"] }) as AsyncIterable<[PackedEvents]>) {
      if (packed.shape.length === 0) break;
      ask("more");
      yield unpackEvents(packed);
    }
  } catch (error) {
    if (!lost.signal.aborted) throw error;
  } finally {
    ask("end");
    await ended.catch(() => undefined);
  }
}
