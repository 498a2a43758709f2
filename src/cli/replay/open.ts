// History from the files of a data folder, or of a copy of one, without a server. Files are opened for reading alone. Read models
// that are missing, of another version or behind the log are built anew beside, and taken away at the end.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TenantDirectory } from "../../access/tenant-directory.ts";
import { clientsFrom } from "../../audit/clients.ts";
import type { Sources } from "../../audit/sources.ts";
import type { Fact } from "../../domain/event.ts";
import type { TenantEvent } from "../../domain/events.ts";
import type { OpenKey } from "../../eventlog/codec.ts";
import { ordinalOf, type Position } from "../../eventlog/event-log.ts";
import { factOf } from "../../eventlog/facts.ts";
import { SqliteLogReader } from "../../eventlog/sqlite/reader.ts";
import { formatStreamName } from "../../eventlog/stream-name.ts";
import { presentFrom } from "../../http/audit/present.ts";
import { Projector } from "../../projections/projector.ts";
import { SqliteReadStore } from "../../readstore/sqlite/sqlite-read-store.ts";
import { SqliteViewWriter } from "../../readstore/sqlite/sqlite-view-writer.ts";
import type { TypesOfTenants } from "../../scim/schema/type-set.ts";
import { openVaultReadOnly } from "../../vault/sqlite/vault.ts";
import type { Io } from "../io.ts";
import { Problem } from "../problem.ts";
import { ProgressLine } from "../progress.ts";
import { sayCount } from "../units.ts";

export interface Replay {
  readonly sources: Sources;
  readonly tenants: readonly string[];
  /** How far the read models are. */
  readonly through: Position;
  /** The read models of the folder itself; undefined where they were built anew. */
  readonly live: SqliteReadStore | undefined;
  /** Builds the read models anew, up to a position. */
  rebuilt(until: Position): SqliteReadStore;
  close(): Promise<void>;
}

export async function openReplay(folderName: string, baseUrl: string, io: Io): Promise<Replay> {
  const folder = resolve(folderName);
  if (!existsSync(join(folder, "log.db")))
    throw new Problem(`there is no log in ${folder}: name a data folder with --data`);
  const ends: (() => void | Promise<void>)[] = [];
  const close = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const log = new SqliteLogReader(folder);
    ends.push(() => log.close());
    const vault = openVaultReadOnly(folder);
    ends.push(() => vault.close());
    const openKey = (tenant: string, id: string) => vault.open(tenant, id);
    const head = log.head();
    const rebuilt = (until: Position) => {
      const { store, end } = rebuild(log, openKey, until, io);
      ends.push(end);
      return store;
    };
    const live = await levelStore(folder, head);
    if (live !== undefined) ends.push(() => live.close());
    const store = live ?? rebuilt(head);
    const through = store.position();
    const types = typesFrom(log, store, openKey);
    const sources: Sources = {
      store,
      log: {
        head: async () => through,
        read: async (stream, after, limit) => log.read(stream, after, limit),
        isGapless: true,
        readAt: async (positions) => log.readAt(positions),
      },
      findKey: openKey,
      clientOf: clientsFrom(
        { read: async (stream, after, limit) => log.read(stream, after, limit) },
        log.namespace,
        openKey,
      ),
      types,
      present: presentFrom(store, types, `${baseUrl}/scim/v2`),
      clock: () => Math.max(Date.now() * 1_000, store.effectiveAt(through)),
    };
    return { sources, tenants: store.tenants(), through, live, rebuilt, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The schemas and resource types of each tenant, as last defined. */
function typesFrom(log: SqliteLogReader, store: SqliteReadStore, openKey: OpenKey): TypesOfTenants {
  const directory = new TenantDirectory();
  for (const tenant of store.tenants())
    for (const recorded of log.read(formatStreamName(log.namespace, { category: "tenant", tenant }), -1))
      directory.apply(tenant, factOf(recorded, openKey) as Fact<TenantEvent>);
  return directory;
}

const PATIENCE_MS = 2_000;
const LOOK_AGAIN_MS = 50;

/** The folder's own read models, where they are level with the log; a running service gets a moment for that. */
async function levelStore(folder: string, head: Position): Promise<SqliteReadStore | undefined> {
  let store: SqliteReadStore;
  try {
    store = new SqliteReadStore(folder);
  } catch {
    return undefined;
  }
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await sleep(LOOK_AGAIN_MS)) {
    try {
      if (store.position() >= head) return store;
    } catch {
      break;
    }
  }
  await store.close();
  return undefined;
}

const AT_ONCE = 1_000;

function rebuild(
  log: SqliteLogReader,
  openKey: OpenKey,
  until: Position,
  io: Io,
): { store: SqliteReadStore; end: () => Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-replay-"));
  const writer = new SqliteViewWriter(folder);
  const progress = new ProgressLine(io, { what: "replaying", say: (events) => `${sayCount(events)} events` });
  try {
    const projector = new Projector(writer, { namespace: log.namespace, openKey });
    for (;;) {
      const events = log.readAll(projector.position, AT_ONCE).filter(({ position }) => position <= until);
      if (events.length === 0) break;
      projector.project(events);
      progress.at(ordinalOf(projector.position), ordinalOf(until));
    }
    progress.end();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    writer.close();
  }
  const store = new SqliteReadStore(folder);
  const end = async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { store, end };
}
