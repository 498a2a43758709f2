// The read side's port on MongoDB: every answer is of one instant, read from the primary, and bounded in time.
import { ordinalOf, type Position, START } from "../../eventlog/event-log.ts";
import type { LedgerStore } from "../ledger-store.ts";
import type { ReadStore } from "../read-store.ts";
import { ListReader } from "./lists/list-reader.ts";
import { WalkReader } from "./lists/walk-reader.ts";
import { ActivityReader } from "./reading/activity-reader.ts";
import { ClockReader } from "./reading/clock-reader.ts";
import { HistoryReader } from "./reading/history-reader.ts";
import { LedgerReader } from "./reading/ledger-reader.ts";
import { MemberReader } from "./reading/member-reader.ts";
import { MembershipReader } from "./reading/membership-reader.ts";
import type { Place } from "./reading/past.ts";
import { Reads, type ReadsParts } from "./reading/reading.ts";
import { StandingReader } from "./reading/standing-reader.ts";
import { StateReader } from "./reading/state-reader.ts";

export interface MongoReadStoreOptions extends ReadsParts {
  /** Before `/Users/…` in `$ref` and `meta.location`. */
  readonly baseUrl?: string;
  /** Milliseconds that a list may take; 400 `tooMany` after that. */
  readonly queryDeadline?: number;
}

export interface MongoReadStore extends ReadStore {
  /** The Merkle trees. */
  readonly ledger: LedgerStore;
}

const QUERY_DEADLINE = 5_000;
/** After every place. */
const LAST = Number.MAX_SAFE_INTEGER;

const placeOf = (position: Position | undefined): Place => (position === undefined ? undefined : ordinalOf(position));

/** Which reader answers what. */
export function mongoReadStore(options: MongoReadStoreOptions): MongoReadStore {
  const { baseUrl = "", queryDeadline: deadline = QUERY_DEADLINE, ...parts } = options;
  const reads = new Reads(parts);
  const clock = new ClockReader(reads);
  const state = new StateReader(reads);
  const lists = new ListReader({ reads, baseUrl, deadline });
  const walks = new WalkReader({ reads, baseUrl, deadline });
  const members = new MemberReader(reads);
  const memberships = new MembershipReader({ reads, deadline });
  const activity = new ActivityReader(reads);
  const history = new HistoryReader(reads);
  const standing = new StandingReader(reads);
  return {
    ledger: new LedgerReader(reads),

    position: () => clock.position(),
    positionAt: (instant) => clock.positionAt(instant),
    effectiveAt: (position) => clock.effectiveAt(position),

    get: (tenant, type, id, asOf) => state.get(tenant, type, id, placeOf(asOf)),
    baseline: (tenant, type, id) => state.baseline(tenant, type, id),
    liveAmong: (tenant, ids) => state.liveAmong(tenant, ids),
    deadMembers: () => state.deadMembers(),
    erasedUsers: (tenant, after, limit) => state.erasedUsers(tenant, after, limit),
    population: (tenant, type) => state.population(tenant, type),
    tenants: () => state.tenants(),

    query: (query) => lists.query(query),
    walk: (walk) => walks.walk(walk),

    membership: (tenant, group, member, asOf) => memberships.get(tenant, { group, member }, placeOf(asOf)),
    memberships: (query) => memberships.list(query),
    walkMemberships: (walk) => memberships.walk(walk),
    members: (tenant, group, after, limit, asOf) => members.members(tenant, group, after, limit, placeOf(asOf)),
    membersAmong: (tenant, group, ids) => members.membersAmong(tenant, group, ids),
    groupsHolding: (tenant, member) => members.groupsHolding(tenant, member),
    nestedGroups: (tenant, group, asOf) => members.nestedGroups(tenant, group, placeOf(asOf)),

    activityOf: (tenant, subject, after, limit, until) =>
      activity.of(tenant, subject, {
        after: ordinalOf(after),
        until: placeOf(until) ?? LAST,
        limit,
        newestFirst: false,
      }),
    activityBefore: (tenant, subject, before, limit, after = START) =>
      activity.of(tenant, subject, { after: ordinalOf(after), until: ordinalOf(before) - 1, limit, newestFirst: true }),
    activityAt: (positions) => activity.at(positions),
    activityIn: (tenant, stretch) => activity.within(tenant, stretch),

    lifetime: (tenant, id) => history.lifetime(tenant, id),
    livesOf: (tenant, type, after, limit) => history.livesOf(tenant, type, after, limit),
    grantsOf: (tenant, subject, from, to) => history.grantsOf(tenant, subject, from, to),
    everMembers: (tenant, group, after, limit, from, to, groupsAlone = false) =>
      history.everMembers(tenant, group, after, { limit, from, to, groupsAlone }),
    recordsOf: (tenant, kind, after, until, limit) => history.recordsOf(tenant, kind, after, until, limit),
    eventsSeen: (after, until) => history.eventsSeen(after, until),
    eventsUpTo: (until) => history.eventsUpTo(until),

    standingMembers: (tenant, group, among, after, limit, asOf) =>
      standing.members({ tenant, group, among, after, limit, place: ordinalOf(asOf) }),
    lastMemberships: (tenant, keys, asOf) => standing.memberships(tenant, keys, ordinalOf(asOf)),
    lastHeld: (tenant, ids, asOf) => standing.held(tenant, ids, ordinalOf(asOf)),
    namedLives: (tenant, ids, asOf) => standing.named(tenant, ids, ordinalOf(asOf)),
    lastChanges: (tenant, asked, after, until) => standing.changes(tenant, asked, ordinalOf(after), ordinalOf(until)),

    /** Whoever opened the client closes it. */
    close: async () => undefined,
  };
}
