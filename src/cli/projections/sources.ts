// What read models are built from, opened for reading alone: it may run beside the service.
import { resolve } from "node:path";
import type { FindKey } from "../../eventlog/codec.ts";
import type { EventLog } from "../../eventlog/event-log.ts";
import { SqliteLogReader } from "../../eventlog/sqlite/reader.ts";
import type { MongoConnection } from "../../readstore/mongodb/connection.ts";
import { keysIn, type Settings } from "../../settings/table.ts";
import { openEventStore } from "../../stores/open-event-store.ts";
import { openKeys } from "../../stores/open-keys.ts";
import { openVaultReadOnly } from "../../vault/sqlite/vault.ts";

export interface ReadLog extends Pick<EventLog, "readAll" | "head"> {
  readonly namespace: string;
  close(): Promise<void>;
}

export interface ReadKeys {
  readonly findKey: FindKey;
  close(): Promise<void>;
}

/** The log that the settings name. */
export async function openLogToRead(settings: Settings): Promise<ReadLog> {
  const { data, eventStore } = settings;
  if (eventStore.engine === "esdb") return openEventStore(eventStore.uri, settings, { forReading: true });
  const reader = new SqliteLogReader(resolve(data));
  return {
    namespace: reader.namespace,
    readAll: async (after, limit) => reader.readAll(after, limit),
    head: async () => reader.head(),
    close: async () => reader.close(),
  };
}

/** The keys that the settings name. */
export async function openKeysToRead(settings: Settings, mongo: MongoConnection): Promise<ReadKeys> {
  const folder = resolve(settings.data);
  if (keysIn(settings) === "file") {
    const reader = openVaultReadOnly(folder);
    return { findKey: (tenant, keyId) => reader.open(tenant, keyId), close: async () => reader.close() };
  }
  const keys = await openKeys(folder, settings, mongo);
  return {
    findKey: (tenant, keyId) => keys.vault.open(tenant, keyId),
    close: async () => keys[Symbol.asyncDispose](),
  };
}
