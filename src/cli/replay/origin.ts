// Where a replay reads from: the files of a data folder or of a copy of one, or the engines that the settings name. All of it is
// opened for reading alone: what is not there is not made.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { FindKey } from "../../eventlog/codec.ts";
import type { EventLog } from "../../eventlog/event-log.ts";
import { SqliteLogReader } from "../../eventlog/sqlite/reader.ts";
import { viewsIn } from "../../readstore/mongodb/collections.ts";
import { servingIn } from "../../readstore/mongodb/generations/generations.ts";
import { mongoReadStore } from "../../readstore/mongodb/mongo-read-store.ts";
import type { ReadStore } from "../../readstore/read-store.ts";
import type { Settings } from "../../settings/table.ts";
import { connectAs } from "../../stores/connect-mongo.ts";
import { openEventStore } from "../../stores/open-event-store.ts";
import type { Io } from "../io.ts";
import { keysInFolder, openKeysToRead, type ReadKeys } from "../keys-to-read.ts";
import { Problem } from "../problem.ts";
import { settingsOf } from "../settings.ts";

export interface Origin {
  /** What to call it; never with credentials. */
  readonly name: string;
  readonly namespace: string;
  readonly log: Pick<EventLog, "head" | "read" | "readAt" | "readAll" | "isGapless">;
  readonly findKey: FindKey;
  /** The folder whose read models serve it; undefined where they are elsewhere. */
  readonly views: string | undefined;
  /** Opens the read models in MongoDB that serve it; undefined where they are elsewhere. */
  readonly openMongoViews: (() => Promise<OpenedViews>) | undefined;
  close(): Promise<void>;
}

export interface OpenedViews {
  readonly store: ReadStore;
  /** Whether it is still these that serve: others that were built anew may have taken their place. */
  serves(): Promise<boolean>;
  close(): Promise<void>;
}

type Log = Pick<Origin, "name" | "namespace" | "log" | "close">;

/** A folder that was named, else what the settings name. Throws a Problem. */
export async function openOrigin(folder: string | undefined, env: Io["env"]): Promise<Origin> {
  if (folder !== undefined)
    return joined(folderLog(resolve(folder)), async () => keysInFolder(resolve(folder)), folder);
  const settings = settingsOf(env);
  const data = resolve(settings.data);
  const { readStore } = settings;
  const log = await logOf(settings, data);
  if (readStore.engine === "sqlite") return joined(log, () => openKeysToRead(settings), data);
  const openViews = () => mongoViewsAt(readStore.uri, settings);
  return { ...(await joined(log, () => openKeysToRead(settings), undefined)), openMongoViews: openViews };
}

async function mongoViewsAt(uri: string, settings: Settings): Promise<OpenedViews> {
  const mongo = await connectAs(settings, uri);
  try {
    const { current } = await servingIn(mongo.database);
    const views = viewsIn(mongo.database, current);
    const store = mongoReadStore({ client: mongo.client, views: () => views });
    return {
      store,
      serves: async () => (await servingIn(mongo.database)).current === current,
      close: async () => mongo[Symbol.asyncDispose](),
    };
  } catch (error) {
    await mongo[Symbol.asyncDispose]();
    throw error;
  }
}

async function joined(log: Log, openKeys: () => Promise<ReadKeys>, views: string | undefined): Promise<Origin> {
  try {
    const keys = await openKeys();
    const close = async () => {
      await keys.close();
      await log.close();
    };
    return { ...log, findKey: keys.findKey, views: views && resolve(views), openMongoViews: undefined, close };
  } catch (error) {
    await log.close();
    throw error;
  }
}

function folderLog(folder: string): Log {
  if (!existsSync(join(folder, "log.db")))
    throw new Problem(`there is no log in ${folder}: name a data folder with --data`);
  const reader = new SqliteLogReader(folder);
  return {
    name: folder,
    namespace: reader.namespace,
    log: {
      isGapless: true,
      head: async () => reader.head(),
      read: async (stream, after, limit) => reader.read(stream, after, limit),
      readAt: async (positions) => reader.readAt(positions),
      readAll: async (after, limit) => reader.readAll(after, limit),
    },
    close: async () => reader.close(),
  };
}

async function logOf(settings: Settings, data: string): Promise<Log> {
  const { eventStore } = settings;
  if (eventStore.engine !== "esdb") return folderLog(data);
  const log = await openEventStore(eventStore.uri, settings, { forReading: true });
  return { name: log.server, namespace: log.namespace, log, close: () => log.close() };
}
