// Stops waiting for what takes too long. All wait equally long, so the first that began is the first that is given up, and one
// timer does for all: most answers come within a few ms, and a timer for each would cost more than the wait is worth.

interface Waiting {
  readonly since: number;
  readonly giveUp: () => void;
}

export class Patience {
  readonly #milliseconds: number;
  /** In the order in which they began. */
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** What the promise settles to, if that is soon enough; else throws that it was not answered. */
  with<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        since: performance.now(),
        giveUp: () => reject(new Error(`was not answered within ${this.#milliseconds} ms`)),
      };
      this.#begin(waiting);
      answer.then(
        (value) => {
          this.#end(waiting);
          resolve(value);
        },
        (error) => {
          this.#end(waiting);
          reject(error);
        },
      );
    });
  }

  #begin(waiting: Waiting): void {
    this.#waiting.add(waiting);
    if (this.#waiting.size > 1) return;
    // Kept when nobody waits, to be taken up again, but then it holds no process.
    if (this.#timer === undefined) this.#look(this.#milliseconds);
    else this.#timer.ref();
  }

  #end(waiting: Waiting): void {
    if (this.#waiting.delete(waiting) && this.#waiting.size === 0) this.#timer?.unref();
  }

  #look(after: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const now = performance.now();
      for (const waiting of this.#waiting) {
        const left = waiting.since + this.#milliseconds - now;
        if (left > 0) return this.#look(left);
        this.#waiting.delete(waiting);
        waiting.giveUp();
      }
    }, after);
  }
}
