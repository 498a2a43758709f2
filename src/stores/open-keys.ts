// The keys, in files of this process or in MongoDB.
import { join } from "node:path";
import type { Db } from "mongodb";
import type { MongoConnection } from "../readstore/mongodb/connection.ts";
import { inTime } from "../readstore/mongodb/in-time.ts";
import type { Settings } from "../settings/table.ts";
import { type KeyService, type OpenKeyService, rootKeyIn } from "../vault/key-service.ts";
import type { KeyVault } from "../vault/key-vault.ts";
import { openMongoVault } from "../vault/mongodb/vault.ts";
import { ROOT_KEY_FILE } from "../vault/root-key.ts";
import { openSqliteVault } from "../vault/sqlite/vault.ts";
import { connectAs, lastingBeside } from "./connect-mongo.ts";

export interface Keys extends AsyncDisposable {
  readonly vault: KeyVault;
  /** Wraps what several nodes keep: with the root key. */
  readonly service: KeyService;
  /** Where it is kept: never with the read models, which may be deleted. Undefined where all is in files. */
  readonly database: Db | undefined;
}

/** How long the vault in MongoDB may take to open, ms. */
const OPENED_WITHIN = 10_000;

/** Throws an Error that says why they cannot be opened. */
export async function openKeys(folder: string, settings: Settings, views: MongoConnection | undefined): Promise<Keys> {
  const unwind = new AsyncDisposableStack();
  try {
    return await open(folder, settings, views, unwind);
  } catch (error) {
    await unwind.disposeAsync();
    throw error;
  }
}

async function open(
  folder: string,
  settings: Settings,
  views: MongoConnection | undefined,
  unwind: AsyncDisposableStack,
): Promise<Keys> {
  const { keys, rootKey } = settings;
  const engine = keys?.engine ?? (views === undefined ? "file" : "mongodb");
  const own = keys?.engine === "mongodb" && keys.uri !== undefined ? keys.uri : undefined;
  const connection = own === undefined ? undefined : unwind.use(await connectAs(settings, own));
  const database = connection?.database ?? (views && lastingBeside(views));
  const openService = rootKeyIn(rootKey ?? join(folder, ROOT_KEY_FILE));
  let service: KeyService | undefined;
  const opening: OpenKeyService = async (vault) => {
    service = await openService(vault);
    return service;
  };
  const vault =
    engine === "file"
      ? await openSqliteVault(folder)
      : await inTime(openMongoVault({ database: database!, openService: opening }), OPENED_WITHIN);
  unwind.defer(() => vault.close());
  return {
    vault,
    service: service ?? (await openService("existing")),
    database,
    [Symbol.asyncDispose]: () => unwind.disposeAsync(),
  };
}

export interface KeysInMongo {
  readonly database: Db;
  readonly openService: OpenKeyService;
  close(): Promise<void>;
}

/** The vault that the settings keep in MongoDB, whether there is one or not; undefined where they keep it in files. */
export async function connectToKeys(folder: string, settings: Settings): Promise<KeysInMongo | undefined> {
  const { keys, readStore, rootKey } = settings;
  const views = readStore?.engine === "mongodb" ? readStore.uri : undefined;
  const own = keys?.engine === "mongodb" ? keys.uri : undefined;
  const uri = own ?? views;
  if (uri === undefined || keys?.engine === "file") return undefined;
  const connection = await connectAs(settings, uri);
  return {
    database: own === undefined ? lastingBeside(connection) : connection.database,
    openService: rootKeyIn(rootKey ?? join(folder, ROOT_KEY_FILE)),
    close: async () => connection[Symbol.asyncDispose](),
  };
}
