// The last signed heads, a file a tenant, beside the signing keys: what tells a log that was set back from one that grew. What
// witnesses have added stands in a file of its own, so that nothing that they do can spoil the head.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HeadKeeper } from "../keys.ts";
import { writeDurably } from "./durable.ts";

const FOLDER = "heads";
const SUFFIX = ".checkpoint";
const COSIGNED = ".cosigned";

/** Where a ledger's folder has them. */
export const headsFolder = (ledger: string): string => join(ledger, FOLDER);

export class HeadFiles implements HeadKeeper {
  readonly #folder: string;

  /** `folder`: the ledger's. */
  constructor(folder: string) {
    this.#folder = headsFolder(folder);
  }

  last(tenant: string): string | undefined {
    return this.#read(tenant + SUFFIX);
  }

  keep(tenant: string, note: string): void {
    this.#write(tenant + SUFFIX, note);
  }

  cosigned(tenant: string): string | undefined {
    return this.#read(tenant + COSIGNED);
  }

  keepCosigned(tenant: string, note: string): void {
    this.#write(tenant + COSIGNED, note);
  }

  tenants(): readonly string[] {
    return (orNone(() => readdirSync(this.#folder)) ?? [])
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => name.slice(0, -SUFFIX.length))
      .sort();
  }

  #write(name: string, note: string): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeDurably(join(this.#folder, name), note);
  }

  #read(name: string): string | undefined {
    return orNone(() => readFileSync(join(this.#folder, name), "utf8"));
  }
}

/** Undefined where there is nothing to read. */
function orNone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
