// The end of a start on engines: whichever node projects, what was in the log has to be visible before this one answers.
import { setTimeout as pause } from "node:timers/promises";
import { type EventLog, ordinalOf, type Position } from "../eventlog/event-log.ts";
import type { Visibility } from "../eventlog/visibility.ts";

export interface CaughtUpOptions {
  /** Told, in words, how far they are. */
  readonly onStart: (progress: string) => void;
  /** Milliseconds between two words. */
  readonly lookEvery?: number;
  /** For how long read models are waited for that do not answer any more, ms. */
  readonly silentFor?: number;
}

const LOOK_EVERY = 1_000;
const SILENT_FOR = 10_000;

/** How far the read models are. Throws an Error where they have seen what the log has no more: it was set back. */
export async function positionWithin(
  log: Pick<EventLog, "head">,
  views: { position(): Promise<Position> },
): Promise<Position> {
  const seen = await views.position();
  // Asked for afterwards: other nodes write, and project, meanwhile.
  const head = await log.head();
  if (seen <= head) return seen;
  throw new Error(
    `the read models are at position ${ordinalOf(seen)} of a log that ends at ${ordinalOf(head)}: it is another log, ` +
      "or it was set back. Drop the database of the read models, and they are built anew",
  );
}

/** Resolves once all up to `head` is visible. Throws an Error where the read models do not answer any more. */
export async function caughtUp(
  visibility: Visibility,
  head: Position,
  { onStart, lookEvery = LOOK_EVERY, silentFor = SILENT_FOR }: CaughtUpOptions,
): Promise<void> {
  const from = ordinalOf(visibility.position);
  const all = Math.max(1, ordinalOf(head) - from);
  for (let heardAt = performance.now(); visibility.position < head; ) {
    if (visibility.stalled === undefined) heardAt = performance.now();
    if (performance.now() - heardAt > silentFor)
      throw new Error("the read models stopped answering while they were catching up with the log: is MongoDB well?");
    const share = Math.floor((100 * (ordinalOf(visibility.position) - from)) / all);
    onStart(`the read models are catching up with the log: ${share} % of what was missing`);
    await Promise.race([visibility.reached(head).catch(() => undefined), pause(lookEvery, undefined, { ref: false })]);
  }
}
