// History from where it is kept, without a service. Read models that are missing, of another version, behind the log or not in a
// folder are built anew beside, and taken away at the end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TenantDirectory } from "../../access/tenant-directory.ts";
import { clientsFrom } from "../../audit/effects/clients.ts";
import type { Searchable } from "../../audit/replay/taken.ts";
import type { Fact } from "../../domain/event.ts";
import type { TenantEvent } from "../../domain/events.ts";
import { keysFor, type OpenKey } from "../../eventlog/codec.ts";
import { ordinalOf, type Position, positionOf } from "../../eventlog/event-log.ts";
import { factsOf } from "../../eventlog/facts.ts";
import { formatStreamName } from "../../eventlog/stream-name.ts";
import { presentFrom } from "../../http/audit/present.ts";
import { Projector } from "../../projections/projector.ts";
import { SqliteReadStore } from "../../readstore/sqlite/sqlite-read-store.ts";
import { SqliteViewWriter } from "../../readstore/sqlite/writing/sqlite-view-writer.ts";
import type { TypesOfTenants } from "../../scim/schema/type-set.ts";
import type { Io } from "../io.ts";
import { Problem } from "../problem.ts";
import { ProgressLine } from "../progress.ts";
import { sayCount } from "../units.ts";
import { type OpenedViews, type Origin, openOrigin } from "./origin.ts";

export interface Replay {
  /** What is read. */
  readonly name: string;
  readonly sources: Searchable;
  readonly tenants: readonly string[];
  /** How far the read models are. */
  readonly through: Position;
  /** The read models that serve what is read, and how far they can be compared; undefined where there are none such. Throws a Problem. */
  live(): Promise<LiveViews | undefined>;
  /** Builds the read models anew, up to a position. */
  rebuilt(until: Position): Promise<SqliteReadStore>;
  close(): Promise<void>;
}

export interface LiveViews extends Pick<OpenedViews, "store" | "serves"> {
  readonly through: Position;
}

/** `folder`: without one, what the settings name. Throws a Problem. */
export async function openReplay(folder: string | undefined, baseUrl: string, io: Io): Promise<Replay> {
  const ends: (() => void | Promise<void>)[] = [];
  const close = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const origin = await openOrigin(folder, io.env);
    ends.push(() => origin.close());
    const { log, findKey, namespace } = origin;
    const head = await log.head();
    const rebuilt = async (until: Position) => {
      const { store, end } = await rebuild(origin, until, io);
      ends.push(end);
      return store;
    };
    const inFolder = origin.views === undefined ? undefined : await levelStore(origin.views, log, head);
    if (inFolder !== undefined) ends.push(() => inFolder.close());
    const store = inFolder ?? (await rebuilt(head));
    const through = store.position();
    const live = async () => {
      const views = inFolder === undefined ? await openViews(origin) : { store: inFolder, serves: async () => true };
      if (views === undefined) return undefined;
      if ("close" in views) ends.push(() => views.close());
      // They may lack what was written last, and go on meanwhile: what they have seen can be compared.
      const seen = await views.store.position();
      const end = await log.head();
      if (seen > end)
        throw new Problem(
          `the read models are at position ${seen}, ahead of the log, which ends at ${end}: it was set back, or was copied before them`,
        );
      return { ...views, through: positionOf(Math.min(ordinalOf(seen), ordinalOf(through))) };
    };
    const types = await typesFrom(origin, store);
    const sources: Searchable = {
      store,
      log: {
        head: async () => through,
        read: (stream, after, limit) => log.read(stream, after, limit),
        readAt: (positions) => log.readAt(positions),
        ...(log.isGapless === true ? { isGapless: true } : {}),
      },
      findKey,
      clientOf: clientsFrom(log, namespace, findKey),
      types,
      present: presentFrom(store, types, `${baseUrl}/scim/v2`),
      clock: () => Math.max(Date.now() * 1_000, store.effectiveAt(through)),
    };
    return { name: origin.name, sources, tenants: store.tenants(), through, live, rebuilt, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The read models of what is read, however far they are; undefined where there are none that can be opened. */
async function openViews({ views, openMongoViews }: Origin): Promise<OpenedViews | undefined> {
  if (openMongoViews !== undefined) return openMongoViews();
  if (views === undefined) return undefined;
  try {
    const store = new SqliteReadStore(views);
    return { store, serves: async () => true, close: () => store.close() };
  } catch {
    return undefined;
  }
}

/** The schemas and resource types of each tenant, as last defined. */
async function typesFrom({ log, namespace, findKey }: Origin, store: SqliteReadStore): Promise<TypesOfTenants> {
  const directory = new TenantDirectory();
  for (const tenant of store.tenants()) {
    const recorded = await log.read(formatStreamName(namespace, { category: "tenant", tenant }), -1);
    for (const fact of await factsOf(recorded, findKey)) directory.apply(tenant, fact as Fact<TenantEvent>);
  }
  return directory;
}

const PATIENCE_MS = 2_000;
const LOOK_AGAIN_MS = 50;
/** Read models that do not move for so long have nobody who writes them. */
const STILL_MS = 500;

/** The folder's own read models, where they are level with the log; a running service gets a moment for that. */
async function levelStore(
  folder: string,
  log: Pick<Origin["log"], "head">,
  head: Position,
): Promise<SqliteReadStore | undefined> {
  let store: SqliteReadStore;
  try {
    store = new SqliteReadStore(folder);
  } catch {
    return undefined;
  }
  let seen: Position | undefined;
  let giveUpAt = 0;
  const deadline = performance.now() + PATIENCE_MS;
  for (; performance.now() < deadline; await sleep(LOOK_AGAIN_MS)) {
    try {
      const now = performance.now();
      const position = store.position();
      // They may have gone on with the log; what is ahead of it was copied later than it.
      if (position >= head && position <= (await log.head())) return store;
      if (position !== seen) [seen, giveUpAt] = [position, now + STILL_MS];
      else if (now > giveUpAt) break;
    } catch {
      break;
    }
  }
  await store.close();
  return undefined;
}

const AT_ONCE = 1_000;

async function rebuild(
  { log, namespace, findKey }: Origin,
  until: Position,
  io: Io,
): Promise<{ store: SqliteReadStore; end: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-replay-"));
  const writer = new SqliteViewWriter(folder);
  const progress = new ProgressLine(io, { what: "replaying", say: (events) => `${sayCount(events)} events` });
  try {
    let keys: OpenKey = () => undefined;
    const projector = new Projector(writer, { namespace, openKey: (tenant, keyId) => keys(tenant, keyId) });
    for (;;) {
      const read = await log.readAll(projector.position, AT_ONCE);
      const events = read.filter(({ position }) => position <= until);
      if (events.length === 0) break;
      keys = await keysFor(events, findKey);
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
