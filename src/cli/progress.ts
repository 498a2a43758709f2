// One line on a terminal that says how far a long work is; nothing where nobody looks.
import type { Io } from "./io.ts";
import { saySeconds } from "./units.ts";

/** Shorter works show nothing; a line is written at most this often. Milliseconds. */
const FIRST_AFTER = 500;
const EVERY = 200;
const BAR = 24;
const ERASE_LINE = "\r\u001b[K";

export interface ProgressOptions {
  readonly what: string;
  /** An amount for people: `12 000 events`. */
  readonly say: (amount: number) => string;
  /** Milliseconds. */
  readonly clock?: () => number;
}

export class ProgressLine {
  readonly #io: Io;
  readonly #options: ProgressOptions;
  readonly #clock: () => number;
  readonly #startedAt: number;
  #first: number | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;

  constructor(io: Io, options: ProgressOptions) {
    this.#io = io;
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#startedAt = this.#clock();
  }

  /** What was done before the first call is no part of the rate. */
  at(done: number, all: number): void {
    if (!this.#io.errIsTerminal) return;
    const now = this.#clock();
    this.#first ??= done;
    if (now - this.#startedAt < FIRST_AFTER || now - this.#writtenAt < EVERY) return;
    this.#writtenAt = now;
    this.#io.progress(ERASE_LINE + this.#text(done, all, (done - this.#first) / (now - this.#startedAt)));
  }

  /** Takes the line away. */
  end(): void {
    if (this.#writtenAt !== Number.NEGATIVE_INFINITY) this.#io.progress(ERASE_LINE);
    this.#writtenAt = Number.NEGATIVE_INFINITY;
  }

  #text(done: number, all: number, perMillisecond: number): string {
    const { what, say } = this.#options;
    const share = all === 0 ? 1 : Math.min(1, done / all);
    const bar = "█".repeat(Math.round(share * BAR)).padEnd(BAR, "░");
    const rate = perMillisecond > 0 ? `, ${say(perMillisecond * 1_000)}/s` : "";
    const left = perMillisecond > 0 ? `, ${saySeconds((all - done) / perMillisecond / 1_000)} left` : "";
    return `${what} ${bar} ${Math.floor(share * 100)} % (${say(done)} of ${say(all)}${rate}${left})`;
  }
}
