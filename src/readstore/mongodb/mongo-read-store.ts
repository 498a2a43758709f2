// The read side's port on MongoDB: every answer is of one instant, read from the primary, and bounded in time.
import { ordinalOf, type Position, START } from "../../eventlog/event-log.ts";
import type { Population } from "../../scim/schema/evolution.ts";
import type { LedgerStore } from "../ledger-store.ts";
import type {
  MembershipAnswer,
  MembershipKey,
  MembershipNow,
  MembershipPage,
  MembershipQuery,
  MembershipWalk,
} from "../memberships.ts";
import type {
  Activity,
  Grant,
  Lifetime,
  Member,
  Query,
  QueryAnswer,
  ReadResource,
  ReadStore,
  Walk,
  WalkPage,
} from "../read-store.ts";
import type { NamedLife, PathsOf, RecordKind, StandingHeld, StandingMember, TenantStretch } from "../walks.ts";
import { ActivityReader } from "./activity-reader.ts";
import { ClockReader } from "./clock-reader.ts";
import { HistoryReader } from "./history-reader.ts";
import { LedgerReader } from "./ledger-reader.ts";
import { ListReader } from "./list-reader.ts";
import { MemberReader } from "./member-reader.ts";
import { MembershipReader } from "./membership-reader.ts";
import type { Place } from "./past.ts";
import { Reads, type ReadsParts } from "./reading.ts";
import { StandingReader } from "./standing-reader.ts";
import { StateReader } from "./state-reader.ts";
import { WalkReader } from "./walk-reader.ts";

export interface MongoReadStoreOptions extends ReadsParts {
  /** Before `/Users/…` in `$ref` and `meta.location`. */
  readonly baseUrl?: string;
  /** Milliseconds that a list may take; 400 `tooMany` after that. */
  readonly queryDeadline?: number;
}

const QUERY_DEADLINE = 5_000;

export class MongoReadStore implements ReadStore {
  readonly #clock: ClockReader;
  readonly #state: StateReader;
  readonly #lists: ListReader;
  readonly #walks: WalkReader;
  readonly #members: MemberReader;
  readonly #memberships: MembershipReader;
  readonly #activity: ActivityReader;
  readonly #history: HistoryReader;
  readonly #standing: StandingReader;
  /** The Merkle trees. */
  readonly ledger: LedgerStore;

  constructor({ baseUrl = "", queryDeadline = QUERY_DEADLINE, ...parts }: MongoReadStoreOptions) {
    const reads = new Reads(parts);
    this.#clock = new ClockReader(reads);
    this.#state = new StateReader(reads);
    this.#lists = new ListReader({ reads, baseUrl, deadline: queryDeadline });
    this.#walks = new WalkReader({ reads, baseUrl, deadline: queryDeadline });
    this.#members = new MemberReader(reads);
    this.#memberships = new MembershipReader({ reads, deadline: queryDeadline });
    this.#activity = new ActivityReader(reads);
    this.#history = new HistoryReader(reads);
    this.#standing = new StandingReader(reads);
    this.ledger = new LedgerReader(reads);
  }

  position(): Promise<Position> {
    return this.#clock.position();
  }

  positionAt(instant: number): Promise<Position> {
    return this.#clock.positionAt(instant);
  }

  effectiveAt(position: Position): Promise<number> {
    return this.#clock.effectiveAt(position);
  }

  get(tenant: string, type: string, id: string, asOf?: Position): Promise<ReadResource | undefined> {
    return this.#state.get(tenant, type, id, placeOf(asOf));
  }

  query(query: Query): Promise<QueryAnswer> {
    return this.#lists.query(query);
  }

  walk(walk: Walk): Promise<WalkPage> {
    return this.#walks.walk(walk);
  }

  baseline(tenant: string, type: string, id: string): ReturnType<StateReader["baseline"]> {
    return this.#state.baseline(tenant, type, id);
  }

  liveAmong(tenant: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#state.liveAmong(tenant, ids);
  }

  deadMembers(): ReturnType<StateReader["deadMembers"]> {
    return this.#state.deadMembers();
  }

  erasedUsers(tenant: string, after: string | null, limit: number): ReturnType<StateReader["erasedUsers"]> {
    return this.#state.erasedUsers(tenant, after, limit);
  }

  population(tenant: string, type: string): Promise<Population> {
    return this.#state.population(tenant, type);
  }

  tenants(): Promise<readonly string[]> {
    return this.#state.tenants();
  }

  membership(tenant: string, group: string, member: string, asOf?: Position): Promise<MembershipNow | undefined> {
    return this.#memberships.get(tenant, { group, member }, placeOf(asOf));
  }

  memberships(query: MembershipQuery): Promise<MembershipAnswer> {
    return this.#memberships.list(query);
  }

  walkMemberships(walk: MembershipWalk): Promise<MembershipPage> {
    return this.#memberships.walk(walk);
  }

  members(
    tenant: string,
    group: string,
    after: string | null,
    limit: number,
    asOf?: Position,
  ): Promise<readonly Member[]> {
    return this.#members.members(tenant, group, after, limit, placeOf(asOf));
  }

  membersAmong(tenant: string, group: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#members.membersAmong(tenant, group, ids);
  }

  groupsHolding(tenant: string, member: string): Promise<readonly string[]> {
    return this.#members.groupsHolding(tenant, member);
  }

  nestedGroups(tenant: string, group: string, asOf?: Position): Promise<readonly string[]> {
    return this.#members.nestedGroups(tenant, group, placeOf(asOf));
  }

  lifetime(tenant: string, id: string): Promise<Lifetime | undefined> {
    return this.#history.lifetime(tenant, id);
  }

  grantsOf(tenant: string, subject: string, from: Position, to: Position): Promise<readonly Grant[]> {
    return this.#history.grantsOf(tenant, subject, from, to);
  }

  activityOf(
    tenant: string,
    subject: string,
    after: Position,
    limit: number,
    until?: Position,
  ): Promise<readonly Activity[]> {
    const last = placeOf(until) ?? LAST;
    return this.#activity.of(tenant, subject, { after: ordinalOf(after), until: last, limit, newestFirst: false });
  }

  activityBefore(
    tenant: string,
    subject: string,
    before: Position,
    limit: number,
    after: Position = START,
  ): Promise<readonly Activity[]> {
    const until = ordinalOf(before) - 1;
    return this.#activity.of(tenant, subject, { after: ordinalOf(after), until, limit, newestFirst: true });
  }

  activityAt(positions: readonly Position[]): Promise<readonly Activity[]> {
    return this.#activity.at(positions);
  }

  activityIn(tenant: string, stretch: TenantStretch): Promise<readonly Activity[]> {
    return this.#activity.within(tenant, stretch);
  }

  livesOf(tenant: string, type: string, after: string | null, limit: number): Promise<readonly Lifetime[]> {
    return this.#history.livesOf(tenant, type, after, limit);
  }

  everMembers(
    tenant: string,
    group: string,
    after: string | null,
    limit: number,
    from: Position,
    to: Position,
    groupsAlone = false,
  ): Promise<readonly Pick<Member, "value" | "type">[]> {
    return this.#history.everMembers(tenant, group, after, { limit, from, to, groupsAlone });
  }

  recordsOf(
    tenant: string,
    kind: RecordKind,
    after: Position,
    until: Position,
    limit: number,
  ): Promise<readonly Position[]> {
    return this.#history.recordsOf(tenant, kind, after, until, limit);
  }

  standingMembers(
    tenant: string,
    group: string,
    among: readonly string[],
    after: string | null,
    limit: number,
    asOf: Position,
  ): Promise<readonly StandingMember[]> {
    return this.#standing.members({ tenant, group, among, after, limit, place: ordinalOf(asOf) });
  }

  standingSince(tenant: string, keys: readonly MembershipKey[], asOf: Position): Promise<readonly (Position | null)[]> {
    return this.#standing.since(tenant, keys, ordinalOf(asOf));
  }

  standingHeld(
    tenant: string,
    ids: readonly string[],
    asOf: Position,
  ): Promise<ReadonlyMap<string, readonly StandingHeld[]>> {
    return this.#standing.held(tenant, ids, ordinalOf(asOf));
  }

  namedLives(tenant: string, ids: readonly string[], asOf: Position): Promise<ReadonlyMap<string, NamedLife>> {
    return this.#standing.named(tenant, ids, ordinalOf(asOf));
  }

  lastChanges(
    tenant: string,
    asked: readonly PathsOf[],
    after: Position,
    until: Position,
  ): Promise<readonly (Position | null)[]> {
    return this.#standing.changes(tenant, asked, ordinalOf(after), ordinalOf(until));
  }

  eventsSeen(after: Position, until: Position): Promise<number> {
    return this.#history.eventsSeen(after, until);
  }

  /** Whoever opened the client closes it. */
  async close(): Promise<void> {}
}

/** After every place. */
const LAST = Number.MAX_SAFE_INTEGER;

const placeOf = (position: Position | undefined): Place => (position === undefined ? undefined : ordinalOf(position));
