// A witness's folder: its key, and the last head that it cosigned of each log.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromBase64, toBase64 } from "../base64.ts";
import { SEED_BYTES } from "../ed25519.ts";
import { sha256 } from "../hash.ts";
import type { WitnessMemory } from "../witness.ts";
import { writeDurably } from "./durable.ts";

const KEY_FILE = "witness.key";

export class WitnessFiles implements WitnessMemory {
  readonly #folder: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
  }

  /** The key's seed, made at first. Throws an Error where the file holds something else. */
  seed(): Uint8Array {
    const path = join(this.#folder, KEY_FILE);
    if (!existsSync(path)) writeDurably(path, `${toBase64(randomBytes(SEED_BYTES))}\n`);
    const seed = fromBase64(readFileSync(path, "utf8").trimEnd());
    if (seed?.length !== SEED_BYTES) throw new Error(`${path} does not hold ${SEED_BYTES} bytes in base64; restore it`);
    return seed;
  }

  last(origin: string): string | undefined {
    return this.byHash(originHash(origin));
  }

  /** By SHA-256 of the origin, hex. */
  byHash(hash: string): string | undefined {
    const path = join(this.#folder, `${hash}.checkpoint`);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  }

  keep(origin: string, note: string): void {
    writeDurably(join(this.#folder, `${originHash(origin)}.checkpoint`), note);
  }
}

const originHash = (origin: string): string => Buffer.from(sha256(origin)).toString("hex");
