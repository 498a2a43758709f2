// The vault in MongoDB, for any number of nodes: each with a stock and a memory of its own, all with the same keys.
import { setTimeout as pause } from "node:timers/promises";
import { type Db, MongoError, MongoServerError } from "mongodb";
import { keyIn } from "../key-id.ts";
import type { OpenKeyService } from "../key-service.ts";
import type { DataKey, KeyVault, NamedKey, Opened } from "../key-vault.ts";
import { VaultUnavailable } from "../key-vault.ts";
import { KeyStock } from "../stock.ts";
import { openDocuments, READ_TIME } from "./documents.ts";
import { KeyReader, STALE_AFTER, type TenantKeys } from "./key-reader.ts";
import { KeyWriter } from "./key-writer.ts";

export interface MongoVaultOptions {
  /** Of a replica set or a sharded cluster: destroying is a transaction. Whoever opened its client closes it, after the vault. */
  readonly database: Db;
  /** Who wraps the tenants' keys; the same for every node. */
  readonly openService: OpenKeyService;
}

/** Opens the vault of a database, or makes it. Throws an Error that says why it is refused. */
export async function openMongoVault({ database, openService }: MongoVaultOptions): Promise<KeyVault> {
  const { documents, service } = await openDocuments(database, openService);
  if ((await documents.state.findOne({ _id: "vault" }, READ_TIME))?.copying === true)
    throw new Error(
      `keys are being copied into the vault in database ${database.databaseName}: run “scim-ledger keys copy” to its end`,
    );
  return new MongoVault(new KeyReader(documents, service), new KeyWriter(documents, service, database.client));
}

class MongoVault implements KeyVault {
  readonly #reader: KeyReader;
  readonly #writer: KeyWriter;
  readonly #stocks = new Map<string, KeyStock>();
  /** Tenant and name → the key, for as long as the era stands. */
  readonly #named = new Map<string, DataKey>();
  #era = -1;
  #closed = false;

  constructor(reader: KeyReader, writer: KeyWriter) {
    this.#reader = reader;
    this.#writer = writer;
  }

  prepareTenant(tenant: string): Promise<void> {
    return this.#asking(async () => {
      if ((await this.#reader.tenant(tenant)) !== undefined) return;
      await this.#writer.prepareTenant(tenant);
      // Of a tenant that was there already a node stocks keys once it assigns one: it may never do so.
      await this.#stock(tenant).fill();
    });
  }

  assign(tenant: string): DataKey | Promise<DataKey> {
    return this.#stock(tenant).take();
  }

  async named(tenant: string, name: string): Promise<DataKey> {
    const both = `${tenant}/${name}`;
    const { era } = this.#reader;
    const known = era !== undefined && era === this.#era ? this.#named.get(both) : undefined;
    return known ?? this.#asking(() => this.#findNamed(tenant, name, both));
  }

  names(tenant: string): Promise<readonly NamedKey[]> {
    return this.#asking(async () => {
      await this.#tenant(tenant);
      return this.#writer.names(tenant);
    });
  }

  open(tenant: string, keyId: string): Opened | Promise<Opened> {
    const opened = this.#reader.open(tenant, keyId);
    return opened instanceof Promise ? this.#asking(() => opened) : opened;
  }

  async destroy(tenant: string, keyIds: readonly string[]): Promise<void> {
    try {
      await this.#asking(() => this.#writer.destroy(tenant, keyIds));
    } finally {
      // Also where it has to be asked for again: the keys may be gone already.
      this.#reader.forget();
    }
    // By then no node serves them from memory.
    await pause(STALE_AFTER);
  }

  claimKey(tenant: string): Uint8Array | Promise<Uint8Array> {
    const keys = this.#tenant(tenant);
    return keys instanceof Promise ? this.#asking(() => keys).then(({ claimKey }) => claimKey) : keys.claimKey;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#reader.forget();
  }

  async #findNamed(tenant: string, name: string, both: string): Promise<DataKey> {
    const { key } = await this.#tenant(tenant);
    const read = async () => keyIn(await this.#writer.named(tenant, key, name));
    const { answer, era } = await this.#reader.steadily(read);
    if (era !== this.#era) this.#named.clear();
    this.#era = era;
    this.#named.set(both, answer);
    return answer;
  }

  #tenant(tenant: string): TenantKeys | Promise<TenantKeys> {
    const refuse = (keys: TenantKeys | undefined): TenantKeys => {
      if (keys === undefined) throw new Error(`tenant ${tenant} has no keys yet`);
      return keys;
    };
    const keys = this.#reader.tenant(tenant);
    return keys instanceof Promise ? keys.then(refuse) : refuse(keys);
  }

  #stock(tenant: string): KeyStock {
    const known = this.#stocks.get(tenant);
    if (known !== undefined) return known;
    const stock = new KeyStock((count) =>
      this.#asking(async () => this.#writer.stock(tenant, (await this.#tenant(tenant)).key, count)),
    );
    this.#stocks.set(tenant, stock);
    return stock;
  }

  /** What the driver reports is that the vault cannot do it now. */
  async #asking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    if (this.#closed) throw new VaultUnavailable("the vault is closed");
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof MongoError)) throw error;
      // What the server says of a document quotes it.
      const isQuoting = error instanceof MongoServerError && error.code !== undefined;
      const says = isQuoting ? `MongoDB answered with error ${error.code}` : error.message;
      throw new VaultUnavailable(says, { cause: error });
    }
  }
}
