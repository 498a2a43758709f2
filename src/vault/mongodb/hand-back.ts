// Hands the keys of a vault in MongoDB back to a data folder that has none. Data keys go as they are, wrapped by the same
// tenant's key; that one is wrapped anew, by the folder's root key. The file is written under another name and gets its own
// when all are there: no service opens half a vault, and a copy that broke off begins anew.
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Db } from "mongodb";
import { keyIdOf } from "../key-id.ts";
import { type KeyService, type OpenKeyService, rootKeyIn } from "../key-service.ts";
import { ROOT_KEY_FILE, syncFolder } from "../root-key.ts";
import { openVaultForWriting, VAULT_FILE } from "../sqlite/vault-file.ts";
import { unwrapKey } from "../wrap.ts";
import { bytesOf, type KeyDocument, openDocuments, READ_TIME, type VaultDocuments } from "./documents.ts";
import type { TakenOver } from "./take-over.ts";

const AT_ONCE = 1_000;
/** Holds the new vault until it is whole. */
const UNFINISHED = "vault.copying";

export interface HandBackOptions {
  readonly database: Db;
  /** Who wraps the tenants' keys in MongoDB. */
  readonly openService: OpenKeyService;
  /** Told of keys. */
  readonly onProgress?: (done: number, all: number) => void;
  /** Hands back what else the root key wraps, before any service may open the vault. */
  readonly also?: (service: KeyService) => Promise<void>;
}

/** A tenant's number in the file, and its key. */
type Tenants = ReadonlyMap<string, { readonly row: number | bigint; readonly key: Uint8Array }>;

/** Throws an Error that says why it is refused. The folder is held by the caller, and no service may use the vault meanwhile. */
export async function handBack(folder: string, options: HandBackOptions): Promise<TakenOver> {
  const { database, openService, onProgress = () => {}, also } = options;
  if (existsSync(join(folder, VAULT_FILE)))
    throw new Error(`${folder} has keys of its own in ${VAULT_FILE}: keys are handed back to a folder without any`);
  await refuseUnready(database);
  const { documents, service } = await openDocuments(database, openService);
  const before = await countOf(documents);
  const unfinished = join(folder, UNFINISHED);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  const target = openVaultForWriting(unfinished);
  try {
    const tenants = await copyTenants(documents, target, service, await rootKeyIn(join(folder, ROOT_KEY_FILE))("new"));
    await copyKeys(documents, target, tenants, (done) => onProgress(done, before.keys));
    await also?.(service);
    await refuseMoved(documents, target, before);
    target.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    target.close();
    renameSync(join(unfinished, VAULT_FILE), join(folder, VAULT_FILE));
    syncFolder(folder);
    return { tenants: tenants.size, keys: before.keys };
  } finally {
    if (target.isOpen) target.close();
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Looks before a vault would be made where there is none. */
async function refuseUnready(database: Db): Promise<void> {
  const state = await database.collection<{ _id: string; copying?: boolean }>("vault.state").findOne({ _id: "vault" });
  if (state === null) throw new Error(`there is no vault in database ${database.databaseName}`);
  if (state.copying === true)
    throw new Error(`the vault in database ${database.databaseName} is not whole: a copy into it broke off`);
}

interface Count {
  readonly keys: number;
  readonly erasures: number;
}

async function countOf({ state, keys }: VaultDocuments): Promise<Count> {
  const { erasures } = (await state.findOne({ _id: "vault" }, READ_TIME))!;
  return { keys: await keys.countDocuments({}), erasures };
}

/** A key that was made or destroyed meanwhile shows that a service still runs. */
async function refuseMoved(documents: VaultDocuments, target: DatabaseSync, before: Count): Promise<void> {
  const after = await countOf(documents);
  const arrived = Number(target.prepare("SELECT count(*) AS arrived FROM keys").get()!["arrived"]);
  if (after.keys !== before.keys || after.erasures !== before.erasures || arrived !== before.keys)
    throw new Error(
      `of ${after.keys} keys ${arrived} have arrived: a service uses the vault in MongoDB; stop every one first`,
    );
}

async function copyTenants(
  documents: VaultDocuments,
  target: DatabaseSync,
  from: KeyService,
  to: KeyService,
): Promise<Tenants> {
  const add = target.prepare("INSERT INTO tenants (name, key, claim_key) VALUES (?, ?, ?)");
  const tenants = new Map<string, { readonly row: number | bigint; readonly key: Uint8Array }>();
  for await (const { _id: name, key, claimKey } of documents.tenants.find({}, { ...READ_TIME, sort: { _id: 1 } })) {
    const opened = await from.unwrap(bytesOf(key), ["tenant key", name]);
    unwrapKey(opened, bytesOf(claimKey), ["claim key", name]);
    const { lastInsertRowid } = add.run(name, await to.wrap(opened, ["tenant key", name]), bytesOf(claimKey));
    tenants.set(name, { row: lastInsertRowid, key: opened });
  }
  return tenants;
}

async function copyKeys(
  { keys }: VaultDocuments,
  target: DatabaseSync,
  tenants: Tenants,
  onProgress: (done: number) => void,
): Promise<void> {
  const add = target.prepare("INSERT INTO keys (name, tenant, wrapped) VALUES (?, ?, ?)");
  const addName = target.prepare("INSERT INTO named (tenant, name, key) VALUES (?, ?, ?)");
  const keep = ({ _id, tenant, wrapped, name }: KeyDocument) => {
    const owner = tenants.get(tenant);
    if (owner === undefined) throw new Error(`the vault in MongoDB has a key of ${tenant}, and no such tenant`);
    const [id, bytes] = [bytesOf(_id), bytesOf(wrapped)];
    // Opened, so that none arrives damaged.
    unwrapKey(owner.key, bytes, ["data key", tenant, keyIdOf(id)]);
    const { lastInsertRowid } = add.run(id, owner.row, bytes);
    if (name !== undefined) addName.run(owner.row, name, lastInsertRowid);
  };
  let last: KeyDocument | undefined;
  for (let done = 0; ; ) {
    const page: readonly KeyDocument[] = await keys
      .find(last === undefined ? {} : { _id: { $gt: last._id } }, { ...READ_TIME, sort: { _id: 1 }, limit: AT_ONCE })
      .toArray();
    target.exec("BEGIN");
    for (const key of page) keep(key);
    target.exec("COMMIT");
    done += page.length;
    onProgress(done);
    if (page.length < AT_ONCE) return;
    last = page.at(-1)!;
  }
}
