// When heads are signed: after a while, or sooner after many events; never while there is nothing new.
import { setTimeout as sleep } from "node:timers/promises";
import { ordinalOf, type Position, START } from "../eventlog/event-log.ts";
import type { Awaitable } from "../readstore/read-store.ts";
import type { Checkpoints } from "./checkpoints.ts";

export interface CheckpointTimerOptions {
  readonly checkpoints: Pick<Checkpoints, "signAll">;
  /** How far the read models are. */
  readonly position: () => Position;
  /** How many events they have seen in (after, until]. */
  readonly seen: (after: Position, until: Position) => Awaitable<number>;
  /** Milliseconds after which new events are under a signed head. */
  readonly every: number;
  /** Events after which they are so at once. */
  readonly after: number;
  /** How often it is looked, milliseconds. */
  readonly look?: number;
  readonly signal: AbortSignal;
  readonly onFailure: (error: unknown) => void;
}

const LOOK = 1_000;

/** Signs until the signal ends it. */
export async function signRegularly(options: CheckpointTimerOptions): Promise<void> {
  const { checkpoints, position, every, after, look = LOOK, signal, onFailure } = options;
  let [signedAt, signed] = [Number.NEGATIVE_INFINITY, START];
  const isDue = async (here: Position): Promise<boolean> => {
    if (performance.now() - signedAt >= every) return true;
    // Positions lie one apart or more: nearer than that, there cannot be so many events.
    return ordinalOf(here) - ordinalOf(signed) >= after && (await options.seen(signed, here)) >= after;
  };
  while (!signal.aborted) {
    const here = position();
    if (here > signed && (await isDue(here).catch(() => false))) {
      await checkpoints.signAll().catch(onFailure);
      [signedAt, signed] = [performance.now(), here];
    }
    await sleep(Math.min(look, every), undefined, { signal, ref: false }).catch(() => undefined);
  }
}
