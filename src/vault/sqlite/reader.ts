// Opens data keys, synchronously, on a connection of its own: one for each thread that reads.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { KeptKeys } from "../kept-keys.ts";
import { keyIdBytes } from "../key-id.ts";
import { readRootKey } from "../root-key.ts";
import { unwrapKey } from "../wrap.ts";
import { DESTROYED, openVaultForReading } from "./vault-file.ts";

/** How long an opened key may be served without a look at the file, ms: a key destroyed by another thread lives on no longer. */
export const STALE_AFTER = 20;

interface Tenant {
  readonly row: number;
  readonly key: Uint8Array;
  readonly claimKey: Uint8Array;
}

export class SqliteKeyReader {
  readonly #database: DatabaseSync;
  readonly #rootKey: Uint8Array;
  readonly #tenants = new Map<string, Tenant>();
  readonly #kept = new KeptKeys();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #erasures = -1;
  readonly #findTenant: StatementSync;
  readonly #findKey: StatementSync;
  readonly #countErasures: StatementSync;

  constructor(folder: string) {
    this.#rootKey = readRootKey(folder);
    this.#database = openVaultForReading(folder);
    this.#findTenant = this.#database.prepare("SELECT id, key, claim_key FROM tenants WHERE name = ?");
    this.#findKey = this.#database.prepare(
      `SELECT wrapped FROM keys WHERE name = ? AND tenant = ? AND wrapped <> ${DESTROYED}`,
    );
    this.#countErasures = this.#database.prepare("SELECT number FROM erasures");
  }

  /** The secret of a data key, `undefined` once destroyed (seen within `STALE_AFTER` ms). */
  open(tenant: string, keyId: string): Uint8Array | undefined {
    this.#forgetErased();
    const kept = this.#kept.get(tenant, keyId);
    if (kept !== undefined) return kept;
    const secret = this.#load(tenant, keyId);
    if (secret !== undefined) this.#kept.keep(tenant, keyId, secret);
    return secret;
  }

  /** The key of the tenant's claim streams. Throws an Error for a tenant that was not prepared. */
  claimKey(tenant: string): Uint8Array {
    const found = this.#tenant(tenant);
    if (found === undefined) throw new Error(`tenant ${tenant} has no keys yet`);
    return found.claimKey;
  }

  close(): void {
    this.#database.close();
  }

  #load(tenant: string, keyId: string): Uint8Array | undefined {
    const owner = this.#tenant(tenant);
    const name = keyIdBytes(keyId);
    const row = owner === undefined || name === undefined ? undefined : this.#findKey.get(name, owner.row);
    return row && unwrapKey(owner!.key, row["wrapped"] as Uint8Array, ["data key", tenant, keyId]);
  }

  #tenant(name: string): Tenant | undefined {
    const known = this.#tenants.get(name);
    if (known !== undefined) return known;
    const row = this.#findTenant.get(name);
    if (row === undefined) return undefined;
    const key = unwrapKey(this.#rootKey, row["key"] as Uint8Array, ["tenant key", name]);
    const claimKey = unwrapKey(key, row["claim_key"] as Uint8Array, ["claim key", name]);
    const tenant = { row: Number(row["id"]), key, claimKey };
    this.#tenants.set(name, tenant);
    return tenant;
  }

  #forgetErased(): void {
    const now = performance.now();
    if (now - this.#lookedAt < STALE_AFTER) return;
    this.#lookedAt = now;
    const erasures = Number(this.#countErasures.get()!["number"]);
    if (erasures === this.#erasures) return;
    this.#erasures = erasures;
    this.#kept.clear();
  }
}
