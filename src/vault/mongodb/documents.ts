// What a vault is in MongoDB: wrapped keys, each a document of its own, that is deleted to destroy the key. Names of keys
// stand with the keys, so that one unique index decides who names one.
import { setTimeout as pause } from "node:timers/promises";
import { Binary, type Collection, type Db, type WriteConcernSettings } from "mongodb";
import type { KeyService, OpenKeyService } from "../key-service.ts";

export interface StateDocument {
  readonly _id: "vault";
  readonly format: number;
  /** Fingerprint of the root key. */
  readonly rootKey: string;
  /** Grows with every destruction: whoever keeps opened keys in memory forgets them then. */
  readonly erasures: number;
  /** Keys are being taken over from elsewhere: no service opens the vault before all are there. */
  readonly copying?: boolean;
}

export interface TenantDocument {
  /** Tenant. */
  readonly _id: string;
  /** Wrapped by the root key. */
  readonly key: Binary;
  /** Wrapped by the tenant's key. */
  readonly claimKey: Binary;
}

export interface KeyDocument {
  /** 16 bytes. */
  readonly _id: Binary;
  readonly tenant: string;
  /** Wrapped by the tenant's key. */
  readonly wrapped: Binary;
  readonly name?: string;
}

export interface VaultDocuments {
  readonly state: Collection<StateDocument>;
  readonly tenants: Collection<TenantDocument>;
  readonly keys: Collection<KeyDocument>;
}

const FORMAT = 1;
const WRITE_TIMEOUT_MS = 10_000;
/** Nothing that was acknowledged is rolled back. */
export const DURABLY: WriteConcernSettings = { w: "majority", journal: true, wtimeoutMS: WRITE_TIMEOUT_MS };
/** How long the server may work on one read, ms. */
export const READ_TIME = { maxTimeMS: 5_000 } as const;

/** Codes of errors. */
const DUPLICATE_KEY = 11_000;
const WRITE_CONFLICT = 112;
/** Tries against others that insert the same, and the longest pause between them, ms. */
const TRIES = 8;
const PAUSE = 200;

/** The vault's collections, made where there are none, and the key service that opens them. Throws an Error that says why not. */
export async function openDocuments(
  database: Db,
  openService: OpenKeyService,
): Promise<{ readonly documents: VaultDocuments; readonly service: KeyService }> {
  const options = { readConcern: { level: "majority" }, readPreference: "primary", writeConcern: DURABLY } as const;
  const documents: VaultDocuments = {
    state: database.collection("vault.state", options),
    tenants: database.collection("vault.tenants", options),
    keys: database.collection("vault.keys", options),
  };
  const found = await documents.state.findOne({ _id: "vault" }, READ_TIME);
  if (found !== null) refuseNewer(database, found);
  const service = await openService(found === null ? "new" : "existing");
  const state = found ?? (await makeVault(documents, service));
  if (state.rootKey !== service.fingerprint)
    throw new Error(
      `the vault in database ${database.databaseName} was made with the root key ${state.rootKey} and this node has ${service.fingerprint}: give every node the same root key`,
    );
  return { documents, service };
}

/** Of several nodes that make it at once, one decides on the root key. */
async function makeVault({ state, keys }: VaultDocuments, service: KeyService): Promise<StateDocument> {
  await keys.createIndex(
    { tenant: 1, name: 1 },
    { name: "named", unique: true, partialFilterExpression: { name: { $exists: true } } },
  );
  const fresh: StateDocument = { _id: "vault", format: FORMAT, rootKey: service.fingerprint, erasures: 0 };
  return (await insertUnlessTaken(state, fresh)) ? fresh : (await state.findOne({ _id: "vault" }, READ_TIME))!;
}

function refuseNewer({ databaseName }: Db, { format }: StateDocument): void {
  if (format > FORMAT)
    throw new Error(
      `the vault in database ${databaseName} is of format ${format} and this version knows formats up to ${FORMAT}; start the version that wrote it, or a later one`,
    );
}

/**
 * Whether it was inserted; not, where a unique index has another already. As a bulk of one, whose answer the driver reads also
 * where a server says that it inserted, beside an empty list of errors, after it had to repeat it (`insertOne` breaks on that).
 */
export async function insertUnlessTaken<Document extends { readonly _id: unknown }>(
  collection: Collection<Document>,
  document: Document,
): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      await collection.bulkWrite([{ insertOne: { document: document as never } }]);
      return true;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === DUPLICATE_KEY) return false;
      if (code !== WRITE_CONFLICT || tries === TRIES) throw error;
      await pause(Math.random() * Math.min(PAUSE, 5 * 2 ** tries));
    }
  }
}

export const stored = (bytes: Uint8Array): Binary => new Binary(bytes);
export const bytesOf = (binary: Binary): Uint8Array => binary.value();
