// Takes the keys of a data folder over into a vault in MongoDB that nobody has used yet. Data keys go as they are, wrapped by
// the same tenant's key; that one is wrapped anew. Until all are there no service opens the vault, and a copy that broke off
// begins anew: a key that was destroyed meanwhile must not be left from the one before.

import { keyIdOf } from "../key-id.ts";
import type { KeyService } from "../key-service.ts";
import { readRootKey } from "../root-key.ts";
import { DESTROYED, openVaultForReading } from "../sqlite/vault-file.ts";
import { unwrapKey } from "../wrap.ts";
import { insertUnlessTaken, type KeyDocument, openDocuments, stored, type VaultDocuments } from "./documents.ts";
import type { MongoVaultOptions } from "./vault.ts";

const AT_ONCE = 1_000;

type Source = ReturnType<typeof openVaultForReading>;
/** Keys of tenants by their numbers in the source. */
type Tenants = ReadonlyMap<number, { readonly name: string; readonly key: Uint8Array }>;

export interface TakenOver {
  readonly tenants: number;
  readonly keys: number;
}

export interface TakeOverOptions extends MongoVaultOptions {
  /** Told of keys. */
  readonly onProgress?: (done: number, all: number) => void;
  /** Takes over what else the root key wraps, before any service may open the vault. */
  readonly also?: (service: KeyService) => Promise<void>;
}

/** Throws an Error that says why it is refused. Nobody may write to the folder meanwhile. */
export async function takeOver(folder: string, options: TakeOverOptions): Promise<TakenOver> {
  const { onProgress = () => {}, also } = options;
  const source = openVaultForReading(folder);
  try {
    const { documents, service } = await openDocuments(options.database, options.openService);
    await begin(documents, options.database.databaseName);
    const tenants = tenantsOf(source, readRootKey(folder));
    for (const [row, { name, key }] of tenants) {
      const claimKey = source.prepare("SELECT claim_key FROM tenants WHERE id = ?").get(row)![
        "claim_key"
      ] as Uint8Array;
      const wrapped = await service.wrap(key, ["tenant key", name]);
      await insertUnlessTaken(documents.tenants, { _id: name, key: stored(wrapped), claimKey: stored(claimKey) });
    }
    const keys = await copyKeys(source, documents, tenants, onProgress);
    await also?.(service);
    await documents.state.updateOne({ _id: "vault" }, { $unset: { copying: "" } });
    return { tenants: tenants.size, keys };
  } finally {
    source.close();
  }
}

/** Marks the vault, and empties what a copy before left. */
async function begin({ state, tenants, keys }: VaultDocuments, database: string): Promise<void> {
  const isUsed = (await tenants.findOne({})) !== null;
  const found = await state.findOneAndUpdate(
    { _id: "vault", ...(isUsed ? { copying: true } : {}) },
    { $set: { copying: true } },
  );
  if (found === null)
    throw new Error(`the vault in database ${database} has keys of its own: keys are taken over into a new one alone`);
  await keys.deleteMany({});
  await tenants.deleteMany({});
}

function tenantsOf(source: Source, rootKey: Uint8Array): Tenants {
  const rows = source.prepare("SELECT id, name, key FROM tenants").all();
  return new Map(
    rows.map((row) => {
      const name = String(row["name"]);
      return [Number(row["id"]), { name, key: unwrapKey(rootKey, row["key"] as Uint8Array, ["tenant key", name]) }];
    }),
  );
}

const LIVE = `SELECT k.id AS row, k.name AS id, k.tenant, k.wrapped, n.name FROM keys k LEFT JOIN named n ON n.key = k.id
  WHERE k.wrapped <> ${DESTROYED} AND k.id > ? ORDER BY k.id LIMIT ${AT_ONCE}`;

async function copyKeys(
  source: Source,
  { keys }: VaultDocuments,
  tenants: Tenants,
  onProgress: (done: number, all: number) => void,
): Promise<number> {
  const counted = source.prepare(`SELECT count(*) AS all_of_them FROM keys WHERE wrapped <> ${DESTROYED}`).get()!;
  const all = Number(counted["all_of_them"]);
  const next = source.prepare(LIVE);
  let done = 0;
  for (let last = 0; ; ) {
    const rows = next.all(last);
    if (rows.length > 0)
      await keys.insertMany(
        rows.map((row) => documentOf(row, tenants)),
        { ordered: false },
      );
    done += rows.length;
    onProgress(done, all);
    if (rows.length < AT_ONCE) break;
    last = Number(rows.at(-1)!["row"]);
  }
  const found = await keys.countDocuments({});
  if (done !== all || found !== all)
    throw new Error(`of ${all} keys ${found} have arrived: something else writes to one of the vaults`);
  return all;
}

/** Opens the key, so that none arrives damaged. */
function documentOf(row: Record<string, unknown>, tenants: Tenants): KeyDocument {
  const { name: tenant, key } = tenants.get(Number(row["tenant"]))!;
  const [id, wrapped] = [row["id"] as Uint8Array, row["wrapped"] as Uint8Array];
  unwrapKey(key, wrapped, ["data key", tenant, keyIdOf(id)]);
  const document = { _id: stored(id), tenant, wrapped: stored(wrapped) };
  return typeof row["name"] === "string" ? { ...document, name: row["name"] } : document;
}
