// The read side's port on SQLite, for the thread that serves requests: a reading connection of its own, synchronous but for
// queries that no index serves.
import { ordinalOf, type Position, positionOf, START } from "../../eventlog/event-log.ts";
import type { Population } from "../../scim/schema/evolution.ts";
import { fewAtATime } from "../../sqlite/few-at-a-time.ts";
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
  Awaitable,
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
import type { LastBegun, LastHeld, NamedLife, PathsOf, RecordKind, StandingMember, TenantStretch } from "../walks.ts";
import { HEAVY } from "./lists/question.ts";
import type { Names } from "./names.ts";
import type { Stretch } from "./reading/activity-reader.ts";
import type { Life } from "./reading/grant-reader.ts";
import type { StateReader } from "./reading/state-reader.ts";
import { type ReadingOptions, ViewsReader } from "./reading/views-reader.ts";
import { QueryThread } from "./threads/query-thread.ts";
import { RowsThread } from "./threads/rows-thread.ts";

export interface SqliteReadStoreOptions extends ReadingOptions {
  /** Milliseconds that a query may take which no index serves; 400 `tooMany` after that. */
  readonly queryDeadline?: number;
  /** From how many resources on a lookup for an audit question is made on another thread. */
  readonly handedOver?: number;
}

const QUERY_DEADLINE = 5_000;
/** Fewer are found sooner than they are sent. */
const HANDED_OVER = 32;
/** Type of a tenant's own events, which an index of streams that are no resource finds. */
const TENANT_EVENTS = "Tenant";

export class SqliteReadStore implements ReadStore {
  readonly #reader: ViewsReader;
  readonly #thread: QueryThread;
  readonly #rows: RowsThread;

  /** Opens the read models that a `SqliteViewWriter` keeps in this folder. */
  constructor(folder: string, options: SqliteReadStoreOptions = {}) {
    const { queryDeadline = QUERY_DEADLINE, handedOver = HANDED_OVER, ...reading } = options;
    this.#rows = new RowsThread(folder);
    this.#reader = new ViewsReader(folder, reading, { handingOver: { thread: this.#rows, from: handedOver } });
    this.#thread = new QueryThread({ folder, options: reading, deadline: queryDeadline });
  }

  /** The Merkle trees, read over the same connection. */
  get ledger(): LedgerStore {
    return this.#reader.ledger;
  }

  position(): Position {
    const [place] = this.#reader.statements.get("SELECT place FROM checkpoint").get() as unknown as [number];
    return positionOf(place);
  }

  positionAt(instant: number): Position {
    return positionOf(this.#reader.activity.placeAt(instant));
  }

  get(tenant: string, type: string, id: string, asOf?: Position): ReadResource | undefined {
    const { resources } = this.#reader;
    return asOf === undefined ? resources.get(tenant, type, id) : resources.getAsOf(tenant, type, id, ordinalOf(asOf));
  }

  query(query: Query): Awaitable<QueryAnswer> {
    const answer = this.#reader.queries.query(query);
    return answer === HEAVY ? this.#thread.ask("resources", query) : answer;
  }

  walk(walk: Walk): Awaitable<WalkPage> {
    const page = this.#reader.queries.walk(walk);
    return page === HEAVY ? this.#thread.ask("walk", walk) : page;
  }

  membership(tenant: string, group: string, member: string, asOf?: Position): MembershipNow | undefined {
    return this.#reader.memberships.get(tenant, { group, member }, placeOf(asOf));
  }

  memberships(query: MembershipQuery): Awaitable<MembershipAnswer> {
    const answer = this.#reader.memberships.list(query);
    return answer === HEAVY ? this.#thread.ask("memberships", query) : answer;
  }

  walkMemberships(walk: MembershipWalk): Awaitable<MembershipPage> {
    const page = this.#reader.memberships.walk(walk);
    return page === HEAVY ? this.#thread.ask("membershipWalk", walk) : page;
  }

  members(tenant: string, group: string, after: string | null, limit: number, asOf?: Position): readonly Member[] {
    const place = placeOf(asOf);
    const number = this.#group(tenant, group, place);
    if (number === undefined) return [];
    const last = this.#reader.state.numberAfter(tenant, after);
    return this.#reader.grants.members(number, last, limit, place);
  }

  baseline(tenant: string, type: string, id: string): ReturnType<StateReader["baseline"]> {
    return this.#reader.state.baseline(tenant, type, id);
  }

  membersAmong(tenant: string, group: string, ids: readonly string[]): ReadonlySet<string> {
    return this.#reader.state.membersAmong(tenant, group, ids);
  }

  liveAmong(tenant: string, ids: readonly string[]): ReadonlySet<string> {
    return this.#reader.state.liveAmong(tenant, ids);
  }

  groupsHolding(tenant: string, member: string): readonly string[] {
    return this.#reader.state.groupsHolding(tenant, member);
  }

  lifetime(tenant: string, id: string): Lifetime | undefined {
    const life = this.#reader.state.life(tenant, id);
    if (life === undefined) return undefined;
    return { type: life.type, id, from: positionOf(life.rid), to: life.until === null ? null : positionOf(life.until) };
  }

  activityOf(tenant: string, subject: string, after: Position, limit: number, until?: Position): readonly Activity[] {
    return this.#activity(tenant, subject, { after, until, limit, newestFirst: false });
  }

  activityBefore(
    tenant: string,
    subject: string,
    before: Position,
    limit: number,
    after?: Position,
  ): readonly Activity[] {
    const until = positionOf(Math.max(ordinalOf(before) - 1, 0));
    return this.#activity(tenant, subject, { after: after ?? START, until, limit, newestFirst: true });
  }

  activityAt(positions: readonly Position[]): Promise<readonly Activity[]> {
    return fewAtATime(positions, (some) => this.#reader.activity.at(some));
  }

  grantsOf(tenant: string, subject: string, from: Position, to: Position): readonly Grant[] {
    const life = this.#reader.state.life(tenant, subject);
    return life === undefined ? [] : this.#reader.grants.of(subject, life, from, to);
  }

  nestedGroups(tenant: string, group: string, asOf?: Position): readonly string[] {
    const place = placeOf(asOf);
    const number = this.#group(tenant, group, place);
    if (number === undefined) return [];
    return this.#reader.grants.nestedGroups(number, place);
  }

  deadMembers(): ReturnType<StateReader["deadMembers"]> {
    return this.#reader.state.deadMembers();
  }

  erasedUsers(tenant: string, after: string | null, limit: number): ReturnType<StateReader["erasedUsers"]> {
    return this.#reader.state.erasedUsers(tenant, after, limit);
  }

  population(tenant: string, type: string): Population {
    return this.#reader.state.population(tenant, type);
  }

  tenants(): readonly string[] {
    return this.#reader.state.tenants();
  }

  effectiveAt(position: Position): number {
    return this.#reader.activity.effectiveAt(ordinalOf(position));
  }

  activityIn(tenant: string, { actor, request, resourceType, ...stretch }: TenantStretch): readonly Activity[] {
    const { activity, names } = this.#reader;
    const number = names.find(tenant);
    const [by, of] = [numberOf(names, actor), numberOf(names, resourceType)];
    if (number === undefined || by === null || of === null) return [];
    return resourceType === TENANT_EVENTS && of !== undefined && by === undefined && request === undefined
      ? activity.ofStream(number, of, tenant, { ...stretch, newestFirst: false })
      : activity.within(number, { ...stretch, actor: by, request, type: of });
  }

  livesOf(tenant: string, type: string, after: string | null, limit: number): readonly Lifetime[] {
    const { history, names } = this.#reader;
    const [tenantNumber, typeNumber] = [names.find(tenant), names.find(type)];
    if (tenantNumber === undefined || typeNumber === undefined) return [];
    return history.lives(tenantNumber, typeNumber, this.#reader.state.numberAfter(tenant, after), limit);
  }

  everMembers(
    tenant: string,
    group: string,
    after: string | null,
    limit: number,
    from: Position,
    to: Position,
    groupsAlone = false,
  ) {
    const life = this.#reader.state.life(tenant, group);
    if (life === undefined || life.type !== "Group") return [];
    return this.#reader.history.everMembers(life.rid, this.#reader.state.numberAfter(tenant, after), limit, {
      from,
      to,
      groupsAlone,
    });
  }

  recordsOf(tenant: string, kind: RecordKind, after: Position, until: Position, limit: number): readonly Position[] {
    const number = this.#reader.names.find(tenant);
    return number === undefined ? [] : this.#reader.history.records(number, kind, after, until, limit);
  }

  async standingMembers(
    tenant: string,
    group: string,
    among: readonly string[],
    after: string | null,
    limit: number,
    asOf: Position,
  ): Promise<readonly StandingMember[]> {
    const number = this.#reader.names.find(tenant);
    const place = ordinalOf(asOf);
    const groupNumber = this.#group(tenant, group, place);
    if (number === undefined || groupNumber === undefined) return [];
    const from = this.#reader.state.numberAfter(tenant, after);
    return this.#reader.standing.members({ tenant: number, group: groupNumber, after: from, limit, among, place });
  }

  async lastMemberships(
    tenant: string,
    keys: readonly MembershipKey[],
    asOf: Position,
  ): Promise<readonly (LastBegun | null)[]> {
    const number = this.#reader.names.find(tenant);
    return number === undefined
      ? keys.map(() => null)
      : this.#reader.standing.memberships(number, keys, ordinalOf(asOf));
  }

  async namedLives(tenant: string, ids: readonly string[], asOf: Position): Promise<ReadonlyMap<string, NamedLife>> {
    const number = this.#reader.names.find(tenant);
    return number === undefined ? new Map() : this.#reader.standing.named(number, ids, ordinalOf(asOf));
  }

  async lastHeld(
    tenant: string,
    ids: readonly string[],
    asOf: Position,
  ): Promise<ReadonlyMap<string, readonly LastHeld[]>> {
    const number = this.#reader.names.find(tenant);
    return number === undefined ? new Map() : this.#reader.standing.held(number, ids, ordinalOf(asOf));
  }

  async lastChanges(
    tenant: string,
    asked: readonly PathsOf[],
    after: Position,
    until: Position,
  ): Promise<readonly (Position | null)[]> {
    const number = this.#reader.names.find(tenant);
    return number === undefined ? asked.map(() => null) : this.#reader.standing.changes(number, asked, after, until);
  }

  eventsSeen(after: Position, until: Position): Promise<number> {
    return this.#reader.history.eventsSeen(after, until);
  }

  eventsUpTo(until: Position): number {
    return this.#reader.history.eventsUpTo(until);
  }

  async close(): Promise<void> {
    await Promise.all([this.#thread.close(), this.#rows.close()]);
    this.#reader.close();
  }

  /** The number of a group that exists at a place, or now. */
  #group(tenant: string, id: string, place: number | undefined): number | undefined {
    const life = this.#reader.state.life(tenant, id);
    return life?.type === "Group" && existsAt(life, place) ? life.rid : undefined;
  }

  #activity(tenant: string, subject: string, stretch: Stretch): readonly Activity[] {
    const { activity, names } = this.#reader;
    const life = this.#reader.state.life(tenant, subject);
    if (life !== undefined) return activity.of(life.rid, stretch);
    const [tenantNumber, typeNumber] = [names.find(tenant), names.find(subject === tenant ? "Tenant" : "Group")];
    if (tenantNumber === undefined || typeNumber === undefined) return [];
    return activity.ofStream(tenantNumber, typeNumber, subject, stretch);
  }
}

/** Undefined: not asked for. Null: nothing of that name has been seen. */
const numberOf = (names: Names, text: string | undefined): number | null | undefined =>
  text === undefined ? undefined : (names.find(text) ?? null);

const existsAt = ({ rid, until }: Life, place: number | undefined): boolean =>
  place === undefined ? until === null : rid <= place && (until === null || until > place);

const placeOf = (position: Position | undefined): number | undefined =>
  position === undefined ? undefined : ordinalOf(position);
