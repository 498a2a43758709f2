// What audit questions walk through beside single resources: a tenant's events, its resources dead or alive, everyone who was
// ever in a group, and the records of attempts, inspections and assertions. Each walk goes on after a place, at the same cost.
import type { Position } from "../eventlog/event-log.ts";
import type { Activity, Awaitable, Lifetime } from "./happenings.ts";
import type { Member, MembershipKey } from "./memberships.ts";

/** Which of a tenant's events: those in (after, until], oldest first. */
export interface TenantStretch {
  readonly after: Position;
  readonly until: Position;
  readonly limit: number;
  /** Those of one credential alone. */
  readonly actor?: string | undefined;
  /** Those of one request alone. */
  readonly request?: string | undefined;
  /** Those of resources of one type alone; `Tenant`: the tenant's own. */
  readonly resourceType?: string | undefined;
}

/** Streams whose events are found by their place alone; what they say is read from the log. */
export type RecordKind = "attempt" | "inspection" | "assertion";

/** A member of a group at a position, with what an audit answer needs beside it. */
export interface StandingMember extends Member {
  /** A user's account is enabled; true of every group. */
  readonly isEnabled: boolean;
  /** Which of the groups asked about it is in, and since when; in no order. */
  readonly within: readonly { readonly group: string; readonly since: Position }[];
}

/** When a membership, a role or an entitlement last began by a position, and whether it stands there. */
export interface LastBegun {
  readonly since: Position;
  readonly stands: boolean;
}

/** A role or entitlement that is held, one for each element that bears its value; or else the last one that was. */
export interface LastHeld extends LastBegun {
  readonly kind: "role" | "entitlement";
  readonly target: string;
}

/** A life, and what the resource is called: `displayName`, else `userName`, else `display`. */
export interface NamedLife extends Lifetime {
  readonly display: string | null;
}

/** Attributes of one resource. */
export interface PathsOf {
  readonly id: string;
  readonly paths: readonly string[];
}

export interface HistoryWalks {
  activityIn(tenant: string, stretch: TenantStretch): Awaitable<readonly Activity[]>;
  /** Lives of one type in order of creation, also those that are over, after an id. */
  livesOf(tenant: string, type: string, after: string | null, limit: number): Awaitable<readonly Lifetime[]>;
  /**
   * Everyone, or every group, whose membership row in a group overlaps [from, to), once, in order of creation, after an id.
   * Rows do not know of the deaths that end them.
   */
  everMembers(
    tenant: string,
    group: string,
    after: string | null,
    limit: number,
    from: Position,
    to: Position,
    groupsAlone?: boolean,
  ): Awaitable<readonly Pick<Member, "value" | "type">[]>;
  /** Places of a tenant's records in (after, until], oldest first. */
  recordsOf(
    tenant: string,
    kind: RecordKind,
    after: Position,
    until: Position,
    limit: number,
  ): Awaitable<readonly Position[]>;
  /** `members` of a position. `among`: groups that exist there, the group itself for one. */
  standingMembers(
    tenant: string,
    group: string,
    among: readonly string[],
    after: string | null,
    limit: number,
    asOf: Position,
  ): Awaitable<readonly StandingMember[]>;
  /** When each of these memberships last began by a position, null where it never did. Of the dead the rows may not know. */
  lastMemberships(
    tenant: string,
    keys: readonly MembershipKey[],
    asOf: Position,
  ): Awaitable<readonly (LastBegun | null)[]>;
  /** By id, those that ever were. Named as of a position; what was dead by then, as it last was; what was not yet, by null. */
  namedLives(tenant: string, ids: readonly string[], asOf: Position): Awaitable<ReadonlyMap<string, NamedLife>>;
  /** By id, of those that live at a position: roles and entitlements that stand there, and each other one that ever did. */
  lastHeld(tenant: string, ids: readonly string[], asOf: Position): Awaitable<ReadonlyMap<string, readonly LastHeld[]>>;
  /** For each: the last event of the resource in (after, until] that changed any of these paths, none of which is `members`. */
  lastChanges(
    tenant: string,
    asked: readonly PathsOf[],
    after: Position,
    until: Position,
  ): Awaitable<readonly (Position | null)[]>;
  /** How many events, of whatever tenant, the read models have in (after, until]: each is counted, so it takes as long as they are many. */
  eventsSeen(after: Position, until: Position): Awaitable<number>;
  /** How many events, of whatever tenant, they took in up to a position. */
  eventsUpTo(until: Position): Awaitable<number>;
}
