// The file of the read models. It holds nothing that the log does not: another version of it, or a damaged one, is deleted
// and built anew.
//
// A resource is known by the ordinal of its creating event (`rid`), so new rows go to the end of every tree. Intervals are
// half-open in ordinals of positions: those that hold now stand in a table of their own, ended ones in its `_past`.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type FileFormat, openForReading, openForWriting } from "../../sqlite/open-file.ts";

/** Moves with every change of the tables or of what a projection writes into them. */
const VERSION = 10;
const APPLICATION_ID = 0x5c1a0002;

/** What an event did to its resource, as `trail.kind` says it. */
export const TRAIL = { none: 0, members: 1, attributes: 2 } as const;
/** `trail.path` of an event that changed several attributes. */
export const SEVERAL = 0;

const schema = `
CREATE TABLE checkpoint (
  one INTEGER PRIMARY KEY CHECK (one = 1), place INTEGER NOT NULL, effective_at INTEGER NOT NULL, events INTEGER NOT NULL
) STRICT;
INSERT INTO checkpoint VALUES (1, 0, 0, 0);
-- Once in some thousand events: how many there are up to a place.
CREATE TABLE tallies (place INTEGER PRIMARY KEY, events INTEGER NOT NULL) STRICT;

-- Tenants, types, actors, credentials and indexed paths, by number.
CREATE TABLE names (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE paths (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE counts (tenant INTEGER, type INTEGER, live INTEGER NOT NULL, PRIMARY KEY (tenant, type)) STRICT, WITHOUT ROWID;

CREATE TABLE resources (
  rid INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, type INTEGER NOT NULL, id TEXT NOT NULL,
  till INTEGER,                                     -- end of its life
  since INTEGER NOT NULL,                           -- since when the document reads so
  place INTEGER NOT NULL, revision INTEGER NOT NULL, version INTEGER NOT NULL,
  created INTEGER NOT NULL, modified INTEGER NOT NULL, erased INTEGER NOT NULL,
  display TEXT, manager TEXT, body TEXT NOT NULL, side TEXT NOT NULL, shadow BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX resources_by_id ON resources (tenant, id, type);
CREATE INDEX resources_in_order ON resources (tenant, type, rid, till);
-- What an audit answer says of a resource: hundreds stand on a page of this, two on one of the table.
CREATE INDEX resources_told ON resources (rid, type, till, id, display);
CREATE INDEX resources_erased ON resources (tenant, type, rid, till) WHERE erased = 1;

-- Documents that have been superseded, by the event that did so.
CREATE TABLE versions (
  till INTEGER PRIMARY KEY, rid INTEGER NOT NULL, since INTEGER NOT NULL,
  body TEXT NOT NULL, side TEXT NOT NULL, shadow BLOB NOT NULL
) STRICT;

CREATE TABLE activity (
  place INTEGER PRIMARY KEY, effective_at INTEGER NOT NULL, at INTEGER NOT NULL, event_id TEXT NOT NULL,
  event_type INTEGER NOT NULL, tenant INTEGER NOT NULL, type INTEGER NOT NULL, rid INTEGER, id TEXT NOT NULL,
  revision INTEGER NOT NULL, actor INTEGER NOT NULL,
  credential INTEGER NOT NULL,                      -- number of a JSON text: a few credentials are behind all events
  client TEXT, request_id TEXT NOT NULL, paths TEXT NOT NULL,
  told TEXT,                                        -- members, or what was granted and revoked, where it is short
  numbers TEXT                                      -- rids of the members that are told, in their order
) STRICT;
CREATE INDEX activity_without_resource ON activity (tenant, type, id) WHERE rid IS NULL;
CREATE INDEX activity_of_actor ON activity (tenant, actor, place);
CREATE INDEX activity_of_request ON activity (tenant, request_id);
-- Effective times of events that no read model shows.
CREATE TABLE ticks (place INTEGER PRIMARY KEY, effective_at INTEGER NOT NULL) STRICT;
-- Attempts, inspections and assertions, by the number of their kind's name; the log has what they say.
CREATE TABLE records (tenant INTEGER, kind INTEGER, place INTEGER, PRIMARY KEY (tenant, kind, place)) STRICT, WITHOUT ROWID;
-- The events of a resource, by what they did to it: finds versions, version and time as of any place, and the last change of
-- an attribute. The path is the number of the only one that changed; 0: several did, which activity names; null: none did.
CREATE TABLE trail (
  rid INTEGER, kind INTEGER, place INTEGER, path INTEGER, PRIMARY KEY (rid, kind, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE ix (path INTEGER, value TEXT, rid INTEGER, since INTEGER NOT NULL, PRIMARY KEY (path, value, rid)) STRICT, WITHOUT ROWID;
CREATE TABLE ix_past (
  path INTEGER, value TEXT, rid INTEGER, since INTEGER, till INTEGER NOT NULL, PRIMARY KEY (path, value, rid, since)
) STRICT, WITHOUT ROWID;

-- nested is 1 where the member is a group.
CREATE TABLE members (
  grp INTEGER, member INTEGER, since INTEGER NOT NULL, nested INTEGER NOT NULL, PRIMARY KEY (grp, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships ON members (member, grp, since);
CREATE INDEX members_nested ON members (grp, member, since) WHERE nested = 1;
CREATE TABLE members_past (
  grp INTEGER, member INTEGER, since INTEGER, till INTEGER NOT NULL, cause INTEGER NOT NULL, nested INTEGER NOT NULL,
  PRIMARY KEY (grp, member, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_past_nested ON members_past (grp, member, since, till) WHERE nested = 1;
CREATE INDEX memberships_past ON members_past (member, grp, since, till, cause);

-- Accounts, roles and entitlements.
CREATE TABLE holds (
  rid INTEGER, kind INTEGER, target TEXT, element TEXT, since INTEGER NOT NULL, PRIMARY KEY (rid, kind, target, element)
) STRICT, WITHOUT ROWID;
CREATE TABLE holds_past (
  rid INTEGER, kind INTEGER, target TEXT, element TEXT, since INTEGER, till INTEGER NOT NULL, cause INTEGER NOT NULL,
  PRIMARY KEY (rid, kind, target, element, since)
) STRICT, WITHOUT ROWID;

-- Schemas and resource types of a tenant's own.
CREATE TABLE definitions (tenant INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;

-- Parts of changes too large for one append.
CREATE TABLE pending (
  tenant INTEGER, type INTEGER, id TEXT, place INTEGER, change TEXT NOT NULL, fact TEXT NOT NULL,
  PRIMARY KEY (tenant, type, id, place)
) STRICT, WITHOUT ROWID;

-- The Merkle tree of each tenant, as tiles of 256 hashes: the last one of each level grows. Rows stand in the order of their
-- making, so that a longer tile is written where the shorter one was.
CREATE TABLE ledger_tiles (tenant INTEGER NOT NULL, level INTEGER NOT NULL, n INTEGER NOT NULL, hashes BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX ledger_tiles_by_name ON ledger_tiles (tenant, level, n);
-- Which events are the leaves of a tile of level 0: places, and the beginnings of event ids.
CREATE TABLE ledger_entries (tenant INTEGER NOT NULL, n INTEGER NOT NULL, places BLOB NOT NULL, ids BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX ledger_entries_by_name ON ledger_entries (tenant, n);
-- Leaves by the beginnings of their events' ids, a run for every 65 536 of them: see ledger-ids.ts.
CREATE TABLE ledger_ids (tenant INTEGER NOT NULL, bucket INTEGER NOT NULL, run INTEGER NOT NULL, leaves BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX ledger_ids_by_name ON ledger_ids (tenant, bucket, run);
-- The last head of each tree that is in the log.
CREATE TABLE ledger_heads (tenant INTEGER PRIMARY KEY, revision INTEGER NOT NULL, epoch INTEGER NOT NULL, note TEXT) STRICT`;

/** Megabytes of page cache of a connection. */
export interface CacheSize {
  readonly cacheMegabytes?: number;
}
const CACHE_MEGABYTES = 32;

const format = ({ cacheMegabytes = CACHE_MEGABYTES }: CacheSize): FileFormat => ({
  kind: "file of read models",
  applicationId: APPLICATION_ID,
  version: VERSION,
  schema,
  // Freed bytes are zeroed, so that an erased value is gone from the file.
  synchronous: "NORMAL",
  pragmas: `PRAGMA cache_size = ${-1024 * cacheMegabytes}; PRAGMA secure_delete = ON;`,
});

export const viewsFile = (folder: string): string => join(folder, "views.db");

/** Opens the file for writing; a file of another version, another kind or with damage is replaced by an empty one. */
export function openViewsForWriting(folder: string, cache: CacheSize = {}): DatabaseSync {
  const path = viewsFile(folder);
  if (!isUsable(path)) discardViews(folder);
  return openForWriting(path, format(cache));
}

/** Opens the file for reading. Throws where there is none. */
export const openViewsForReading = (folder: string, cache: CacheSize = {}): DatabaseSync =>
  openForReading(viewsFile(folder), format(cache));

/** Deletes the read models; nobody may have them open. */
export function discardViews(folder: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(viewsFile(folder) + suffix, { force: true });
}

/** A look at both ends: a check of every page would delay each start. Damage in between shows when it is read. */
function isWhole(database: DatabaseSync): boolean {
  for (const table of ["checkpoint", "resources", "activity", "versions"])
    database.prepare(`SELECT * FROM ${table} ORDER BY rowid DESC LIMIT 1`).get();
  return database.prepare("SELECT 1 FROM checkpoint").get() !== undefined;
}

function isUsable(path: string): boolean {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    return (
      database.prepare("PRAGMA application_id").get()!["application_id"] === APPLICATION_ID &&
      database.prepare("PRAGMA user_version").get()!["user_version"] === VERSION &&
      isWhole(database)
    );
  } catch {
    return false;
  } finally {
    database?.close();
  }
}
