// From an instant to a position of the log, once.
//
// A question is recorded as an event before its instant is resolved. Whatever is appended after that event has a later
// effective time than any instant that was not yet future when the question came in: the same question has the same answer
// for ever.
import { setTimeout as sleep } from "node:timers/promises";
import type { Position } from "../../eventlog/event-log.ts";
import { ScimError } from "../../scim/errors.ts";
import type { Moments } from "../sources.ts";

const PATIENCE_MS = 5_000;
const LOOK_AGAIN_MS = 5;

/**
 * How far the read models are, once that is no less than the log was when asked. 503 where they stay behind: an answer
 * would understate who had access.
 */
export async function level({ store, log, reached, patience = PATIENCE_MS }: Moments): Promise<Position> {
  const head = await log.head();
  const deadline = performance.now() + patience;
  for (let isTold = reached === undefined; ; isTold = true) {
    const position = await store.position();
    if (position >= head) return position;
    if (performance.now() > deadline) throw new ScimError(503, undefined, behind(position, head));
    await (isTold ? sleep(LOOK_AGAIN_MS) : settledWithin(patience, reached!(head)));
  }
}

async function settledWithin(ms: number, told: Promise<void>): Promise<void> {
  const over = new AbortController();
  const late = sleep(ms, undefined, { signal: over.signal });
  await Promise.race([told, late]).catch(() => {});
  over.abort();
  await late.catch(() => {});
}

const behind = (position: Position, head: Position): string =>
  `the read models are at position ${position} and the log is at ${head}: an answer now could leave out access, try again later`;

/** The last position whose effective time is at or before an instant, and not past `through`; without an instant, `through`. */
export async function positionAt(
  { store }: Pick<Moments, "store">,
  through: Position,
  instant: number | undefined,
): Promise<Position> {
  if (instant === undefined) return through;
  const position = await store.positionAt(instant);
  return position < through ? position : through;
}
