// Which files of a data folder a service has begun to fill. A first start that was killed may leave blank ones behind, which
// the next one fills: they are none.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { logFile, openLogForReading } from "../eventlog/sqlite/log-file.ts";
import { namingDamage } from "../sqlite/damaged-file.ts";
import { openVaultForReading, VAULT_FILE } from "../vault/sqlite/vault-file.ts";

/** Throws an Error where the file is no event log, or a newer one. */
export const hasLog = (folder: string): boolean =>
  existsSync(logFile(folder)) && isThere(logFile(folder), openLogForReading(folder), "log");

/** A tenant has its keys before its first event. Throws an Error where the file is no vault, or a newer one. */
export const hasTenants = (folder: string): boolean =>
  existsSync(join(folder, VAULT_FILE)) && isThere(join(folder, VAULT_FILE), openVaultForReading(folder), "tenants");

/** Whether a file has that table, with something in it. */
function isThere(path: string, database: DatabaseSync, table: string): boolean {
  const first = (sql: string, ...values: string[]) => database.prepare(sql).get(...values);
  try {
    return namingDamage(
      path,
      () =>
        first("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", table) !== undefined &&
        first(`SELECT 1 FROM ${table} LIMIT 1`) !== undefined,
    );
  } finally {
    database.close();
  }
}
