// One line on a terminal that says what is being measured and how long it will still take; silence in a pipe.

export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #total: number;
  readonly #began = Date.now();
  #done = -1;
  #cell = "";

  constructor(total: number, out: NodeJS.WriteStream = process.stderr) {
    this.#total = total;
    this.#out = out;
  }

  /** The next cell begins. */
  cell(name: string): void {
    this.#done++;
    this.#cell = name;
    this.step("");
  }

  /** What is done for the cell at the moment. */
  step(what: string): void {
    if (!this.#out.isTTY) return;
    const line = `[${this.#done + 1}/${this.#total}] ${this.#cell}${what === "" ? "" : ` · ${what}`}${this.#remaining()}`;
    this.#out.write(`\r\x1b[K${line.slice(0, (this.#out.columns || 80) - 1)}`);
  }

  /** Clears the line. */
  end(): void {
    if (this.#out.isTTY) this.#out.write("\r\x1b[K");
  }

  #remaining(): string {
    if (this.#done === 0) return "";
    const seconds = ((Date.now() - this.#began) / 1_000 / this.#done) * (this.#total - this.#done);
    return seconds < 90 ? ` · about ${Math.ceil(seconds)} s left` : ` · about ${Math.ceil(seconds / 60)} min left`;
  }
}
