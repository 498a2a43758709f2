// The two ends of a copy: the log in a data folder, which nobody may serve from meanwhile, or one in EventStoreDB.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { DataFolder } from "../../embedded/data-folder.ts";
import type { CopySource, CopyTarget } from "../../eventlog/copy-log.ts";
import type { Append } from "../../eventlog/event-log.ts";
import { EventStoreEventLog, type EventStoreOptions, WrongLog } from "../../eventlog/eventstoredb/event-store-log.ts";
import { logFile } from "../../eventlog/sqlite/log-file.ts";
import { SqliteLogReader } from "../../eventlog/sqlite/reader.ts";
import { SqliteLogWriter } from "../../eventlog/sqlite/writer.ts";
import { NotAllowed } from "../../settings/setting.ts";
import { eventStoreAt } from "../../settings/store-address.ts";
import { eventStoreOptions } from "../../stores/open-event-store.ts";
import type { Io } from "../io.ts";
import { EXIT, Problem } from "../problem.ts";
import { settingsOf } from "../settings.ts";

/** Stands for the setting of this name, so that no password is on a command line. */
export const SETTING = "SCIM_LEDGER_EVENT_STORE";

export interface End<Log extends CopySource> {
  readonly log: Log;
  readonly namespace: string;
  /** What to call it; never with credentials. */
  readonly name: string;
  close(): Promise<void>;
}

type Place =
  | { readonly folder: string }
  | { readonly uri: string; readonly options: Pick<EventStoreOptions, "caFile" | "namespace"> };

/** A data folder, an address of EventStoreDB, or the setting that names one. Throws a Problem. */
export function placeOf(text: string, env: Io["env"]): Place {
  const settings = settingsOf(env);
  const named = text === SETTING ? settings.eventStore : addressIn(text);
  if (text === SETTING && named?.engine !== "esdb")
    throw new Problem(`the setting ${SETTING} names no EventStoreDB`, EXIT.misused);
  if (named?.engine !== "esdb") return { folder: resolve(text) };
  return { uri: named.uri, options: eventStoreOptions(settings) };
}

/** The address is not repeated: it may hold a password. */
function addressIn(text: string) {
  try {
    return eventStoreAt(text);
  } catch (error) {
    if (error instanceof NotAllowed) throw new Problem(`the address must be ${error.message}`, EXIT.misused);
    throw error;
  }
}

export async function openSource(place: Place, namespace: string | undefined): Promise<End<CopySource>> {
  if ("uri" in place) return eventStore(place, namespace === undefined ? {} : { namespace });
  if (!existsSync(logFile(place.folder))) throw new Problem(`there is no event log in ${place.folder}`);
  return folderEnd(place.folder, undefined);
}

/** The log that is copied to has the namespace of the other: it is in every stream's name. */
export function openTarget(place: Place, namespace: string, beside: boolean): Promise<End<CopyTarget>> {
  return "uri" in place
    ? eventStore(place, { namespace, beginBeside: beside })
    : Promise.resolve(folderEnd(place.folder, namespace));
}

async function eventStore(
  place: Extract<Place, { readonly uri: string }>,
  options: EventStoreOptions,
): Promise<End<CopyTarget>> {
  const log = await opened(place.uri, { ...place.options, ...options });
  const appendInOrder = async (appends: readonly Append[]) => {
    // One after the other: what is sent at once may be written in another order, and the order is hashed.
    for (const append of appends) await log.append(append);
  };
  return {
    log: {
      appendInOrder,
      readAll: (after, limit) => log.readAll(after, limit),
      head: () => log.head(),
    },
    namespace: log.namespace,
    name: log.server,
    close: () => log.close(),
  };
}

async function opened(uri: string, options: EventStoreOptions): Promise<EventStoreEventLog> {
  try {
    return await EventStoreEventLog.open(uri, options);
  } catch (error) {
    throw error instanceof WrongLog ? new Problem(`${error.message}: ${WHAT_TO_SAY[error.reason]}`) : error;
  }
}

const WHAT_TO_SAY: Readonly<Record<WrongLog["reason"], string>> = {
  several: "say which by --namespace",
  none: "it is begun by what is copied to it",
  another: "to begin it there, say --beside",
};

/** Holds the folder, and makes the log where there is none. */
function folderEnd(folder: string, namespace: string | undefined): End<CopyTarget> {
  const held = DataFolder.hold(folder);
  const writer = new SqliteLogWriter(folder, namespace === undefined ? {} : { namespace });
  const reader = new SqliteLogReader(folder);
  const appendInOrder = async (appends: readonly Append[]) => {
    const { outcomes } = writer.commit([appends]);
    for (const outcome of outcomes) if (typeof outcome !== "string") throw outcome;
    await writer.flush();
  };
  return {
    log: {
      appendInOrder,
      readAll: async (after, limit) => reader.readAll(after, limit),
      head: async () => reader.head(),
    },
    namespace: writer.namespace,
    name: folder,
    close: async () => {
      reader.close();
      writer.close();
      held[Symbol.dispose]();
    },
  };
}
