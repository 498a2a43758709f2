// Everything that writes to the vault's file: synchronous, for the thread that owns it.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { KEY_ID_BYTES, keyIdBytes, keyIdOf, SECRET_BYTES, STOCKED_BYTES } from "../key-id.ts";
import type { NamedKey } from "../key-vault.ts";
import { makeRootKey, readRootKey } from "../root-key.ts";
import { unwrapKey, wrapKey } from "../wrap.ts";
import { DESTROYED, openVaultForWriting, VAULT_FILE } from "./vault-file.ts";

/** Ids of one batch share their first bytes, so that they stand side by side in the index: few pages a batch. */
const SHARED_ID_BYTES = 4;

/** Named keys of a tenant that were not destroyed. */
const LIVE = `SELECT named.name AS name, keys.name AS id, wrapped FROM named JOIN keys ON keys.id = named.key
  WHERE named.tenant = ? AND wrapped <> ${DESTROYED}`;

interface Tenant {
  readonly row: number;
  readonly key: Uint8Array;
}

export class VaultKeeper {
  readonly #database: DatabaseSync;
  readonly #rootKey: Uint8Array;
  readonly #tenants = new Map<string, Tenant>();
  readonly #findTenant: StatementSync;
  readonly #addKey: StatementSync;
  readonly #overwriteKey: StatementSync;

  /** Opens the vault of a data folder, or makes it with its root key. Throws an Error that says why it is refused. */
  constructor(folder: string) {
    if (!existsSync(join(folder, VAULT_FILE))) makeRootKey(folder);
    this.#rootKey = readRootKey(folder);
    this.#database = openVaultForWriting(folder);
    this.#findTenant = this.#database.prepare("SELECT id, key FROM tenants WHERE name = ?");
    this.#addKey = this.#database.prepare("INSERT INTO keys (name, tenant, wrapped) VALUES (?, ?, ?)");
    this.#overwriteKey = this.#database.prepare(`UPDATE keys SET wrapped = ${DESTROYED} WHERE name = ? AND tenant = ?`);
  }

  /** Gives a tenant its wrapping key and its claim key where it has none; durable when it returns. */
  prepareTenant(tenant: string): void {
    if (this.#tenant(tenant) !== undefined) return;
    const key = randomBytes(SECRET_BYTES);
    this.#database
      .prepare("INSERT INTO tenants (name, key, claim_key) VALUES (?, ?, ?)")
      .run(
        tenant,
        wrapKey(this.#rootKey, key, ["tenant key", tenant]),
        wrapKey(key, randomBytes(SECRET_BYTES), ["claim key", tenant]),
      );
  }

  /** Makes unassigned data keys, end to end: id, secret; durable when it returns. */
  stock(tenant: string, count: number): Uint8Array {
    const owner = this.#ownerOf(tenant);
    const keys = new Uint8Array(randomBytes(count * STOCKED_BYTES));
    const shared = keys.slice(0, SHARED_ID_BYTES);
    this.#inTransaction(() => {
      for (let at = 0; at < keys.length; at += STOCKED_BYTES) {
        keys.set(shared, at);
        this.#add(tenant, owner, keys.subarray(at, at + STOCKED_BYTES));
      }
    });
    return keys;
  }

  /** The key under a name: id, secret; made where there is none that lives; durable when it returns. */
  named(tenant: string, name: string): Uint8Array {
    const owner = this.#ownerOf(tenant);
    const row = this.#database.prepare(`${LIVE} AND named.name = ?`).get(owner.row, name);
    if (row === undefined) return this.#nameNew(tenant, owner, name);
    const id = row["id"] as Uint8Array;
    const secret = unwrapKey(owner.key, row["wrapped"] as Uint8Array, ["data key", tenant, keyIdOf(id)]);
    return new Uint8Array([...id, ...secret]);
  }

  /** Every name of the tenant whose key lives, in order. */
  names(tenant: string): readonly NamedKey[] {
    const rows = this.#database.prepare(`${LIVE} ORDER BY named.name`).all(this.#ownerOf(tenant).row);
    return rows.map((row) => ({ name: String(row["name"]), keyId: keyIdOf(row["id"] as Uint8Array) }));
  }

  #nameNew(tenant: string, owner: Tenant, name: string): Uint8Array {
    const key = new Uint8Array(randomBytes(STOCKED_BYTES));
    this.#inTransaction(() => {
      const row = this.#add(tenant, owner, key);
      this.#database.prepare("INSERT OR REPLACE INTO named VALUES (?, ?, ?)").run(owner.row, name, row);
    });
    return key;
  }

  /** Adds a stocked key's row; returns its number. */
  #add(tenant: string, owner: Tenant, key: Uint8Array): number | bigint {
    const [id, secret] = [key.subarray(0, KEY_ID_BYTES), key.subarray(KEY_ID_BYTES)];
    return this.#addKey.run(id, owner.row, wrapKey(owner.key, secret, ["data key", tenant, keyIdOf(id)]))
      .lastInsertRowid;
  }

  #ownerOf(tenant: string): Tenant {
    const owner = this.#tenant(tenant);
    if (owner === undefined) throw new Error(`tenant ${tenant} has no keys yet`);
    return owner;
  }

  /** Overwrites keys in the file and empties its write-ahead log, which held them; durable when it returns. */
  destroy(tenant: string, keyIds: readonly string[]): void {
    const owner = this.#tenant(tenant);
    if (owner === undefined) return;
    this.#inTransaction(() => {
      for (const id of keyIds) this.#overwriteKey.run(keyIdBytes(id) ?? null, owner.row);
      this.#database.exec("UPDATE erasures SET number = number + 1");
    });
    const { busy } = this.#database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()!;
    if (busy !== 0)
      throw new Error("the vault is being read: destroyed keys are still in its write-ahead log; try again");
  }

  close(): void {
    this.#database.close();
  }

  #tenant(name: string): Tenant | undefined {
    const known = this.#tenants.get(name);
    if (known !== undefined) return known;
    const row = this.#findTenant.get(name);
    if (row === undefined) return undefined;
    const key = unwrapKey(this.#rootKey, row["key"] as Uint8Array, ["tenant key", name]);
    const tenant = { row: Number(row["id"]), key };
    this.#tenants.set(name, tenant);
    return tenant;
  }

  #inTransaction(write: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      write();
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}
