// Files as one archive (POSIX.1-1988 ustar), the same bytes for the same files: without owners and without times.
import { statSync } from "node:fs";
import { basename } from "node:path";
import { piecesOf } from "../../audit/evidence/files.ts";

const BLOCK = 512;
/** Offsets and sizes of the header's fields. */
const FIELDS = {
  name: 0,
  mode: 100,
  owner: 108,
  group: 116,
  size: 124,
  time: 136,
  sum: 148,
  type: 156,
  magic: 257,
} as const;
const LARGEST = 8 ** 11 - 1;

/** The archive in pieces, each valid until the next. */
export function* tarOf(paths: readonly string[]): Generator<Uint8Array> {
  for (const path of paths) {
    const { size } = statSync(path);
    yield headerOf(basename(path), size);
    yield* piecesOf(path);
    yield Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
  }
  yield Buffer.alloc(2 * BLOCK);
}

function headerOf(name: string, size: number): Uint8Array {
  if (size > LARGEST) throw new RangeError(`${name} is too large for an archive`);
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  header.write(name, FIELDS.name);
  header.write(octal(0o600, 7), FIELDS.mode);
  header.write(octal(0, 7), FIELDS.owner);
  header.write(octal(0, 7), FIELDS.group);
  header.write(octal(size, 11), FIELDS.size);
  header.write(octal(0, 11), FIELDS.time);
  header.fill(" ", FIELDS.sum, FIELDS.type);
  header.write("0", FIELDS.type);
  header.write("ustar\0" + "00", FIELDS.magic);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, FIELDS.sum);
  return header;
}
