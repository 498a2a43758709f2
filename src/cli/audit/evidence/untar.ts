// Unpacks the archive of an evidence folder: plain files without folders, and only those that belong in one.
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { FILES } from "../../../audit/evidence/files.ts";
import { Problem } from "../../problem.ts";

const BLOCK = 512;
const NAMES: ReadonlySet<string> = new Set(Object.values(FILES));
const NAME = { from: 0, to: 100 };
const SIZE = { from: 124, to: 136 };

/** Writes the files of an archive into an empty folder. Throws a Problem where it is not whole, or has anything else in it. */
export async function unpack(pieces: AsyncIterable<Uint8Array>, folder: string): Promise<void> {
  const reader = new Reader(pieces);
  const missing = new Set(NAMES);
  for (;;) {
    const header = await reader.take(BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const name = textIn(header, NAME);
    const size = Number.parseInt(textIn(header, SIZE), 8);
    if (!missing.delete(name) || !Number.isSafeInteger(size) || size < 0)
      throw new Problem("the service answered with an archive that is no evidence");
    await unpackOne(reader, join(folder, name), size);
  }
  if (missing.size > 0) throw new Problem(`the archive is not whole: ${[...missing].join(", ")} are missing`);
}

async function unpackOne(reader: Reader, path: string, size: number): Promise<void> {
  const file = openSync(path, "wx", 0o600);
  try {
    for (let left = size; left > 0; ) {
      const piece = await reader.some(left);
      writeSync(file, piece);
      left -= piece.length;
    }
  } finally {
    closeSync(file);
  }
  await reader.take((BLOCK - (size % BLOCK)) % BLOCK);
}

const textIn = (header: Buffer, { from, to }: { readonly from: number; readonly to: number }): string =>
  header.toString("latin1", from, to).split("\0")[0]!;

class Reader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** At least one byte, at most so many. */
  async some(most: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) throw new Problem("the archive broke off: what came is not whole");
      this.#rest = Buffer.from(next.value);
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  async take(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let left = length; left > 0; left -= pieces.at(-1)!.length) pieces.push(await this.some(left));
    return Buffer.concat(pieces);
  }
}
