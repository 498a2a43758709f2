// Texts on their way into the files of an evidence folder.
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Sink } from "./derive.ts";
import { type FileName, MODE } from "./files.ts";

/** A new file. */
export class FileSink implements Sink {
  readonly #file: number;

  constructor(folder: string, name: FileName) {
    this.#file = openSync(join(folder, name), "wx", MODE);
  }

  write(text: string): void {
    writeSync(this.#file, text);
  }

  end(): void {}

  close(): void {
    closeSync(this.#file);
  }
}

/** Writes a new file. */
export function put(folder: string, name: FileName, texts: Iterable<string>): void {
  const sink = new FileSink(folder, name);
  try {
    for (const text of texts) sink.write(text);
  } finally {
    sink.close();
  }
}
