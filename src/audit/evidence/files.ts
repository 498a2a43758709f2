// The files of an evidence folder, and how the large ones are read: piece by piece, never as a whole.
import { createHash } from "node:crypto";
import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Item } from "../../ledger/evidence-file.ts";
import { Tampered } from "../../ledger/judge.ts";
import { Turns } from "../answers/turns.ts";

export const FILES = {
  json: "answer.json",
  csv: "answer.csv",
  checkpoint: "checkpoint",
  events: "events.bin",
  keys: "keys.txt",
  leaves: "leaves.bin",
  manifest: "manifest.json",
  policy: "policy",
  page: "README.md",
  run: "run.json",
} as const;

export type FileName = (typeof FILES)[keyof typeof FILES];

/** All but what differs from one run to the next, and the manifest, which lists the others. */
export const LISTED: readonly FileName[] = Object.values(FILES)
  .filter((name) => name !== FILES.manifest && name !== FILES.run)
  .toSorted();

/** Of the files: their owner's alone, for they hold personal values in clear. */
export const MODE = 0o600;

const PIECE = 1_048_576;

/** A file's bytes in order; each piece is overwritten by the next. */
export function* piecesOf(path: string): Generator<Buffer> {
  const file = openSync(path, "r");
  try {
    const piece = Buffer.allocUnsafe(PIECE);
    for (;;) {
      const length = readSync(file, piece, 0, PIECE, null);
      if (length === 0) return;
      yield piece.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

/** Larger than any event can be. */
const LONGEST_ITEM = 4 * 1_048_576;

/** The items of a file one after the other, each with the offset at which it begins. Throws Tampered where one is cut short. */
export function* itemsOf<T>(
  folder: string,
  name: FileName,
  read: (bytes: Buffer, at: number) => Item<T> | undefined,
): Generator<{ readonly item: T; readonly start: number }> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  for (const piece of piecesOf(join(folder, name))) {
    const bytes = Buffer.concat([rest, piece]);
    let start = 0;
    for (let next = read(bytes, start); next !== undefined; next = read(bytes, start)) {
      yield { item: next.item, start: offset + start };
      start = next.end;
    }
    offset += start;
    rest = bytes.subarray(start);
    if (rest.length > LONGEST_ITEM) break;
  }
  if (rest.length > 0) throw new Tampered(`${name} is cut short at byte ${offset}`);
}

/** Size, and SHA-256 in hex. */
export async function measure(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  const turns = new Turns();
  let bytes = 0;
  for (const piece of piecesOf(path)) {
    await turns.pause();
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** Throws Tampered where a folder has not exactly these files, all of them plain ones; `what` they make. */
export function checkNames(folder: string, names: readonly string[] = Object.values(FILES), what = "evidence"): void {
  const found = new Map(readdirSync(folder, { withFileTypes: true }).map((entry) => [entry.name, entry]));
  for (const name of names) {
    const entry = found.get(name);
    if (entry === undefined) throw new Tampered(`${name} is missing from the folder`);
    if (!entry.isFile()) throw new Tampered(`${name} is not a file`);
    found.delete(name);
  }
  for (const name of found.keys()) throw new Tampered(`“${name}” is in the folder and belongs to no ${what}`);
}
