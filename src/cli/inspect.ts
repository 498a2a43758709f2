// Looks into the files of a data folder, or of a copy of one, without writing.
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type KeyState, keyStates } from "../embedded/known-keys.ts";
import { openEvent } from "../eventlog/codec.ts";
import { type Position, positionOf, type RecordedEvent } from "../eventlog/event-log.ts";
import { LOG_FILE, openLogForReading } from "../eventlog/sqlite/log-file.ts";
import { openViewsForReading, viewsFile } from "../readstore/sqlite/views-file.ts";
import type { SqliteKeyReader } from "../vault/sqlite/reader.ts";
import { openVaultReadOnly } from "../vault/sqlite/vault.ts";
import { openVaultForReading, VAULT_FILE } from "../vault/sqlite/vault-file.ts";

export type StoreFile = "log" | "views" | "vault";

/** The three files of a data folder. */
export const STORE_FILES: Readonly<
  Record<StoreFile, { readonly name: string; readonly open: (folder: string) => DatabaseSync }>
> = {
  log: { name: LOG_FILE, open: openLogForReading },
  views: { name: viewsFile(""), open: openViewsForReading },
  vault: { name: VAULT_FILE, open: openVaultForReading },
};

export const pathOf = (folder: string, file: StoreFile): string => join(folder, STORE_FILES[file].name);

/** Opens a file for the time of a look. Throws where it is missing, not ours, or newer than this program. */
export function looking<T>(folder: string, file: StoreFile, look: (database: DatabaseSync) => T): T {
  const database = STORE_FILES[file].open(folder);
  try {
    return look(database);
  } finally {
    database.close();
  }
}

const COMPLAINTS = 3;

/** What SQLite finds wrong with a file's pages; nothing where it is sound. */
export const complaintsOf = (database: DatabaseSync): readonly string[] =>
  database
    .prepare(`PRAGMA quick_check(${COMPLAINTS})`)
    .all()
    .map((row) => String(row["quick_check"]))
    .filter((says) => says !== "ok");

export interface LogExtent {
  readonly events: number;
  /** Ordinal of the last event; as many as `events` in a log without gaps. */
  readonly head: number;
}

export function extentOf(log: DatabaseSync): LogExtent {
  const row = log.prepare("SELECT count(*) AS events, ifnull(max(position), 0) AS head FROM events").get()!;
  return { events: Number(row["events"]), head: Number(row["head"]) };
}

/** The last position that the read models have seen. Throws where the file is of another version. */
export const checkpointOf = (views: DatabaseSync): Position =>
  positionOf(Number(views.prepare("SELECT place FROM checkpoint").get()!["place"]));

export interface KeyCount {
  readonly opened: number;
  /** Keys of erased persons. */
  readonly destroyed: number;
  /** Keys that events name and the vault never had: what they seal cannot be read. */
  readonly unknown: number;
}

/** Opens these events with the vault of a folder. Throws an Error that says what does not fit together. */
export function openWithVault(folder: string, events: readonly RecordedEvent[]): KeyCount {
  const vault = openVaultReadOnly(folder);
  try {
    return looking(folder, "vault", (database) => countKeys(folder, vault, database, events));
  } finally {
    vault.close();
  }
}

function countKeys(
  folder: string,
  vault: SqliteKeyReader,
  database: DatabaseSync,
  events: readonly RecordedEvent[],
): KeyCount {
  for (const event of events) openEvent(event, (tenant, key) => vault.open(tenant, key));
  const states = [...keyStates(folder, database, events).values()];
  const count = (state: KeyState): number => states.filter((one) => one === state).length;
  return { opened: count("kept"), destroyed: count("destroyed"), unknown: count("unknown") };
}
