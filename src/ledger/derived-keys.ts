// The keys that sign a ledger's heads, from what is kept of them. One secret stands for all trees: each tree's key is derived
// from it and the tree's origin, so that no signature of one can stand for another.
import { hkdfSync, randomBytes } from "node:crypto";
import { fromBase64, toBase64 } from "./base64.ts";
import { SEED_BYTES } from "./ed25519.ts";
import type { LedgerKeys } from "./keys.ts";
import { type NoteSigner, noteSigner } from "./signing.ts";
import { isKeyName, type VerifierKey } from "./verifier-key.ts";

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

/** What is kept; secret as a whole. */
export interface KeptKeys {
  readonly format: number;
  readonly name: string;
  /** The newest first. */
  readonly keys: readonly StoredKey[];
}

export class DerivedKeys implements LedgerKeys {
  readonly #kept: KeptKeys;
  readonly #clock: () => number;
  readonly #signers = new Map<string, NoteSigner>();

  constructor(kept: KeptKeys, clock: () => number = Date.now) {
    this.#kept = kept;
    this.#clock = clock;
  }

  get name(): string {
    return this.#kept.name;
  }

  signers(origin: string): readonly NoteSigner[] {
    const now = this.#clock();
    return this.#kept.keys
      .filter(({ until }) => until === undefined || Date.parse(until) > now)
      .map((key) => this.#signer(origin, key));
  }

  verifiers(origin: string): readonly VerifierKey[] {
    return this.#kept.keys.map((key) => this.#signer(origin, key).key);
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

/** The first keys, for trees whose origins begin with `name`. Throws an Error for what cannot be a name. */
export function firstKeys(name: string, now: number): KeptKeys {
  if (!isKeyName(name)) throw new Error(`“${name}” cannot name a ledger: it is empty, or has a blank or a plus`);
  return { format: FORMAT, name, keys: [fresh(now)] };
}

/** With a new key, beside which the one before signs for so many days. All are kept, to verify with. */
export function rotated({ keys, ...rest }: KeptKeys, days: number, now: number): KeptKeys {
  const until = new Date(now + days * DAY).toISOString();
  return { ...rest, keys: [fresh(now), ...keys.map((key) => ({ until, ...key }))] };
}

export const writeKept = (kept: KeptKeys): string => `${JSON.stringify(kept, null, 2)}\n`;

/** Undefined for a text that is none of this version's. */
export function readKept(text: string): KeptKeys | undefined {
  try {
    return keptKeys(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** What was kept, where it is whole and of this version. */
export function keptKeys(kept: KeptKeys | undefined): KeptKeys | undefined {
  const isWhole =
    kept?.format === FORMAT &&
    isKeyName(kept.name) &&
    kept.keys.length > 0 &&
    kept.keys.every(({ secret }) => fromBase64(secret)?.length === SEED_BYTES);
  return isWhole ? kept : undefined;
}

/** Whether two sign and verify alike. */
export const sameKeys = (one: KeptKeys, other: KeptKeys): boolean =>
  one.name === other.name && secretsOf(one) === secretsOf(other);

const secretsOf = ({ keys }: KeptKeys): string => keys.map(({ secret }) => secret).join();

const fresh = (now: number): StoredKey => ({
  secret: toBase64(randomBytes(SEED_BYTES)),
  made: new Date(now).toISOString(),
});
