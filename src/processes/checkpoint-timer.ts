// When heads are signed: after a while, or sooner after many events; never while there is nothing new.
import { setTimeout as sleep } from "node:timers/promises";
import { ordinalOf, type Position } from "../eventlog/event-log.ts";
import type { Checkpoints } from "./checkpoints.ts";

export interface CheckpointTimerOptions {
  readonly checkpoints: Pick<Checkpoints, "signAll">;
  /** How far the read models are. */
  readonly position: () => Position;
  /** Milliseconds after which new events are under a signed head. */
  readonly every: number;
  /** Events after which they are so at once. */
  readonly after: number;
  readonly signal: AbortSignal;
  readonly onFailure: (error: unknown) => void;
}

/** How often it is looked, milliseconds. */
const LOOK = 1_000;

/** Signs until the signal ends it. */
export async function signRegularly(options: CheckpointTimerOptions): Promise<void> {
  const { checkpoints, position, every, after, signal, onFailure } = options;
  let [signedAt, signed] = [performance.now(), -1];
  while (!signal.aborted) {
    const here = ordinalOf(position());
    const isDue = performance.now() - signedAt >= every || here - signed >= after || signed < 0;
    if (isDue && here > signed) {
      await checkpoints.signAll().catch(onFailure);
      [signedAt, signed] = [performance.now(), here];
    }
    await sleep(Math.min(LOOK, every), undefined, { signal, ref: false }).catch(() => undefined);
  }
}
