// The engines of a run: the servers that the environment names, and what the run made there.
import { randomBytes } from "node:crypto";
import { MongoClient } from "mongodb";

const ESDB = "SCIM_LEDGER_BENCH_ESDB";
const MONGODB = "SCIM_LEDGER_BENCH_MONGODB";
/** Beside a database of read models, what outlasts them (docs/operations.md). */
const LASTING = "_keys";
const PATIENCE_MS = 10_000;

/** A text that no other run has: databases and logs are called by it. */
export const newName = (): string => `bench${randomBytes(6).toString("hex")}`;

/** The address of one database of the server that an address names; who connects is still looked up where the address says. */
export function withDatabase(address: string, name: string): string {
  const parts = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/u.exec(address);
  if (parts === null) throw new Error(`${MONGODB} does not begin with mongodb:// and a host`);
  const [, server = "", database = "", given = ""] = parts;
  const options = new URLSearchParams(given);
  if (server.includes("@") && database !== "" && !options.has("authSource")) options.set("authSource", database);
  return `${server}/${name}${options.size > 0 ? `?${options}` : ""}`;
}

export class Engines implements AsyncDisposable {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #databases = new Set<string>();

  constructor(environment: NodeJS.ProcessEnv = process.env) {
    this.#environment = environment;
  }

  /** Its log grows by what is measured: nothing is ever taken out of one. Throws where none is named. */
  get eventStore(): string {
    return this.#named(ESDB, "EventStoreDB");
  }

  /** Throws where none is named. */
  get mongo(): string {
    return this.#named(MONGODB, "MongoDB");
  }

  /** The address of a database that nobody else has; it is dropped at the end of the run, with the one for keys beside it. */
  database(): string {
    const name = newName();
    const address = withDatabase(this.mongo, name);
    this.#databases.add(name);
    return address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#databases.size === 0) return;
    const client = new MongoClient(this.mongo, { serverSelectionTimeoutMS: PATIENCE_MS });
    try {
      for (const name of this.#databases) {
        await client.db(name).dropDatabase();
        await client.db(name + LASTING).dropDatabase();
        this.#databases.delete(name);
      }
    } catch (error) {
      const left = [...this.#databases].join(", ");
      process.stderr.write(`databases are left, drop them by hand (${left}): ${(error as Error).message}\n`);
    } finally {
      await client.close();
    }
  }

  #named(setting: string, what: string): string {
    const address = this.#environment[setting];
    if (address === undefined || address === "") throw new Error(`${setting} names no ${what}`);
    return address;
  }
}
