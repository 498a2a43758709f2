// The file that an import or export works in: what was read from the source, what has become of it, and which resource of
// the target each one of the source is. A run that was stopped goes on from it. One process holds it at a time.
import type { DatabaseSync } from "node:sqlite";
import { openForWriting } from "../../sqlite/open-file.ts";
import { primaryCode, resultCode, SQLITE_BUSY } from "../../sqlite/result-code.ts";
import { Problem } from "../problem.ts";

const SCHEMA = `
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- What this pass read. Goes away with the pass: it holds personal values.
CREATE TABLE resources (
  ordinal INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  source_id TEXT NOT NULL,
  walk INTEGER NOT NULL,
  -- 0: only its place in a list is known yet.
  whole INTEGER NOT NULL,
  body TEXT NOT NULL,
  name TEXT,
  external_id TEXT,
  outcome TEXT,
  reason TEXT,
  -- Looked at once more after all others: somebody else has to let go of a name first.
  deferred INTEGER NOT NULL DEFAULT 0,
  -- 1: refers to others, which is still to be written. 2: is written.
  linked INTEGER NOT NULL DEFAULT 0,
  UNIQUE (kind, source_id)
) STRICT;
CREATE INDEX resources_by_name ON resources (kind, name);
CREATE INDEX resources_by_external_id ON resources (kind, external_id);
CREATE INDEX resources_to_do ON resources (kind, outcome, deferred, ordinal);
CREATE INDEX resources_linked ON resources (kind, linked, ordinal);

-- Stays from pass to pass: which resource of the target each one of the source is. gone: 1 was missing, and disabled for it.
CREATE TABLE links (
  kind TEXT NOT NULL,
  source_id TEXT NOT NULL,
  target_id TEXT NOT NULL,
  gone INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, source_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_target ON links (kind, target_id);

CREATE TABLE notes (kind TEXT NOT NULL, note TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (kind, note)) STRICT, WITHOUT ROWID;
`;

/** Opens or makes the file, readable by its owner alone. Throws a Problem where another process works with it. */
export function openWorkFile(path: string): DatabaseSync {
  try {
    const database = openForWriting(path, {
      kind: "import state",
      applicationId: 0x5343_4d31,
      version: 1,
      schema: SCHEMA,
      // What is deleted is overwritten.
      pragmas: "PRAGMA secure_delete = ON; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -16384;",
      // What the power takes away is looked up at the target again.
      synchronous: "NORMAL",
    });
    database.exec("BEGIN IMMEDIATE; COMMIT");
    return database;
  } catch (error) {
    if (primaryCode(resultCode(error)) === SQLITE_BUSY)
      throw new Problem(`another import works with ${path}: wait for its end, or name another file with --state`);
    throw error;
  }
}

/** All of `work`, or none of it. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}
