// The last signed heads, a file a tenant, beside the signing keys: what tells a log that was set back from one that grew.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HeadKeeper } from "../keys.ts";
import { writeDurably } from "./durable.ts";

const FOLDER = "heads";
const SUFFIX = ".checkpoint";

export class HeadFiles implements HeadKeeper {
  readonly #folder: string;

  /** `folder`: the ledger's. */
  constructor(folder: string) {
    this.#folder = join(folder, FOLDER);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  last(tenant: string): string | undefined {
    try {
      return readFileSync(this.#path(tenant), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  keep(tenant: string, note: string): void {
    writeDurably(this.#path(tenant), note);
  }

  tenants(): readonly string[] {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => name.slice(0, -SUFFIX.length))
      .sort();
  }

  #path(tenant: string): string {
    return join(this.#folder, tenant + SUFFIX);
  }
}
