// The log, in a file of this process or in EventStoreDB.
import { extname } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import type { EventLog } from "../eventlog/event-log.ts";
import { SqliteEventLog } from "../eventlog/sqlite/client.ts";
import type { Settings } from "../settings/table.ts";
import type { LogThreadData } from "./log-thread.ts";
import { openEventStore } from "./open-event-store.ts";
import type { ServedStoresOptions } from "./served-stores.ts";

export interface OpenedLog extends EventLog {
  readonly namespace: string;
  /** Why the last append could not be written; undefined once one was. */
  readonly writeFailure: string | undefined;
}

/** Throws an Error that says why it cannot be opened; no message holds credentials. */
export function openLog(folder: string, settings: Settings, options: ServedStoresOptions): Promise<OpenedLog> {
  const { eventStore, namespace } = settings;
  if (eventStore.engine === "sqlite") return openSqliteLog(folder, namespace, options);
  const { log } = options;
  return openEventStore(eventStore.uri, settings, {
    beginBeside: settings.beginLog,
    onTrouble: (sentence) => log.warn(sentence),
    onClock: ({ milliseconds, state }) =>
      state === "fine"
        ? log.info({ milliseconds }, "the clock of this node agrees with the event store's again")
        : log.error({ milliseconds }, SAID_OF_CLOCK[state]),
  });
}

const SAID_OF_CLOCK = {
  strays: "the clock of this node strays from the event store's: set it",
  stopped: "the clock of this node is so far from the event store's that it does not write: set it",
} as const;

/** Compiled beside this file, or its source. */
const LOG_THREAD = new URL(`./log-thread${extname(import.meta.url)}`, import.meta.url);

async function openSqliteLog(
  folder: string,
  namespace: string | undefined,
  { metrics, onLost }: ServedStoresOptions,
): Promise<OpenedLog> {
  const { port1, port2 } = new MessageChannel();
  const data: LogThreadData = { folder, ...(namespace === undefined ? {} : { namespace }), logPort: port2 };
  const worker = new Worker(LOG_THREAD, { workerData: data, transferList: [port2] });
  worker.on("error", (error) => onLost(error instanceof Error ? error : new Error(String(error))));
  return SqliteEventLog.open(folder, port1, { onBatch: (appends) => metrics.appendBatchSize.observe(appends) });
}
