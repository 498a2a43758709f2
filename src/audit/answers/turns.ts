// Long work in a process that serves others: after a few milliseconds, they have their turn.
import { setImmediate as turn } from "node:timers/promises";

const LONGEST_MS = 10;

export class Turns {
  #since = performance.now();

  /** To be called often. Resolves once others had their turn, where they have waited long enough for it. */
  async pause(): Promise<void> {
    if (performance.now() - this.#since < LONGEST_MS) return;
    await turn();
    this.#since = performance.now();
  }
}
