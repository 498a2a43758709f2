// Memberships one by one, as resources of their own. Their order is that of the groups, then of the members, each in the
// order of creation: the same for every filter, so that a walk can go on after any of them.
import type { Position, Revision } from "../eventlog/event-log.ts";

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

export interface MembershipQuery {
  readonly tenant: string;
  /** Those of one group, of one member, of both; absent: of any. */
  readonly group?: string;
  readonly member?: string;
  /** A 1-based index, whose answer has the total; or after a membership, at the same cost wherever that is. */
  readonly from: number | MembershipKey;
  readonly count: number;
  /** Answers as of this position; absent: now. */
  readonly asOf?: Position;
}

export interface MembershipAnswer {
  /** All that match; absent where the page begins after a membership. */
  readonly total?: number;
  /** Whether others follow: a page of long names ends early (`PAGE_LENGTH`), but never before its first. */
  readonly more: boolean;
  readonly memberships: readonly Membership[];
}
