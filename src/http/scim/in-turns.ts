// Carries out steps side by side, as far as they do not have to wait for each other.
import { setImmediate as nextTurn } from "node:timers/promises";

export interface Turns {
  /** For each step, the steps that must be done before it; their numbers are smaller. */
  readonly before: readonly (readonly number[])[];
  /** How many may be under way. */
  readonly most: number;
  /** True: no further step is begun. */
  readonly isStopped: () => boolean;
}

/**
 * Must not throw. `isAlone`: every step before this one is done. "again" asks to be run once more when that is so; it is no
 * answer of a step that was alone.
 */
export type RunStep = (step: number, isAlone: boolean) => Promise<"done" | "again">;

/** Resolves when all steps are done, or, once stopped, when those that were begun are. One step is begun in a turn of the event loop. */
export async function inTurns({ before, most, isStopped }: Turns, run: RunStep): Promise<void> {
  const waitsFor = before.map(({ length }) => length);
  const followers: number[][] = before.map(() => []);
  for (const [step, steps] of before.entries()) for (const one of steps) followers[one]?.push(step);
  const ready = [...before.keys()].filter((step) => waitsFor[step] === 0);
  const isDone = new Uint8Array(before.length);
  const parked = new Set<number>();
  const running = new Set<Promise<void>>();
  /** The first step that is not done. */
  let first = 0;

  const finish = (step: number) => {
    isDone[step] = 1;
    while (isDone[first] === 1) first += 1;
    if (parked.delete(first)) ready.push(first);
    for (const follower of followers[step] as number[])
      if (--(waitsFor[follower] as number) === 0) ready.push(follower);
  };
  const begin = async (step: number) => {
    if ((await run(step, step === first)) === "done") finish(step);
    else if (step === first) ready.push(step);
    else parked.add(step);
  };

  for (let next = 0; ; ) {
    while (running.size < most && next < ready.length && !isStopped()) {
      const under: Promise<void> = begin(ready[next++] as number).finally(() => running.delete(under));
      running.add(under);
      await nextTurn();
    }
    if (running.size === 0) return;
    await Promise.race(running);
  }
}
