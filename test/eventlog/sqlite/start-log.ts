// Opens an embedded log with its thread, as the composition does.
import { Worker } from "node:worker_threads";
import { SqliteEventLog } from "../../../src/eventlog/sqlite/client.ts";

export const startThread = (folder: string): Worker =>
  new Worker(new URL("./log-worker.ts", import.meta.url), { workerData: { folder } });

export const startLog = (folder: string, options?: { readonly atomic: boolean }): Promise<SqliteEventLog> =>
  SqliteEventLog.open(folder, startThread(folder), options);
