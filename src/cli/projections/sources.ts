// The log that read models are built from, opened for reading alone: it may run beside the service.
import { resolve } from "node:path";
import type { EventLog } from "../../eventlog/event-log.ts";
import { SqliteLogReader } from "../../eventlog/sqlite/reader.ts";
import type { Settings } from "../../settings/table.ts";
import { openEventStore } from "../../stores/open-event-store.ts";

export interface ReadLog extends Pick<EventLog, "readAll" | "head"> {
  readonly namespace: string;
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
