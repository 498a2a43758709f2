// Answers a question from nothing but a carried history: read models of their own are built of it, and the question is asked
// of them as it is asked of a service.
import { setImmediate as turn } from "node:timers/promises";
import { TenantDirectory } from "../../access/tenant-directory.ts";
import type { Fact } from "../../domain/event.ts";
import type { TenantEvent } from "../../domain/events.ts";
import type { OpenKey } from "../../eventlog/codec.ts";
import { type RecordedEvent, START } from "../../eventlog/event-log.ts";
import { factOf } from "../../eventlog/facts.ts";
import { formatStreamName } from "../../eventlog/stream-name.ts";
import { Projector } from "../../projections/projector.ts";
import type { SynchronousViewWriter } from "../../readstore/view-writer.ts";
import type { TypesOfTenants } from "../../scim/schema/type-set.ts";
import { clientsFrom } from "../clients.ts";
import type { History, Present, Sources } from "../sources.ts";
import { type CarriedHistory, indexOf, positionAt } from "./history.ts";
import { Trace, traced } from "./trace.ts";

/** Read models that nobody else reads, and that go away. */
export interface OwnViews {
  readonly writer: SynchronousViewWriter;
  /** What was written so far, for reading. */
  read(): History;
  close(): Promise<void>;
}

/** What a replay needs beside the history: adapters that the audit does not know. */
export interface Machinery {
  /** Empty ones. */
  views(): OwnViews;
  /** `base`: the URI of the SCIM service, without a slash at its end. */
  present(store: History, types: TypesOfTenants, base: string): Present;
  /** Told how far a long replay is. */
  readonly onProgress?: (done: number, all: number) => void;
}

/** The key of an event; undefined where it is destroyed or was not disclosed. */
export type KeyOf = (index: number, event: RecordedEvent) => Uint8Array | undefined;

const AT_ONCE = 500;

/** Builds read models of a history, and works with them. The trace knows afterwards which values the work looked at. */
export async function replaying<T>(
  history: CarriedHistory,
  keyOf: KeyOf,
  base: string,
  machinery: Machinery,
  work: (sources: Sources, trace: Trace) => Promise<T>,
): Promise<T> {
  const views = machinery.views();
  try {
    await project(history, keyOf, views.writer, machinery);
    const trace = new Trace(history);
    return await work(sourcesOf(history, keyOf, base, machinery, views.read(), trace), trace);
  } finally {
    await views.close();
  }
}

async function project(
  history: CarriedHistory,
  keyOf: KeyOf,
  writer: SynchronousViewWriter,
  { onProgress }: Machinery,
): Promise<void> {
  const projector = new Projector(writer, { namespace: history.namespace, openKey: opening(keyOf) });
  for (let start = 0; start < history.size; start += AT_ONCE) {
    const events: RecordedEvent[] = [];
    for (let index = start; index < Math.min(history.size, start + AT_ONCE); index++) events.push(history.event(index));
    projector.project(events);
    onProgress?.(start, history.size);
    // A service goes on serving others meanwhile.
    await turn();
  }
}

/** Keys of single events stand in for data keys, which never leave the vault. */
const opening = (keyOf: KeyOf, onOpen: (index: number) => void = () => {}): OpenKey =>
  Object.assign(() => undefined, {
    ofEvent: (event: RecordedEvent) => {
      const index = indexOf(event.position);
      onOpen(index);
      return keyOf(index, event);
    },
  });

function sourcesOf(
  history: CarriedHistory,
  keyOf: KeyOf,
  base: string,
  machinery: Machinery,
  untraced: History,
  trace: Trace,
): Sources {
  const { size, namespace } = history;
  const through = size === 0 ? START : positionAt(size - 1);
  const store = traced(untraced, trace, through);
  const log: Sources["log"] = {
    head: async () => through,
    readAt: async (positions) => positions.map((position) => history.event(indexOf(position))),
    read: async (stream, after, limit = Number.POSITIVE_INFINITY) =>
      history.leaves
        .ofStream(stream)
        .slice(after + 1, Math.min(size, after + 1 + limit))
        .map((index) => history.event(index)),
  };
  const openKey = opening(keyOf, (index) => trace.event(index));
  const types = typesIn(history);
  // The last leaf is the end of what the tree knows: nothing later has happened yet.
  const now = latestOf(history);
  return {
    store,
    log,
    openKey,
    clientOf: clientsFrom(log, namespace, openKey),
    types,
    present: machinery.present(store, types, base),
    clock: () => now,
  };
}

/** The effective time of the last leaf, microseconds. */
export function latestOf({ leaves, size }: CarriedHistory): number {
  let latest = 0;
  for (let index = 0; index < size; index++) latest = Math.max(latest, leaves.at(index));
  return latest;
}

/** Schemas and resource types, as last defined; they are in clear. */
function typesIn(history: CarriedHistory): TypesOfTenants {
  const { namespace, tenant, leaves } = history;
  const directory = new TenantDirectory();
  const erased = () => undefined;
  for (const index of leaves.ofStream(formatStreamName(namespace, { category: "tenant", tenant })))
    directory.apply(tenant, factOf(history.event(index), erased) as Fact<TenantEvent>);
  return directory;
}
