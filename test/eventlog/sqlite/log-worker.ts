// The log's thread as the tests run it.
import { parentPort, workerData } from "node:worker_threads";
import { serveLog } from "../../../src/eventlog/sqlite/server.ts";
import { SqliteLogWriter } from "../../../src/eventlog/sqlite/writer.ts";

serveLog(parentPort!, new SqliteLogWriter(workerData.folder));
