// Brings the read models after the log, for as long as a term lasts: whatever the log has after their checkpoint is pulled in
// order, projected, and told.
import { setTimeout as pause } from "node:timers/promises";
import type { EventLog, Position, RecordedEvent } from "../eventlog/event-log.ts";

/** Told of each batch that was stored, in order. */
export type OnProjected = (position: Position, events: readonly RecordedEvent[]) => void;

/** Read models that are being written. */
export interface Projecting extends Partial<AsyncDisposable> {
  readonly position: Position;
  /** Aborts when something could not be written. */
  readonly failed: AbortSignal;
  /** Takes what the log has next; resolves when it may have more. */
  take(events: readonly RecordedEvent[]): Promise<void>;
  /** Resolves when all that was taken is stored and told. Rejects with what failed. */
  settled(): Promise<unknown>;
}

export interface ProjectingOptions {
  readonly log: Pick<EventLog, "subscribe">;
  /** Takes up the read models that serve, where they are. Throws what `isOver` knows where others write them now. */
  readonly open: (onProjected: OnProjected) => Promise<Projecting>;
  readonly signal: AbortSignal;
  /** Told when they are taken up again: what became visible since the last batch that was told may have been told to nobody. */
  readonly onTakenUp?: () => void;
  readonly onProjected: OnProjected;
  /** Told of each failure; the read models are taken up again where they are. */
  readonly onFailure: (error: unknown) => void;
  /** Whether an error says that others write the read models now. */
  readonly isOver: (error: unknown) => boolean;
}

const RETRY_AFTER = 250;

/** Projects until the signal, or until others write the read models: then it throws what said so. */
export async function projectWhile(options: ProjectingOptions): Promise<void> {
  const { open, signal, onTakenUp, onFailure, isOver } = options;
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    let projector: Projecting | undefined;
    try {
      projector = await open(options.onProjected);
      if (!isFirst) onTakenUp?.();
      await projectFrom(projector, options);
    } catch (error) {
      // What was opened may have been replaced by a new generation: opening again tells that from another writer.
      if (projector === undefined && isOver(error)) throw error;
      if (!signal.aborted) onFailure(error);
    }
    await pause(RETRY_AFTER, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function projectFrom(projector: Projecting, { log, signal, onProjected }: ProjectingOptions): Promise<void> {
  try {
    onProjected(projector.position, []);
    const ended = AbortSignal.any([signal, projector.failed]);
    for await (const events of log.subscribe(projector.position, ended)) await projector.take(events);
    await projector.settled();
  } finally {
    // What is under way ends first, whatever it was that failed.
    await projector.settled().catch(() => undefined);
    await projector[Symbol.asyncDispose]?.();
  }
}
