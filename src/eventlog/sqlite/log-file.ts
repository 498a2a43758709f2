// The file of the embedded event log. Rows are few and narrow, keys are integers that grow with time: what a commit writes
// besides the events themselves is the largest part of its cost.
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type FileFormat, openForReading, openForWriting } from "../../sqlite/open-file.ts";
import { DEFAULT_NAMESPACE, isNamespace } from "../stream-name.ts";

export const LOG_FILE = "log.db";
export const logFile = (folder: string): string => join(folder, LOG_FILE);

const FORMAT: FileFormat = {
  kind: "event log",
  applicationId: 0x5343_4c31,
  version: 1,
  // An event's id, type and stream's name stand in its envelope; a stream's head is the end of its stretch of the index. Names
  // of claims are random, so each costs a page a commit: they are stored once.
  schema: `
    CREATE TABLE log (namespace TEXT NOT NULL) STRICT;
    CREATE TABLE streams (name TEXT PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE events (
      position INTEGER PRIMARY KEY,
      stream INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      envelope TEXT NOT NULL,
      ciphertext BLOB
    ) STRICT;
    CREATE UNIQUE INDEX events_of_stream ON events (stream, revision)`,
  // Pages of 8 KiB hold four events where those of 4 KiB hold two and waste a fifth; 8 MiB of write-ahead log keep a checkpoint short.
  // The page cache holds the inner pages of ten million events: an event that lies anywhere is then one page read.
  // The writer asks for the fsync of the write-ahead log itself, once a batch, and waits for it before it acknowledges. SQLite
  // still asks for its own where pages move from there into the file.
  synchronous: "NORMAL",
  pragmas:
    "PRAGMA page_size = 8192; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 1024; PRAGMA journal_size_limit = 16777216;",
};

/** Opens the log of a data folder for its one writer; makes it at first, with the namespace that it keeps for ever. */
export function openLogForWriting(folder: string, namespace: string | undefined): DatabaseSync {
  if (namespace !== undefined && !isNamespace(namespace))
    throw new Error(`“${namespace}” cannot be a namespace: lower-case letters and digits, at most 40, a letter first`);
  const database = openForWriting(logFile(folder), FORMAT);
  const kept = namespaceOf(database);
  if (kept === undefined) {
    database.prepare("INSERT INTO log (namespace) VALUES (?)").run(namespace ?? DEFAULT_NAMESPACE);
  } else if (namespace !== undefined && namespace !== kept) {
    database.close();
    throw new Error(`the log in ${folder} has the namespace “${kept}”, fixed at its first start, not “${namespace}”`);
  }
  return database;
}

/** Opens the log of a data folder for reading. */
export const openLogForReading = (folder: string): DatabaseSync => openForReading(logFile(folder), FORMAT);

/** The first part of every stream's name; undefined before the first start is complete. */
export function namespaceOf(database: DatabaseSync): string | undefined {
  const namespace = database.prepare("SELECT namespace FROM log").get()?.["namespace"];
  return typeof namespace === "string" ? namespace : undefined;
}
