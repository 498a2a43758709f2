// Memberships one by one, as resources of their own. Their order is that of the groups, then of the members, each in the
// order of creation: the same for every filter, so that a walk can go on after any of them.
import type { Position, Revision } from "../eventlog/event-log.ts";
import type { WalkPlace } from "./walk-place.ts";

export interface Member {
  readonly value: string;
  readonly type: "User" | "Group";
  readonly display: string | null;
}

/** The two ids that name a membership. */
export interface MembershipKey {
  readonly group: string;
  readonly member: string;
}

/** A membership that stands: group and member are alive. */
export interface Membership {
  readonly group: { readonly value: string; readonly display: string | null };
  readonly member: Member;
  /** When it began, integer microseconds since 1970 UTC. */
  readonly since: number;
  /** Of the event in the group's stream with which it began. */
  readonly revision: Revision;
}

/** A membership and the version of its group at the same instant. */
export interface MembershipNow extends Membership {
  readonly groupVersion: Revision;
}

/** Which memberships are asked for. */
export interface MembershipsAsked {
  readonly tenant: string;
  /** Those of one group, of one member, of both; absent: of any. */
  readonly group?: string;
  readonly member?: string;
  readonly count: number;
  /** Answers as of this position; absent: now. */
  readonly asOf?: Position;
}

/** A window on them. */
export interface MembershipQuery extends MembershipsAsked {
  /** 1-based. */
  readonly startIndex: number;
}

export interface MembershipAnswer {
  /** All that match, not only the window's. */
  readonly total: number;
  /** Those of the window; of long names fewer (`PAGE_LENGTH`), but never less than its first. */
  readonly memberships: readonly Membership[];
}

/**
 * One page of a walk over them, which answers as of one position whatever is written meanwhile: no membership twice, none left
 * out but those whose member was erased since the walk began. A page costs the same wherever it is. With `after`, `asOf` is the
 * position of the page before.
 */
export interface MembershipWalk extends MembershipsAsked {
  /** What the page before named as `next`; absent: the first page. */
  readonly after?: WalkPlace;
}

export interface MembershipPage {
  /** What the page, and every page after it, answers as of. */
  readonly position: Position;
  /** At most `count`; fewer where names are long. */
  readonly memberships: readonly Membership[];
  /** Absent: this is the last page. */
  readonly next?: WalkPlace;
  /** All of the walk: on its first page alone, where they could be counted in time. */
  readonly total?: number;
}
