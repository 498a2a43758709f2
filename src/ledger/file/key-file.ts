// The signing keys in a file of the ledger's folder, readable by its owner alone.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DerivedKeys, firstKeys, type KeptKeys, readKept, rotated, sameKeys, writeKept } from "../derived-keys.ts";
import { writeDurably } from "./durable.ts";

export const KEY_FILE = "ledger.key";

export class KeyFile extends DerivedKeys {
  /** Opens the keys of a folder. Throws an Error that says what is wrong with the file. */
  static open(folder: string, clock: () => number = Date.now): KeyFile {
    return new KeyFile(read(join(folder, KEY_FILE)), clock);
  }

  /** Opens the keys of a folder; makes them at first, for trees whose origins begin with `name`. */
  static openOrMake(folder: string, name: string, clock: () => number = Date.now): KeyFile {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, KEY_FILE);
    if (!existsSync(path)) writeDurably(path, writeKept(firstKeys(name, clock())));
    return KeyFile.open(folder, clock);
  }
}

/** A new key signs from the next start on; the one before signs beside it for so many days. All are kept, to verify with. */
export function rotateKeys(folder: string, days: number, now = Date.now()): void {
  const path = join(folder, KEY_FILE);
  writeDurably(path, writeKept(rotated(read(path), days, now)));
}

/** Keeps keys that were made elsewhere, where there are none yet. Throws an Error where there are others. */
export function takeOverKeyFile(folder: string, taken: KeptKeys): void {
  const path = join(folder, KEY_FILE);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(path)) writeDurably(path, writeKept(taken));
  else if (!sameKeys(read(path), taken)) throw new Error(`${path} has other keys of a ledger, ${read(path).name}`);
}

/** What the file of a folder keeps, secret as a whole. Throws an Error that says what is wrong with it. */
export const keptIn = (folder: string): KeptKeys => read(join(folder, KEY_FILE));

function read(path: string): KeptKeys {
  if (!existsSync(path)) throw new Error(`${path} is missing: it holds the keys that sign the ledger; restore it`);
  const kept = readKept(readFileSync(path, "utf8"));
  if (kept !== undefined) return kept;
  throw new Error(`${path} is no key file of this version of scim-ledger; restore it`);
}
