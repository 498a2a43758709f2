// The thread of a log in SQLite whose read models are elsewhere: it writes the log, and nothing else.
import { type MessagePort, workerData } from "node:worker_threads";
import { serveLog } from "../eventlog/sqlite/server.ts";
import { SqliteLogWriter } from "../eventlog/sqlite/writer.ts";

export interface LogThreadData {
  readonly folder: string;
  /** Of a log that is made now; one that is there must have it. */
  readonly namespace?: string;
  readonly logPort: MessagePort;
}

const { folder, namespace, logPort } = workerData as LogThreadData;
serveLog(logPort, new SqliteLogWriter(folder, namespace === undefined ? {} : { namespace }));
