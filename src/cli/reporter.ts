// How far a long work of several parts is: a line on a terminal, lines of JSON where a machine asked for them, else nothing.
import type { Io } from "./io.ts";
import { ProgressLine } from "./progress.ts";
import { sayCount, saySeconds } from "./units.ts";

/** Milliseconds between two lines of JSON. */
const EVERY = 1_000;
/** Shorter waits are not worth a word, milliseconds. */
const LONG_WAIT = 5_000;

export class Reporter {
  readonly #io: Io;
  readonly #json: boolean;
  #line: ProgressLine | undefined;
  #what: string | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;
  #said = "";

  constructor(io: Io, json: boolean) {
    this.#io = io;
    this.#json = json;
  }

  at(what: string, done: number, all: number): void {
    if (this.#json) this.#say(what, done, all);
    else this.#show(what, done, all);
  }

  #show(what: string, done: number, all: number): void {
    if (what !== this.#what) {
      this.#line?.end();
      this.#line = new ProgressLine(this.#io, { what, say: sayCount });
      this.#what = what;
    }
    this.#line?.at(done, all);
  }

  waits(who: string, milliseconds: number, why: string): void {
    if (milliseconds < LONG_WAIT) return;
    const seconds = Math.ceil(milliseconds / 1_000);
    if (this.#json) this.#io.out(JSON.stringify({ waiting: { for: who, seconds, why } }));
    else if (this.#io.errIsTerminal) {
      this.end();
      this.#io.err(`${who}: ${why}; waiting ${saySeconds(seconds)}`);
    }
  }

  /** Takes the line away. */
  end(): void {
    this.#line?.end();
    this.#what = undefined;
  }

  /** The end of each part is always said. */
  #say(what: string, done: number, all: number): void {
    const now = performance.now();
    const text = JSON.stringify({ progress: { what, done, of: all } });
    if (text === this.#said || (done < all && now - this.#saidAt < EVERY)) return;
    this.#saidAt = now;
    this.#said = text;
    this.#io.out(text);
  }
}
