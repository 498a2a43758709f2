// The signing keys in MongoDB, the same for every node that may sign: each wrapped by whoever keeps the root key, so that the
// database alone signs nothing.
import { Binary, type Db } from "mongodb";
import { fromBase64, toBase64 } from "../base64.ts";
import { DerivedKeys, firstKeys, type KeptKeys, keptKeys, sameKeys } from "../derived-keys.ts";

interface KeyDocument {
  readonly _id: "keys";
  readonly format: number;
  readonly name: string;
  /** The newest first. */
  readonly keys: readonly { readonly secret: Binary; readonly made: string; readonly until?: string }[];
}

/** Wraps a secret of 32 bytes, and rejects with an Error what it did not wrap so. `name`: of the ledger. */
export interface Wrapping {
  wrap(secret: Uint8Array, name: string): Uint8Array | Promise<Uint8Array>;
  unwrap(wrapped: Uint8Array, name: string): Uint8Array | Promise<Uint8Array>;
}

/** Milliseconds that a command may take. */
const WITHIN = 5_000;

/** Opens the keys; the first node makes them, for trees whose origins begin with `name`. Throws an Error that says what is wrong. */
export async function openKeyDocument(database: Db, name: string, wrapping: Wrapping): Promise<DerivedKeys> {
  return new DerivedKeys(await keptOrMade(database, wrapping, () => firstKeys(name, Date.now())));
}

/** Keeps keys that were made elsewhere, where there are none yet. Throws an Error where there are others. */
export async function takeOverKeys(database: Db, taken: KeptKeys, wrapping: Wrapping): Promise<void> {
  const kept = await keptOrMade(database, wrapping, () => taken);
  if (!sameKeys(kept, taken))
    throw new Error(`database ${database.databaseName} has other keys of a ledger, ${kept.name}`);
}

/** The keys as they are kept; undefined where there are none yet. Throws an Error that says what is wrong. */
export async function keptInDatabase(database: Db, wrapping: Wrapping): Promise<KeptKeys | undefined> {
  const found = await documentsOf(database).findOne({ _id: "keys" }, { maxTimeMS: WITHIN });
  return found === null ? undefined : wholeOf(found, wrapping);
}

async function keptOrMade(database: Db, wrapping: Wrapping, make: () => KeptKeys): Promise<KeptKeys> {
  const documents = documentsOf(database);
  const find = () => documents.findOne({ _id: "keys" }, { maxTimeMS: WITHIN });
  let found = await find();
  if (found === null) {
    const { format, name, keys } = make();
    const wrapped = [];
    for (const { secret, ...key } of keys)
      wrapped.push({ ...key, secret: new Binary(await wrapping.wrap(fromBase64(secret)!, name)) });
    // Of several nodes that start together one makes them, and all get the same.
    const made = { $setOnInsert: { format, name, keys: wrapped } };
    await documents.updateOne({ _id: "keys" }, made, { upsert: true }).catch(ignoreDuplicate);
    found = await find();
  }
  return wholeOf(found, wrapping);
}

const documentsOf = (database: Db) =>
  database.collection<KeyDocument>("ledger.keys", {
    readConcern: { level: "majority" },
    writeConcern: { w: "majority", journal: true, wtimeoutMS: WITHIN },
  });

async function wholeOf(found: KeyDocument | null, wrapping: Wrapping): Promise<KeptKeys> {
  const kept = keptKeys(found === null ? undefined : await unwrapped(found, wrapping));
  if (kept === undefined) throw new Error("the ledger's keys in MongoDB are none of this version of scim-ledger");
  return kept;
}

async function unwrapped({ format, name, keys }: KeyDocument, wrapping: Wrapping): Promise<KeptKeys> {
  const opened = [];
  for (const { secret, ...key } of keys)
    opened.push({ ...key, secret: toBase64(await wrapping.unwrap(secret.value(), name)) });
  return { format, name, keys: opened };
}

const DUPLICATE_KEY = 11_000;

function ignoreDuplicate(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === DUPLICATE_KEY)) throw error;
}
