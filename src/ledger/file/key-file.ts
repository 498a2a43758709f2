// The signing keys in a file of the ledger's folder, readable by its owner alone. One secret stands for all trees: each tree's
// key is derived from it and the tree's origin, so that no signature of one can stand for another.
import { hkdfSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromBase64, toBase64 } from "../base64.ts";
import { SEED_BYTES } from "../ed25519.ts";
import type { LedgerKeys } from "../keys.ts";
import { type NoteSigner, noteSigner } from "../signing.ts";
import { isKeyName, type VerifierKey } from "../verifier-key.ts";
import { writeDurably } from "./durable.ts";

export const KEY_FILE = "ledger.key";
const FORMAT = 1;
const INFO = "scim-ledger/ledger-key/v1\0";
const DAY = 86_400_000;

interface StoredKey {
  /** 32 random bytes, base 64. */
  readonly secret: string;
  /** ISO 8601. */
  readonly made: string;
  /** When it ceases to sign; absent for the newest. */
  readonly until?: string;
}

interface Content {
  readonly format: number;
  readonly name: string;
  /** The newest first. */
  readonly keys: readonly StoredKey[];
}

export class KeyFile implements LedgerKeys {
  readonly #content: Content;
  readonly #clock: () => number;
  readonly #signers = new Map<string, NoteSigner>();

  private constructor(content: Content, clock: () => number) {
    this.#content = content;
    this.#clock = clock;
  }

  /** Opens the keys of a folder. Throws an Error that says what is wrong with the file. */
  static open(folder: string, clock: () => number = Date.now): KeyFile {
    return new KeyFile(read(join(folder, KEY_FILE)), clock);
  }

  /** Opens the keys of a folder; makes them at first, for trees whose origins begin with `name`. */
  static openOrMake(folder: string, name: string, clock: () => number = Date.now): KeyFile {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, KEY_FILE);
    if (!existsSync(path)) {
      if (!isKeyName(name)) throw new Error(`“${name}” cannot name a ledger: it is empty, or has a blank or a plus`);
      write(path, { format: FORMAT, name, keys: [fresh(clock())] });
    }
    return KeyFile.open(folder, clock);
  }

  get name(): string {
    return this.#content.name;
  }

  signers(origin: string): readonly NoteSigner[] {
    const now = this.#clock();
    return this.#content.keys
      .filter(({ until }) => until === undefined || Date.parse(until) > now)
      .map((key) => this.#signer(origin, key));
  }

  verifiers(origin: string): readonly VerifierKey[] {
    return this.#content.keys.map((key) => this.#signer(origin, key).key);
  }

  #signer(origin: string, { secret }: StoredKey): NoteSigner {
    const id = `${origin} ${secret}`;
    let signer = this.#signers.get(id);
    if (signer === undefined) {
      const seed = hkdfSync("sha256", fromBase64(secret)!, "", INFO + origin, SEED_BYTES);
      signer = noteSigner(origin, new Uint8Array(seed));
      this.#signers.set(id, signer);
    }
    return signer;
  }
}

/** A new key signs from the next start on; the one before signs beside it for so many days. All are kept, to verify with. */
export function rotateKeys(folder: string, days: number, now = Date.now()): void {
  const path = join(folder, KEY_FILE);
  const { keys, ...rest } = read(path);
  const until = new Date(now + days * DAY).toISOString();
  write(path, { ...rest, keys: [fresh(now), ...keys.map((key) => ({ until, ...key }))] });
}

const fresh = (now: number): StoredKey => ({
  secret: toBase64(randomBytes(SEED_BYTES)),
  made: new Date(now).toISOString(),
});

const write = (path: string, content: Content): void => writeDurably(path, `${JSON.stringify(content, null, 2)}\n`);

function read(path: string): Content {
  if (!existsSync(path)) throw new Error(`${path} is missing: it holds the keys that sign the ledger; restore it`);
  try {
    const content = JSON.parse(readFileSync(path, "utf8")) as Content;
    const isWhole =
      content.format === FORMAT &&
      isKeyName(content.name) &&
      content.keys.length > 0 &&
      content.keys.every(({ secret }) => fromBase64(secret)?.length === SEED_BYTES);
    if (isWhole) return content;
  } catch {
    // Said below, in words.
  }
  throw new Error(`${path} is no key file of this version of scim-ledger; restore it`);
}
