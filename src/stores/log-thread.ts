// The thread of a log in SQLite whose read models are elsewhere: it writes the log, and nothing else.
import { type MessagePort, workerData } from "node:worker_threads";
import { serveLog } from "../eventlog/sqlite/server.ts";
import { SqliteLogWriter } from "../eventlog/sqlite/writer.ts";

const { folder, logPort } = workerData as { readonly folder: string; readonly logPort: MessagePort };
serveLog(logPort, new SqliteLogWriter(folder));
