// What the read models are in MongoDB: one database, and in it one set of collections for each generation of the models, so
// that a new one fills beside the one that serves. All of it follows from the log.
//
// A resource is known by the ordinal of its creating event (`rid`), so order of `_id` is order of creation. Intervals are
// half-open [since, to) in ordinals of positions; one that holds now has `to: OPEN`, so that one comparison serves now and
// then. They are ended, never deleted: nothing that was over comes back.

import type { Binary, Collection, Db, IndexDescription } from "mongodb";
import type { CredentialTold } from "../happenings.ts";
import type { EndCause, Grant } from "../read-store.ts";
import type { Touch } from "../view-writer.ts";
import type { RecordKind } from "../walks.ts";

/** The end of an interval that has none yet: after every position. */
export const OPEN = Number.MAX_SAFE_INTEGER;

/** Names of attributes as MongoDB takes them: see `shadow-names.ts`. */
export type StoredShadow = Readonly<Record<string, unknown>>;

/** What a resource reads as, now or in the past. */
interface Reading {
  readonly tenant: string;
  readonly type: string;
  readonly body: string;
  readonly side: string;
  /** What filters compare. */
  readonly ix: StoredShadow;
  /** `path`, U+0000, value: the values at the indexed paths. One multikey index finds them, by equality and by beginning. */
  readonly keys: readonly string[];
}

/** A resource as it reads now; its life is [_id, until). */
export interface ResourceDocument extends Reading {
  /** `rid` */
  readonly _id: number;
  readonly id: string;
  /** OPEN while it lives. */
  readonly until: number;
  readonly since: number;
  readonly place: number;
  readonly revision: number;
  readonly version: number;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly display: string | null;
  readonly manager: string | null;
  readonly erased: boolean;
  /** Open rows of `members` in which it is the member: 0 saves a reader the look. */
  readonly groups: number;
}

/** A superseded reading: it held in [since, to). */
export interface VersionDocument extends Reading {
  /** The place that ended it; each event ends one. */
  readonly _id: number;
  readonly rid: number;
  readonly since: number;
  readonly to: number;
}

export interface MemberDocument {
  /** `grp`-`member`-`since` */
  readonly _id: string;
  readonly tenant: string;
  readonly grp: number;
  readonly member: number;
  readonly nested: boolean;
  readonly since: number;
  readonly to: number;
  readonly cause: EndCause | null;
}

/** An account, role or entitlement that is held. */
export interface HoldDocument {
  /** `rid`-`kind`-`since`-`element`-`target` */
  readonly _id: string;
  readonly tenant: string;
  readonly rid: number;
  readonly kind: Exclude<Grant["kind"], "group">;
  readonly target: string;
  readonly element: string;
  readonly since: number;
  readonly to: number;
  readonly cause: EndCause | null;
}

/** One an event that a read model shows. */
export interface ActivityDocument {
  /** Place. */
  readonly _id: number;
  readonly effectiveAt: number;
  readonly at: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly tenant: string;
  readonly type: string;
  readonly id: string;
  /** null for a stream that is no resource, or no resource yet. */
  readonly rid: number | null;
  readonly revision: number;
  readonly actor: string;
  readonly credential: CredentialTold;
  readonly client: string | null;
  readonly requestId: string;
  readonly paths: readonly string[];
  readonly touch: Touch;
}

/** One an event that none shows, for its effective time; a record is found again by its place. */
export interface TickDocument {
  readonly _id: number;
  readonly effectiveAt: number;
  readonly tenant?: string;
  readonly kind?: RecordKind;
}

export interface DefinitionsDocument {
  /** Tenant. */
  readonly _id: string;
  readonly text: string;
}

export interface PendingDocument {
  /** Place. */
  readonly _id: number;
  readonly tenant: string;
  readonly type: string;
  readonly id: string;
  readonly change: string;
  readonly fact: string;
}

export interface CountDocument {
  readonly _id: { readonly tenant: string; readonly type: string };
  readonly live: number;
  /** Those of them whose person was erased. */
  readonly erased: number;
}

export interface TileDocument {
  readonly _id: { readonly tenant: string; readonly level: number; readonly n: number };
  readonly hashes: Binary;
}

export interface EntriesDocument {
  readonly _id: { readonly tenant: string; readonly n: number };
  readonly places: Binary;
  readonly ids: Binary;
  /** The same ids as numbers, by which an event is found. */
  readonly starts: readonly number[];
}

export interface HeadDocument {
  /** Tenant. */
  readonly _id: string;
  readonly revision: number;
  readonly epoch: number;
  readonly note: string | null;
}

/** How far a generation is; whoever writes it moves this first, in the same transaction. */
export interface CheckpointDocument {
  readonly _id: "checkpoint";
  readonly place: number;
  readonly effectiveAt: number;
  /** Of the lease under which it was written: a projector of an older one writes nothing. */
  readonly epoch: number;
  /** The session of whoever writes, absent where they are done: whatever it left open is ended by the next. */
  readonly session?: Binary;
}

/** The collections of one generation. */
export interface Views {
  readonly checkpoint: Collection<CheckpointDocument>;
  readonly resources: Collection<ResourceDocument>;
  readonly versions: Collection<VersionDocument>;
  readonly members: Collection<MemberDocument>;
  readonly holds: Collection<HoldDocument>;
  readonly activity: Collection<ActivityDocument>;
  readonly ticks: Collection<TickDocument>;
  readonly definitions: Collection<DefinitionsDocument>;
  readonly pending: Collection<PendingDocument>;
  readonly counts: Collection<CountDocument>;
  readonly tiles: Collection<TileDocument>;
  readonly entries: Collection<EntriesDocument>;
  readonly heads: Collection<HeadDocument>;
}

type Index = IndexDescription & { readonly name: string };

/** The index of the erased: named where it is wanted, for it is far smaller than those that would also do. */
export const ERASED = "erased";

/** Every collection and what finds its documents, beside `_id`. */
export const INDEXES: Readonly<Record<keyof Views, readonly Index[]>> = {
  checkpoint: [],
  resources: [
    { name: "byId", key: { tenant: 1, id: 1, type: 1 }, unique: true },
    { name: "inOrder", key: { tenant: 1, type: 1, _id: 1, until: 1 } },
    { name: "byKey", key: { tenant: 1, type: 1, keys: 1, _id: 1 } },
    { name: "byUserName", key: { tenant: 1, type: 1, "ix.userName": 1, _id: 1 } },
    { name: ERASED, key: { tenant: 1, type: 1, _id: 1 }, partialFilterExpression: { erased: true } },
  ],
  versions: [
    { name: "ofResource", key: { rid: 1, since: 1 } },
    { name: "inOrder", key: { tenant: 1, type: 1, rid: 1, since: 1 } },
    { name: "byKey", key: { tenant: 1, type: 1, keys: 1, rid: 1 } },
  ],
  members: [
    { name: "now", key: { grp: 1, to: 1, member: 1 } },
    { name: "then", key: { grp: 1, member: 1, since: 1 } },
    { name: "nested", key: { grp: 1, member: 1, since: 1, to: 1 }, partialFilterExpression: { nested: true } },
    { name: "ofMember", key: { member: 1, to: 1, grp: 1 } },
    { name: "inTenant", key: { tenant: 1, grp: 1, member: 1, since: 1 } },
  ],
  holds: [{ name: "ofResource", key: { rid: 1, kind: 1, target: 1, since: 1 } }],
  activity: [
    { name: "ofStream", key: { tenant: 1, type: 1, id: 1, _id: 1 } },
    { name: "byTouch", key: { rid: 1, touch: 1, _id: 1 } },
    { name: "ofActor", key: { tenant: 1, actor: 1, _id: 1 } },
    { name: "inTenant", key: { tenant: 1, _id: 1 } },
    { name: "inTime", key: { effectiveAt: 1, _id: 1 } },
  ],
  ticks: [
    { name: "inTime", key: { effectiveAt: 1, _id: 1 } },
    { name: "records", key: { tenant: 1, kind: 1, _id: 1 }, partialFilterExpression: { kind: { $exists: true } } },
  ],
  definitions: [],
  pending: [{ name: "ofStream", key: { tenant: 1, type: 1, id: 1, _id: 1 } }],
  counts: [],
  tiles: [],
  entries: [
    { name: "byId", key: { "_id.tenant": 1, starts: 1 } },
    { name: "first", key: { "_id.n": 1 }, partialFilterExpression: { "_id.n": 0 } },
  ],
  heads: [],
};

/** The collections of a generation; its name leads theirs. */
export function viewsIn(database: Db, generation: string): Views {
  const named = Object.keys(INDEXES).map((name) => [name, database.collection(`${generation}.${name}`)]);
  return Object.fromEntries(named) as unknown as Views;
}

/** The indexes without which a batch cannot be written; a generation that is being built has these alone. */
const FOR_WRITING: readonly string[] = [
  "resources.byId",
  "versions.ofResource",
  "members.ofMember",
  "holds.ofResource",
  "activity.ofStream",
  "pending.ofStream",
];

/** Makes the collections and indexes of a generation, or those alone that writing needs; a no-op for what exists. */
export async function makeViews(database: Db, generation: string, indexes: "all" | "writing" = "all"): Promise<Views> {
  const views = viewsIn(database, generation);
  for (const [name, declared] of Object.entries(INDEXES)) {
    const collection: Collection<never> = views[name as keyof Views] as never;
    await database.createCollection(collection.collectionName).catch(ignoreExisting);
    const made = declared.filter((index) => indexes === "all" || FOR_WRITING.includes(`${name}.${index.name}`));
    if (made.length > 0) await collection.createIndexes(made.map((index) => ({ ...index })));
  }
  return views;
}

/** Code of an error: the collection exists. */
const NAMESPACE_EXISTS = 48;

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === NAMESPACE_EXISTS)) throw error;
}
