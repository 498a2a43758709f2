// Everything that writes to the vault's file: synchronous, for the thread that owns it.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { makeRootKey, readRootKey } from "../root-key.ts";
import { unwrapKey, wrapKey } from "../wrap.ts";
import { DESTROYED, KEY_ID_BYTES, keyIdBytes, keyIdOf, openVaultForWriting, VAULT_FILE } from "./vault-file.ts";

const SECRET_BYTES = 32;
/** Bytes of a stocked key: its id, its secret. */
export const STOCKED_BYTES = KEY_ID_BYTES + SECRET_BYTES;
/** Ids of one batch share their first bytes, so that they stand side by side in the index: few pages a batch. */
const SHARED_ID_BYTES = 4;

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
    const owner = this.#tenant(tenant);
    if (owner === undefined) throw new Error(`tenant ${tenant} has no keys yet`);
    const keys = new Uint8Array(randomBytes(count * STOCKED_BYTES));
    const shared = keys.slice(0, SHARED_ID_BYTES);
    this.#inTransaction(() => {
      for (let at = 0; at < keys.length; at += STOCKED_BYTES) {
        keys.set(shared, at);
        const id = keys.subarray(at, at + KEY_ID_BYTES);
        const secret = keys.subarray(at + KEY_ID_BYTES, at + STOCKED_BYTES);
        this.#addKey.run(id, owner.row, wrapKey(owner.key, secret, ["data key", tenant, keyIdOf(id)]));
      }
    });
    return keys;
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
