// What the documents of the read models are in MongoDB. All of it follows from the log.
//
// A resource is known by the ordinal of its creating event (`rid`), so order of `_id` is order of creation. Intervals are
// half-open [since, to) in ordinals of positions; one that holds now has `to: OPEN`, so that one comparison serves now and
// then. They are ended, never deleted: nothing that was over comes back.
import type { Binary } from "mongodb";
import type { CredentialTold, Told } from "../happenings.ts";
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
  /** How many parts the whole has; absent where it is held: see `unheld.ts`. */
  readonly parts?: number;
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
  /** Open rows of `members` in which it is the member. */
  readonly groups: number;
  /** Ids of the groups of these rows, rising, dead ones too; null once there were more than `MOST_HELD`: then the rows say it. */
  readonly held: readonly string[] | null;
}

/** So many groups are named on a document: a reader joins them by it. */
export const MOST_HELD = 50;

/** In which groups a resource is. */
export type Holding = Pick<ResourceDocument, "groups" | "held">;

/** A part of a document of `resources` or `versions` that is not held, for the projector alone. */
export interface PartDocument {
  /** `of`: the `_id` of the document. No event creates a resource and ends a reading. */
  readonly _id: { readonly of: number; readonly n: number };
  readonly bytes: Binary;
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
  readonly told?: Told;
}

/**
 * One an event that none shows, for its effective time; a record is found again by its place. It shares no other field with
 * activity, which is thereby told from it.
 */
export interface TickDocument {
  readonly _id: number;
  readonly effectiveAt: number;
  /** Tenant of a record. */
  readonly recordOf?: string;
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
  readonly _id: string;
  readonly tenant: string;
  readonly type: string;
  readonly live: number;
  /** Those of them whose person was erased. */
  readonly erased: number;
}

/** The stretch of a tenant's Merkle tree that its next leaf goes into: of level 0, never full. */
export interface TailDocument {
  readonly _id: string;
  readonly tenant: string;
  readonly n: number;
  readonly hashes: Binary;
  readonly places: Binary;
  readonly ids: Binary;
}

/** Another stretch of it: full where its level is 0. */
export interface TileDocument {
  readonly _id: { readonly tenant: string; readonly level: number; readonly n: number };
  readonly hashes: Binary;
}

/** What stands at the leaves of a full tile. */
export interface EntriesDocument {
  readonly _id: { readonly tenant: string; readonly n: number };
  readonly places: Binary;
  readonly ids: Binary;
  /** The same ids as numbers, by which an event is found. */
  readonly starts: readonly number[];
}

export interface HeadDocument {
  readonly _id: string;
  readonly revision: number;
  readonly epoch: number;
  readonly note: string | null;
}

/** How many events there are up to a place, which is its `_id`. */
export interface TallyDocument {
  readonly _id: number;
  readonly events: number;
}

/** How far a generation is; whoever writes it moves this first, in the same transaction. */
export interface CheckpointDocument {
  readonly _id: "checkpoint";
  readonly place: number;
  readonly effectiveAt: number;
  /** How many there are up to there. */
  readonly events: number;
  /** Of the lease under which it was written: a projector of an older one writes nothing. */
  readonly epoch: number;
  /** The session of whoever writes, absent where they are done: whatever it left open is ended by the next. */
  readonly session?: Binary;
}
