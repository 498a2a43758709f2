// Builds read models anew beside those that serve, and lets them take their place.
import { type EventLog, ordinalOf, type Position, type RecordedEvent } from "../eventlog/event-log.ts";
import type { ViewWriter } from "../readstore/view-writer.ts";
import { AsynchronousProjector, type AsynchronousProjectorOptions } from "./asynchronous-projector.ts";

/** Read models that nobody reads yet. */
export interface Unserved {
  /** Aborts when another process builds them. */
  readonly signal: AbortSignal;
  open(): Promise<ViewWriter & AsyncDisposable>;
  /** Makes what only readers need. */
  index(): Promise<void>;
  /** Takes the place of what serves; `catchUp` brings what was built to the place that it is told, or beyond. */
  replace(catchUp: (place: number) => Promise<void>): Promise<void>;
}

export interface RebuildProgress {
  readonly step: "filling" | "indexing" | "replacing";
  /** Events that this process projected. */
  readonly events: number;
  readonly position: Position;
  /** Where the log ended when it began. */
  readonly head: Position;
}

export interface RebuildOptions extends Omit<AsynchronousProjectorOptions, "onStored"> {
  readonly log: Pick<EventLog, "readAll" | "head">;
  readonly views: Unserved;
  readonly onProgress?: (progress: RebuildProgress) => void;
  /** Stops it; what was built stays, and is gone on with. */
  readonly signal?: AbortSignal;
}

/** Events of one read. */
const PULL = 1_000;

/** Resolves once the new read models serve, with the number of events that were projected. Rejects when stopped. */
export async function rebuild(options: RebuildOptions): Promise<number> {
  const writer = await options.views.open();
  try {
    return await rebuildWith(writer, options);
  } finally {
    await writer[Symbol.asyncDispose]();
  }
}

async function rebuildWith(writer: ViewWriter, options: RebuildOptions): Promise<number> {
  const { log, views, onProgress } = options;
  const head = await log.head();
  let events = 0;
  const onStored = (_: Position, some: readonly RecordedEvent[]) => {
    events += some.length;
    tell("filling");
  };
  const projector = await AsynchronousProjector.resume(writer, { ...options, onStored });
  const tell = (step: RebuildProgress["step"]) => onProgress?.({ step, events, position: projector.position, head });
  const read = (after: Position) => {
    const reading = log.readAll(after, PULL);
    // Read ahead, a failure is met when its turn comes.
    reading.catch(() => undefined);
    return reading;
  };
  /** Up to a place at least; without one, up to the log's end. */
  const fill = async (place = Number.POSITIVE_INFINITY, signal?: AbortSignal) => {
    let next = read(projector.position);
    try {
      for (let taken = projector.position; ordinalOf(taken) < place; ) {
        signal?.throwIfAborted();
        const some = await next;
        const last = some.at(-1);
        if (last === undefined) break;
        taken = last.position;
        next = read(last.position);
        await projector.take(some);
      }
    } finally {
      await projector.settled();
    }
    await next;
  };
  const stopped = AbortSignal.any([views.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  await fill(undefined, stopped);
  tell("indexing");
  await views.index();
  await fill(undefined, stopped);
  tell("replacing");
  await views.replace(async (place) => {
    await fill(place);
    if (ordinalOf(projector.position) < place)
      throw new Error(
        `the log ends at ${projector.position}, before the place ${place} that the read models have seen`,
      );
  });
  return events;
}
