// What a question is asked of in a replay: the same sources as in a service, but made of a carried history alone.
import { TenantDirectory } from "../../access/tenant-directory.ts";
import type { Fact } from "../../domain/event.ts";
import type { TenantEvent } from "../../domain/events.ts";
import type { OpenKey } from "../../eventlog/codec.ts";
import { type RecordedEvent, START } from "../../eventlog/event-log.ts";
import { factOf } from "../../eventlog/facts.ts";
import { formatStreamName } from "../../eventlog/stream-name.ts";
import type { TypesOfTenants } from "../../scim/schema/type-set.ts";
import { clientsFrom } from "../effects/clients.ts";
import type { History, Present, Sources } from "../sources.ts";
import { type CarriedHistory, indexOf, positionAt } from "./history.ts";
import { type Scope, scoped } from "./scope.ts";
import { type Trace, traced } from "./trace.ts";

/** The key of an event; undefined where it is destroyed or was not disclosed. */
export type KeyOf = (index: number, event: RecordedEvent) => Uint8Array | undefined;

/** Keys of single events stand in for data keys, which never leave the vault. */
export const opening = (keyOf: KeyOf, onOpen: (index: number) => void = () => {}): OpenKey =>
  Object.assign(() => undefined, {
    ofEvent: (event: RecordedEvent) => {
      const index = indexOf(event.position);
      onOpen(index);
      return keyOf(index, event);
    },
  });

export interface ReplayedSources {
  readonly history: CarriedHistory;
  readonly keyOf: KeyOf;
  /** Read models of the history. */
  readonly store: History;
  /** Told of every value that is looked at. */
  readonly trace: Trace;
  /** Told of every stream that is looked at; absent: all of them may be. */
  readonly scope: Scope | undefined;
  readonly present: (store: History, types: TypesOfTenants) => Present;
}

export function sourcesOf({ history, keyOf, store: views, trace, scope, present }: ReplayedSources): Sources {
  const { size, namespace } = history;
  const through = size === 0 ? START : positionAt(size - 1);
  const all = traced(views, trace, through);
  const store = scope === undefined ? all : scoped(all, scope);
  const log = logOf(history, scope);
  const openKey = opening(keyOf, (index) => trace.event(index));
  const types = typesIn(history);
  // The last leaf is the end of what the tree knows: nothing later has happened yet.
  const now = latestOf(history);
  return {
    store,
    log: { ...log, head: async () => through },
    findKey: openKey,
    clientOf: clientsFrom(log, namespace, openKey),
    types,
    present: present(store, types),
    clock: () => now,
  };
}

function logOf(
  history: CarriedHistory,
  scope: Scope | undefined,
): Pick<Sources["log"], "read" | "readAt" | "isGapless"> {
  const at = (index: number): RecordedEvent => {
    scope?.stream(history.leaves.streamOf(index));
    return history.event(index);
  };
  return {
    isGapless: true,
    readAt: async (positions) => positions.map((position) => at(indexOf(position))),
    read: async (stream, after, limit = history.size) =>
      history.leaves
        .ofStream(stream)
        .slice(after + 1, after + 1 + limit)
        .map(at),
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
