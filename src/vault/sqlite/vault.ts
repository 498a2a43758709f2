// The vault on SQLite: reads here, writes in a thread of its own.
import { setTimeout as pause } from "node:timers/promises";
import { keyIn } from "../key-id.ts";
import type { DataKey, KeyVault, NamedKey } from "../key-vault.ts";
import { KeyStock } from "../stock.ts";
import { KeeperClient } from "./keeper-client.ts";
import { SqliteKeyReader, STALE_AFTER } from "./reader.ts";

/** Opens the vault of a data folder, or makes it with its root key. Throws an Error that says why it is refused. */
export async function openSqliteVault(folder: string): Promise<KeyVault> {
  const keeper = new KeeperClient(folder);
  await keeper.ask({ kind: "open" });
  return new SqliteVault(keeper, new SqliteKeyReader(folder));
}

/** Opens an existing vault for another thread, which only reads. */
export const openVaultReadOnly = (folder: string): SqliteKeyReader => new SqliteKeyReader(folder);

class SqliteVault implements KeyVault {
  readonly #keeper: KeeperClient;
  readonly #reader: SqliteKeyReader;
  readonly #stocks = new Map<string, KeyStock>();
  /** Tenant and name → the key, until any key is destroyed. */
  readonly #named = new Map<string, Promise<DataKey>>();

  constructor(keeper: KeeperClient, reader: SqliteKeyReader) {
    this.#keeper = keeper;
    this.#reader = reader;
  }

  async prepareTenant(tenant: string): Promise<void> {
    await this.#keeper.ask({ kind: "prepare", tenant });
    await this.#stock(tenant).fill();
  }

  assign(tenant: string): DataKey | Promise<DataKey> {
    return this.#stock(tenant).take();
  }

  named(tenant: string, name: string): Promise<DataKey> {
    const both = `${tenant}/${name}`;
    let key = this.#named.get(both);
    if (key === undefined) {
      key = this.#keeper.ask({ kind: "named", tenant, name }).then(({ keys }) => keyIn(keys!));
      key.catch(() => this.#named.delete(both));
      this.#named.set(both, key);
    }
    return key;
  }

  async names(tenant: string): Promise<readonly NamedKey[]> {
    return (await this.#keeper.ask({ kind: "names", tenant })).names!;
  }

  open(tenant: string, keyId: string): Uint8Array | undefined {
    return this.#reader.open(tenant, keyId);
  }

  async destroy(tenant: string, keyIds: readonly string[]): Promise<void> {
    try {
      await this.#keeper.ask({ kind: "destroy", tenant, keyIds });
    } finally {
      // Also where it has to be asked for again: the keys may be gone already.
      this.#named.clear();
    }
    // By then no thread serves them from memory.
    await pause(STALE_AFTER);
  }

  claimKey(tenant: string): Uint8Array {
    return this.#reader.claimKey(tenant);
  }

  async close(): Promise<void> {
    // Who writes a file closes it last: then nothing is left in its write-ahead log.
    this.#reader.close();
    await this.#keeper.ask({ kind: "close" });
  }

  #stock(tenant: string): KeyStock {
    const known = this.#stocks.get(tenant);
    if (known !== undefined) return known;
    const stock = new KeyStock(async (count) => (await this.#keeper.ask({ kind: "stock", tenant, count })).keys!);
    this.#stocks.set(tenant, stock);
    return stock;
  }
}
