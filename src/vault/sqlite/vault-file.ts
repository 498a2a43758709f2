// The file of the vault. Rows of keys are added at the end and never deleted, so that SQLite moves none from page to page: a
// wrapped key stands in one place, and is destroyed by overwriting it there. (Deleting a row lets SQLite merge pages, and what
// it moves leaves a copy behind, `secure_delete` or not.)
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type FileFormat, openForReading, openForWriting } from "../../sqlite/open-file.ts";
import { WRAPPED_BYTES } from "../wrap.ts";

export const VAULT_FILE = "vault.db";

const FORMAT: FileFormat = {
  kind: "key vault",
  applicationId: 0x5343_4b31,
  version: 1,
  schema: `
    CREATE TABLE tenants (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, key BLOB NOT NULL, claim_key BLOB NOT NULL) STRICT;
    CREATE TABLE keys (
      id INTEGER PRIMARY KEY,
      name BLOB NOT NULL UNIQUE,
      tenant INTEGER NOT NULL REFERENCES tenants,
      wrapped BLOB NOT NULL
    ) STRICT;
    CREATE TABLE erasures (number INTEGER NOT NULL) STRICT;
    INSERT INTO erasures VALUES (0)`,
  pragmas: "PRAGMA cache_size = -2048; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 4194304;",
};

/** Names of keys, without any secret: a table that versions before it pass over, so that it needs no format of its own. */
const NAMED = `
  CREATE TABLE IF NOT EXISTS named (
    tenant INTEGER NOT NULL REFERENCES tenants,
    name TEXT NOT NULL,
    key INTEGER NOT NULL REFERENCES keys,
    PRIMARY KEY (tenant, name)
  ) STRICT, WITHOUT ROWID`;

export function openVaultForWriting(folder: string): DatabaseSync {
  const database = openForWriting(join(folder, VAULT_FILE), FORMAT);
  database.exec(NAMED);
  return database;
}
export const openVaultForReading = (folder: string): DatabaseSync => openForReading(join(folder, VAULT_FILE), FORMAT);

/** What is left of a destroyed key: as long as a wrapped one. */
export const DESTROYED = `zeroblob(${WRAPPED_BYTES})`;
