// How far a long work is, how fast it goes and how long it will still take: a line on a terminal, seldom one in a pipe.
import { sayCount, saySeconds } from "../../src/cli/units.ts";

/** Milliseconds between two lines. */
const ON_TERMINAL = 200;
const IN_PIPE = 10_000;

export class Rate {
  readonly #what: string;
  readonly #all: number;
  readonly #out: NodeJS.WriteStream;
  readonly #began = performance.now();
  #saidAt = this.#began;

  constructor(what: string, all: number, out: NodeJS.WriteStream = process.stderr) {
    this.#what = what;
    this.#all = all;
    this.#out = out;
  }

  at(done: number): void {
    const now = performance.now();
    if (now - this.#saidAt < (this.#out.isTTY ? ON_TERMINAL : IN_PIPE)) return;
    this.#saidAt = now;
    this.#say(done, done / ((now - this.#began) / 1_000));
  }

  /** The line is left to be read. */
  end(): void {
    const seconds = (performance.now() - this.#began) / 1_000;
    this.#say(this.#all, this.#all / seconds);
    if (this.#out.isTTY) this.#out.write("\n");
  }

  #say(done: number, rate: number): void {
    const left = saySeconds((this.#all - done) / rate);
    const line = `${sayCount(done)} of ${sayCount(this.#all)} ${this.#what} · ${sayCount(rate)}/s · ${left} left`;
    this.#out.write(this.#out.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  }
}
