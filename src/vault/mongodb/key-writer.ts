// Everything that writes keys. Several nodes do so at once: unique indexes decide, and who came second takes what is there.
import { randomBytes } from "node:crypto";
import type { MongoClient } from "mongodb";
import { KEY_ID_BYTES, keyIdBytes, keyIdOf, SECRET_BYTES, STOCKED_BYTES } from "../key-id.ts";
import type { KeyService } from "../key-service.ts";
import type { NamedKey } from "../key-vault.ts";
import { VaultUnavailable } from "../key-vault.ts";
import { unwrapKey, wrapKey } from "../wrap.ts";
import {
  bytesOf,
  DURABLY,
  insertUnlessTaken,
  type KeyDocument,
  READ_TIME,
  stored,
  type VaultDocuments,
} from "./documents.ts";

/** Ids of one batch share their first bytes, so that they stand side by side in the index. */
const SHARED_ID_BYTES = 4;
/** Looks for a named key that another node has just made, or destroyed. */
const TRIES = 8;

export class KeyWriter {
  readonly #documents: VaultDocuments;
  readonly #service: KeyService;
  readonly #client: MongoClient;

  constructor(documents: VaultDocuments, service: KeyService, client: MongoClient) {
    this.#documents = documents;
    this.#service = service;
    this.#client = client;
  }

  /** Gives a tenant its wrapping key and its claim key where it has none. */
  async prepareTenant(tenant: string): Promise<void> {
    const key = randomBytes(SECRET_BYTES);
    const wrapped = await this.#service.wrap(key, ["tenant key", tenant]);
    const claimKey = wrapKey(key, randomBytes(SECRET_BYTES), ["claim key", tenant]);
    await insertUnlessTaken(this.#documents.tenants, {
      _id: tenant,
      key: stored(wrapped),
      claimKey: stored(claimKey),
    });
  }

  /** Makes unassigned data keys, end to end: id, secret. Of a failure no key is used. */
  async stock(tenant: string, tenantKey: Uint8Array, count: number): Promise<Uint8Array> {
    const keys = new Uint8Array(randomBytes(count * STOCKED_BYTES));
    const shared = keys.slice(0, SHARED_ID_BYTES);
    const documents: KeyDocument[] = [];
    for (let at = 0; at < keys.length; at += STOCKED_BYTES) {
      keys.set(shared, at);
      documents.push(documentOf(tenant, tenantKey, keys.subarray(at, at + STOCKED_BYTES)));
    }
    await this.#documents.keys.insertMany(documents, { ordered: false });
    return keys;
  }

  /** The key under a name: id, secret; made where there is none. */
  async named(tenant: string, tenantKey: Uint8Array, name: string): Promise<Uint8Array> {
    const { keys } = this.#documents;
    for (let tries = 0; tries < TRIES; tries++) {
      const found = await keys.findOne({ tenant, name }, READ_TIME);
      if (found !== null) {
        const id = bytesOf(found._id);
        const secret = unwrapKey(tenantKey, bytesOf(found.wrapped), ["data key", tenant, keyIdOf(id)]);
        return new Uint8Array([...id, ...secret]);
      }
      const fresh = new Uint8Array(randomBytes(STOCKED_BYTES));
      if (await insertUnlessTaken(keys, { ...documentOf(tenant, tenantKey, fresh), name })) return fresh;
    }
    throw new VaultUnavailable(`others keep making and destroying its key “${name}”`);
  }

  /** Names of the tenant, in order. */
  async names(tenant: string): Promise<readonly NamedKey[]> {
    const rows = await this.#documents.keys
      .find({ tenant, name: { $exists: true } }, { ...READ_TIME, projection: { name: 1 }, sort: { name: 1 } })
      .toArray();
    return rows.map(({ _id, name }) => ({ name: name!, keyId: keyIdOf(bytesOf(_id)) }));
  }

  /** Deletes keys and tells every node, both or neither. */
  async destroy(tenant: string, keyIds: readonly string[]): Promise<void> {
    const { keys, state } = this.#documents;
    const ids = keyIds.flatMap((keyId) => keyIdBytes(keyId) ?? []).map(stored);
    await this.#client.withSession((session) =>
      session.withTransaction(
        async () => {
          await keys.deleteMany({ _id: { $in: ids }, tenant }, { session });
          await state.updateOne({ _id: "vault" }, { $inc: { erasures: 1 } }, { session });
        },
        { writeConcern: DURABLY, readPreference: "primary" },
      ),
    );
  }
}

function documentOf(tenant: string, tenantKey: Uint8Array, key: Uint8Array): KeyDocument {
  const [id, secret] = [key.slice(0, KEY_ID_BYTES), key.subarray(KEY_ID_BYTES)];
  return { _id: stored(id), tenant, wrapped: stored(wrapKey(tenantKey, secret, ["data key", tenant, keyIdOf(id)])) };
}
