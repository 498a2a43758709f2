// The event log's thread without a projector behind it.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { serveLog } from "../../src/eventlog/sqlite/server.ts";
import { SqliteLogWriter } from "../../src/eventlog/sqlite/writer.ts";

serveLog(parentPort as unknown as MessagePort, new SqliteLogWriter(workerData as string));
