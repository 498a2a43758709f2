// Where a replay reads from: the files of a data folder or of a copy of one, or the engines that the settings name. All of it is
// opened for reading alone: what is not there is not made.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { FindKey } from "../../eventlog/codec.ts";
import type { EventLog } from "../../eventlog/event-log.ts";
import { SqliteLogReader } from "../../eventlog/sqlite/reader.ts";
import type { Settings } from "../../settings/table.ts";
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
  close(): Promise<void>;
}

type Log = Pick<Origin, "name" | "namespace" | "log" | "close">;

/** A folder that was named, else what the settings name. Throws a Problem. */
export async function openOrigin(folder: string | undefined, env: Io["env"]): Promise<Origin> {
  if (folder !== undefined)
    return joined(folderLog(resolve(folder)), async () => keysInFolder(resolve(folder)), folder);
  const settings = settingsOf(env);
  const data = resolve(settings.data);
  const views = settings.readStore.engine === "sqlite" ? data : undefined;
  return joined(await logOf(settings, data), () => openKeysToRead(settings), views);
}

async function joined(log: Log, openKeys: () => Promise<ReadKeys>, views: string | undefined): Promise<Origin> {
  try {
    const keys = await openKeys();
    const close = async () => {
      await keys.close();
      await log.close();
    };
    return { ...log, findKey: keys.findKey, views: views && resolve(views), close };
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
