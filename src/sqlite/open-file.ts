// Opens a SQLite file of ours, or makes it; refuses one of another kind or of a newer version of this program.
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { DamagedFile, namingDamage } from "./damaged-file.ts";
import { resultCode, SQLITE_NOTADB } from "./result-code.ts";

export interface FileFormat {
  /** What the file is, for messages: "event log". */
  readonly kind: string;
  /** PRAGMA application_id: tells our kinds of files apart. */
  readonly applicationId: number;
  /** PRAGMA user_version. */
  readonly version: number;
  /** The statements that make an empty file into one of this format. */
  readonly schema: string;
  /** What this kind of file needs beyond the common settings. */
  readonly pragmas: string;
  /** PRAGMA synchronous. FULL: durable once committed. NORMAL: what is lost with the power can be had again. */
  readonly synchronous?: "FULL" | "NORMAL";
}

/** How long a statement waits for a lock that another connection holds, ms. */
const LOCK_WAIT = 5_000;

/** Readers beside the writer, bounded in memory, no memory map. */
const COMMON = "PRAGMA journal_mode = WAL; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;";

/** Opens for writing; makes the file at first. Throws an Error that says why a file is refused. */
export function openForWriting(path: string, format: FileFormat): DatabaseSync {
  return opened(path, format, new DatabaseSync(path, { timeout: LOCK_WAIT }), (database) => {
    // A page size counts only before the journal's mode is set.
    database.exec(`${format.pragmas}${COMMON}PRAGMA synchronous = ${format.synchronous ?? "FULL"};`);
    if (isBlank(database)) make(database, format);
  });
}

/** Opens an existing file for reading alone. Throws an Error that says why a file is refused. */
export function openForReading(path: string, format: FileFormat): DatabaseSync {
  if (!existsSync(path)) throw new Error(`there is no ${format.kind} at ${path}`);
  return opened(path, format, new DatabaseSync(path, { readOnly: true, timeout: LOCK_WAIT }), (database) =>
    database.exec(`PRAGMA mmap_size = 0; ${format.pragmas}`),
  );
}

function opened(path: string, format: FileFormat, database: DatabaseSync, prepare: (database: DatabaseSync) => void) {
  try {
    return namingDamage(path, () => {
      refuseForeign(path, format, database);
      prepare(database);
      return database;
    });
  } catch (error) {
    database.close();
    throw error instanceof DamagedFile && resultCode(error.cause) === SQLITE_NOTADB
      ? new Error(`${path} is not a scim-ledger ${format.kind}`, { cause: error })
      : error;
  }
}

function refuseForeign(path: string, { kind, applicationId, version }: FileFormat, database: DatabaseSync): void {
  const found = pragma(database, "application_id");
  if (found !== applicationId && !isBlank(database)) throw new Error(`${path} is not a scim-ledger ${kind}`);
  const stored = pragma(database, "user_version");
  if (stored > version)
    throw new Error(
      `${path} is a scim-ledger ${kind} of format ${stored} and this version knows formats up to ${version}; start the version that wrote it, or a later one`,
    );
}

/** All or nothing: a crash leaves a blank file, which the next start makes anew. */
function make(database: DatabaseSync, { applicationId, version, schema }: FileFormat): void {
  database.exec(
    `BEGIN IMMEDIATE; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version}; ${schema}; COMMIT`,
  );
}

const isBlank = (database: DatabaseSync): boolean =>
  pragma(database, "application_id") === 0 &&
  database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()!["tables"] === 0;

function pragma(database: DatabaseSync, name: "application_id" | "user_version"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()![name]);
}
