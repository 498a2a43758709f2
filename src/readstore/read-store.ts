// The read side's port: what SCIM reads, commands, processes and audit questions ask. Every answer is of one instant.
// Embedded adapters answer synchronously; callers `await` all the same, so that a remote adapter fits.
import type { Position, Revision } from "../eventlog/event-log.ts";
import type { AttributePath } from "../scim/attribute-path.ts";
import type { Filter } from "../scim/filter/filter.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";
import type { Population } from "../scim/schema/evolution.ts";
import type { Activity, Awaitable, Lifetime } from "./happenings.ts";
import type {
  Member,
  MembershipAnswer,
  MembershipNow,
  MembershipPage,
  MembershipQuery,
  MembershipWalk,
} from "./memberships.ts";
import type { WalkPlace } from "./walk-place.ts";
import type { HistoryWalks } from "./walks.ts";

export type { Activity, Awaitable, Lifetime } from "./happenings.ts";
export type { Member } from "./memberships.ts";
export type { WalkPlace } from "./walk-place.ts";

/** A resource as the projection left it. Times are integer microseconds since 1970 UTC. */
export interface StoredResource {
  readonly tenant: string;
  /** The resource type's name: `User`. */
  readonly type: string;
  readonly id: string;
  /** The last event of the stream that the projection has seen; while a large change is open, the last one before it. */
  readonly revision: Revision;
  /** The last event that changed the resource's own attributes or members: the ETag. */
  readonly version: Revision;
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** JSON text `{"schemas":[…],"id":"…",…` ready to send, without `groups`, `members`, `meta` and the closing brace. */
  readonly body: string;
  /** JSON text: what the aggregate knows beside its attributes (element ids, claims, key …). */
  readonly side: string;
}

/** A stored resource with what is computed when read. */
export interface ReadResource extends StoredResource {
  /** Direct memberships of a user, ordered by group id. */
  readonly groups: readonly { readonly value: string; readonly display: string | null }[];
  /** The display name of the manager named in the body, where there is one and they have one. */
  readonly managerDisplayName: string | null;
}

/** What is asked of the resources of one type. */
export interface TypeQuery {
  readonly type: ResourceType;
  /** Absent: all of them. */
  readonly filter?: Filter;
  /** What they are sorted by. Absent in a sorted list: the type has no such attribute, and none of them a value. */
  readonly sortBy?: AttributePath;
}

/** Filtered resources of some types, as one list (RFC 7644 §3.4.2). */
export interface Listed {
  readonly tenant: string;
  /** Each type once. */
  readonly of: readonly TypeQuery[];
  /**
   * Numbers and instants by size, before texts in code point order; those without a value last, or first when descending;
   * equals, and everything where this is absent, in the order of creation.
   */
  readonly sort?: "ascending" | "descending";
  /** Answers as of this position; absent: now. */
  readonly asOf?: Position;
}

/** A window on a list. */
export interface Query extends Listed {
  /** 1-based. */
  readonly startIndex: number;
  readonly count: number;
}

/** UTF-16 units of the bodies in one answer: a window of larger resources ends early, but never before its first. */
export const PAGE_LENGTH = 4 * 1_048_576;

/** UTF-16 units of the names in a page of members. */
const namesIn = (members: readonly Member[]): number =>
  members.reduce((length, { display }) => length + (display?.length ?? 0), 0);

/** Whether others may follow a page of `members`: it is full, or it ended early for the length of its names. */
export const mayGoOn = (page: readonly Member[], limit: number): boolean =>
  page.length === limit || namesIn(page) > PAGE_LENGTH;

export interface QueryAnswer {
  /** All matches, not only the window's. */
  readonly total: number;
  /** Those of the window, or the first of them (`PAGE_LENGTH`). */
  readonly resources: readonly ReadResource[];
  /** Erased subjects that existed at the instant and that the filter could not test; absent where it asks for no erased value. */
  readonly untested?: number;
}

/**
 * One page of a walk over a list, which answers as of one position whatever is written meanwhile: no resource twice, none
 * left out but those erased since the walk began. A page costs the same wherever it is. With `after`, `asOf` is the position
 * of the page before.
 */
export interface Walk extends Listed {
  readonly count: number;
  /** What the page before named as `next`; absent: the first page. */
  readonly after?: WalkPlace;
}

export interface WalkPage {
  /** What the page, and every page after it, answers as of. */
  readonly position: Position;
  /** At most `count`; fewer, or none, where they are large or few of many match. */
  readonly resources: readonly ReadResource[];
  /** Absent: this is the last page. */
  readonly next?: WalkPlace;
  /** All matches of the walk: on its first page alone, where they could be counted in time. */
  readonly total?: number;
  readonly untested?: number;
}

export type EndCause = "removed" | "userDeactivated" | "userDeleted" | "groupDeleted" | "revoked";

/** One access interval, half-open [from, to): an account that is active, or a group, role or entitlement that is held. */
export interface Grant {
  readonly kind: "account" | "group" | "role" | "entitlement";
  /** Id of the user or (for nested groups) group that holds it. */
  readonly subject: string;
  /** Id of the group, value of the role or entitlement, the subject's own id for an account. */
  readonly target: string;
  readonly from: Position;
  readonly to: Position | null;
  readonly cause: EndCause | null;
}

export interface ReadStore extends HistoryWalks {
  /** How far the read models are; nothing after it is visible. */
  position(): Awaitable<Position>;
  /** The last position whose effective time is at or before this instant (microseconds). */
  positionAt(instant: number): Awaitable<Position>;

  get(tenant: string, type: string, id: string, asOf?: Position): Awaitable<ReadResource | undefined>;
  /** Throws ScimError: tooMany where it takes too long. */
  query(query: Query): Awaitable<QueryAnswer>;
  /** Throws ScimError: tooMany; expiredCursor where what the walk rests on was erased. */
  walk(walk: Walk): Awaitable<WalkPage>;
  /**
   * Live members of a group in the order of their creation, after a member's id, at most `limit`; fewer where their names
   * come to more than `PAGE_LENGTH`: see `mayGoOn`.
   */
  members(
    tenant: string,
    group: string,
    after: string | null,
    limit: number,
    asOf?: Position,
  ): Awaitable<readonly Member[]>;
  /** One membership; undefined where it does not stand, or group or member is dead. */
  membership(tenant: string, group: string, member: string, asOf?: Position): Awaitable<MembershipNow | undefined>;
  /** Throws ScimError tooMany where counting them takes too long. */
  memberships(query: MembershipQuery): Awaitable<MembershipAnswer>;
  /** Throws ScimError tooMany where none is found in time. */
  walkMemberships(walk: MembershipWalk): Awaitable<MembershipPage>;

  /** The state a command starts from; also for a deleted resource, whose `deletedAt` revision is set. */
  baseline(
    tenant: string,
    type: string,
    id: string,
  ): Awaitable<(StoredResource & { readonly deleted: boolean }) | undefined>;
  /** Which of these ids are members of the group now. */
  membersAmong(tenant: string, group: string, ids: readonly string[]): Awaitable<ReadonlySet<string>>;
  /** Which of these ids are live users or groups of the tenant now. */
  liveAmong(tenant: string, ids: readonly string[]): Awaitable<ReadonlySet<string>>;
  /** Groups that hold this id as a member now, whether the id is alive or not. */
  groupsHolding(tenant: string, member: string): Awaitable<readonly string[]>;

  /** Members of groups that are dead: their memberships were not ended yet. Looked for at the start alone. */
  deadMembers(): Awaitable<readonly { tenant: string; id: string; cause: "userDeleted" | "groupDeleted" }[]>;
  /** Users whose values are erased, in the order of their creation, after a user's id, at most `limit`. Looked for at the start alone. */
  erasedUsers(
    tenant: string,
    after: string | null,
    limit: number,
  ): Awaitable<readonly { readonly id: string; readonly revision: Revision }[]>;
  /** Whether there are or were resources of a type. */
  population(tenant: string, type: string): Awaitable<Population>;
  /** Every tenant that has events. */
  tenants(): Awaitable<readonly string[]>;

  lifetime(tenant: string, id: string): Awaitable<Lifetime | undefined>;
  /** Events that touched a subject (its own stream, and memberships in which it is the member), oldest first, after a position. */
  activityOf(
    tenant: string,
    subject: string,
    after: Position,
    limit: number,
    until?: Position,
  ): Awaitable<readonly Activity[]>;
  activityAt(positions: readonly Position[]): Awaitable<readonly Activity[]>;
  /** Grants of a subject that overlap [from, to), each ended by whatever came first: its own end, or that of the subject's or the group's life. */
  grantsOf(tenant: string, subject: string, from: Position, to: Position): Awaitable<readonly Grant[]>;
  close(): Promise<void>;

  /** Like `activityOf`, newest first: before a position, and after `after` where it is given. */
  activityBefore(
    tenant: string,
    subject: string,
    before: Position,
    limit: number,
    after?: Position,
  ): Awaitable<readonly Activity[]>;
  /** Ids of the live groups among a group's members, in order: what `members` shows of them, without passing over the users. */
  nestedGroups(tenant: string, group: string, asOf?: Position): Awaitable<readonly string[]>;
  /** Effective time of the last event at or before a position, of whatever stream (microseconds); 0 before the first. */
  effectiveAt(position: Position): Awaitable<number>;
}
