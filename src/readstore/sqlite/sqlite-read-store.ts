// The read side's port on SQLite, for the thread that serves requests: a reading connection of its own, synchronous but for
// queries that no index serves.

import { ordinalOf, type Position, positionOf, START } from "../../eventlog/event-log.ts";
import type { Population } from "../../scim/schema/evolution.ts";
import { atMost } from "../../sqlite/at-most.ts";
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
  StoredResource,
  Walk,
  WalkPage,
} from "../read-store.ts";
import type { NamedLife, PathsOf, RecordKind, StandingHeld, StandingMember, TenantStretch } from "../walks.ts";
import type { Stretch } from "./activity-reader.ts";
import type { Life } from "./grant-reader.ts";
import type { Names } from "./names.ts";
import { QueryThread } from "./query-thread.ts";
import { HEAVY } from "./question.ts";
import { type ReadingOptions, ViewsReader } from "./views-reader.ts";

export interface SqliteReadStoreOptions extends ReadingOptions {
  /** Milliseconds that a query may take which no index serves; 400 `tooMany` after that. */
  readonly queryDeadline?: number;
}

const QUERY_DEADLINE = 5_000;
/** Type of a tenant's own events, which an index of streams that are no resource finds. */
const TENANT_EVENTS = "Tenant";

type BaselineRow = [
  till: number | null,
  revision: number,
  version: number,
  created: number,
  modified: number,
  body: string,
  side: string,
];

export class SqliteReadStore implements ReadStore {
  readonly #reader: ViewsReader;
  readonly #thread: QueryThread;

  /** Opens the read models that a `SqliteViewWriter` keeps in this folder. */
  constructor(folder: string, { queryDeadline = QUERY_DEADLINE, ...options }: SqliteReadStoreOptions = {}) {
    this.#reader = new ViewsReader(folder, options);
    this.#thread = new QueryThread({ folder, options, deadline: queryDeadline });
  }

  /** The Merkle trees, read over the same connection. */
  get ledger(): LedgerStore {
    return this.#reader.ledger;
  }

  position(): Position {
    const [place] = this.#row<[number]>("SELECT place FROM checkpoint")!;
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
    return this.#reader.memberships.get(tenant, { group, member }, asOf === undefined ? undefined : ordinalOf(asOf));
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
    const place = asOf === undefined ? undefined : ordinalOf(asOf);
    const life = this.#life(tenant, group);
    if (life === undefined || life.type !== "Group" || !existsAt(life, place)) return [];
    const last = after === null ? 0 : (this.#life(tenant, after)?.rid ?? 0);
    return this.#reader.grants.members(life.rid, last, limit, place);
  }

  baseline(tenant: string, type: string, id: string): (StoredResource & { readonly deleted: boolean }) | undefined {
    const [tenantNumber, typeNumber] = [this.#reader.names.find(tenant), this.#reader.names.find(type)];
    if (tenantNumber === undefined || typeNumber === undefined) return undefined;
    const row = this.#row<BaselineRow>(
      "SELECT till, revision, version, created, modified, body, side FROM resources WHERE tenant = ? AND id = ? AND type = ?",
      tenantNumber,
      id,
      typeNumber,
    );
    if (row === undefined) return undefined;
    const [till, revision, version, createdAt, modifiedAt, body, side] = row;
    return { tenant, type, id, revision, version, createdAt, modifiedAt, body, side, deleted: till !== null };
  }

  membersAmong(tenant: string, group: string, ids: readonly string[]): ReadonlySet<string> {
    const rid = this.#life(tenant, group)?.rid ?? -1;
    return this.#among(
      `SELECT j.value FROM json_each(?2) j CROSS JOIN resources r ON r.tenant = ?1 AND r.id = j.value
       CROSS JOIN members m ON m.grp = ?3 AND m.member = r.rid`,
      tenant,
      ids,
      rid,
    );
  }

  liveAmong(tenant: string, ids: readonly string[]): ReadonlySet<string> {
    return this.#among(
      `SELECT j.value FROM json_each(?2) j CROSS JOIN resources r ON r.tenant = ?1 AND r.id = j.value
       WHERE r.till IS NULL AND r.type IN (?3, ?4)`,
      tenant,
      ids,
      ...["User", "Group"].map((type) => this.#reader.names.find(type) ?? -1),
    );
  }

  groupsHolding(tenant: string, member: string): readonly string[] {
    const life = this.#life(tenant, member);
    if (life === undefined) return [];
    const sql = `SELECT g.id FROM members m CROSS JOIN resources g ON g.rid = m.grp
      WHERE m.member = ? AND g.till IS NULL ORDER BY g.id`;
    return (this.#reader.statements.get(sql).all(life.rid) as unknown as [string][]).map(([id]) => id);
  }

  lifetime(tenant: string, id: string): Lifetime | undefined {
    const life = this.#life(tenant, id);
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

  activityAt(positions: readonly Position[]): readonly Activity[] {
    return this.#reader.activity.at(positions);
  }

  grantsOf(tenant: string, subject: string, from: Position, to: Position): readonly Grant[] {
    const life = this.#life(tenant, subject);
    return life === undefined ? [] : this.#reader.grants.of(subject, life, from, to);
  }

  nestedGroups(tenant: string, group: string, asOf?: Position): readonly string[] {
    const place = asOf === undefined ? undefined : ordinalOf(asOf);
    const life = this.#life(tenant, group);
    if (life === undefined || life.type !== "Group" || !existsAt(life, place)) return [];
    return this.#reader.grants.nestedGroups(life.rid, place);
  }

  deadMembers(): readonly { tenant: string; id: string; cause: "userDeleted" | "groupDeleted" }[] {
    const sql = `SELECT r.tenant, r.id, r.type FROM resources r INDEXED BY resources_in_order WHERE r.till IS NOT NULL AND EXISTS (
      SELECT 1 FROM members m CROSS JOIN resources g ON g.rid = m.grp WHERE m.member = r.rid AND g.till IS NULL) ORDER BY r.rid`;
    const { names, statements } = this.#reader;
    const rows = statements.get(sql).all() as unknown as [number, string, number][];
    return rows.map(([tenant, id, type]) => ({
      tenant: names.text(tenant),
      id,
      cause: names.text(type) === "Group" ? "groupDeleted" : "userDeleted",
    }));
  }

  erasedUsers(tenant: string, after: string | null, limit: number): readonly { id: string; revision: number }[] {
    const [tenantNumber, type] = [this.#reader.names.find(tenant), this.#reader.names.find("User")];
    if (tenantNumber === undefined || type === undefined) return [];
    const last = after === null ? 0 : (this.#life(tenant, after)?.rid ?? 0);
    const sql = `SELECT id, revision FROM resources INDEXED BY resources_erased
      WHERE erased = 1 AND tenant = ? AND type = ? AND rid > ? ORDER BY rid ${atMost("?")}`;
    const rows = this.#reader.statements.get(sql).all(tenantNumber, type, last, limit) as unknown as [string, number][];
    return rows.map(([id, revision]) => ({ id, revision }));
  }

  population(tenant: string, type: string): Population {
    const [tenantNumber, typeNumber] = [this.#reader.names.find(tenant), this.#reader.names.find(type)];
    if (tenantNumber === undefined || typeNumber === undefined) return "none";
    const sql = "SELECT live FROM counts WHERE tenant = ? AND type = ?";
    const row = this.#row<[number]>(sql, tenantNumber, typeNumber);
    return row === undefined ? "none" : row[0] > 0 ? "live" : "past";
  }

  tenants(): readonly string[] {
    const rows = this.#reader.statements.get("SELECT DISTINCT tenant FROM counts").all() as unknown as [number][];
    return rows.map(([tenant]) => this.#reader.names.text(tenant)).sort();
  }

  effectiveAt(position: Position): number {
    return this.#reader.activity.effectiveAt(ordinalOf(position));
  }

  activityIn(tenant: string, { actor, resourceType, ...stretch }: TenantStretch): readonly Activity[] {
    const { activity, names } = this.#reader;
    const number = names.find(tenant);
    const [by, of] = [numberOf(names, actor), numberOf(names, resourceType)];
    if (number === undefined || by === null || of === null) return [];
    return resourceType === TENANT_EVENTS && of !== undefined && by === undefined
      ? activity.ofStream(number, of, tenant, { ...stretch, newestFirst: false })
      : activity.within(number, { ...stretch, actor: by, type: of });
  }

  livesOf(tenant: string, type: string, after: string | null, limit: number): readonly Lifetime[] {
    const { history, names } = this.#reader;
    const [tenantNumber, typeNumber] = [names.find(tenant), names.find(type)];
    if (tenantNumber === undefined || typeNumber === undefined) return [];
    return history.lives(tenantNumber, typeNumber, this.#numberAfter(tenant, after), limit);
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
    const life = this.#life(tenant, group);
    if (life === undefined || life.type !== "Group") return [];
    return this.#reader.history.everMembers(life.rid, this.#numberAfter(tenant, after), limit, {
      from,
      to,
      groupsAlone,
    });
  }

  recordsOf(tenant: string, kind: RecordKind, after: Position, until: Position, limit: number): readonly Position[] {
    const number = this.#reader.names.find(tenant);
    return number === undefined ? [] : this.#reader.history.records(number, kind, after, until, limit);
  }

  standingMembers(
    tenant: string,
    group: string,
    among: readonly string[],
    after: string | null,
    limit: number,
    asOf: Position,
  ): readonly StandingMember[] {
    const number = this.#reader.names.find(tenant);
    const place = ordinalOf(asOf);
    const life = this.#life(tenant, group);
    if (number === undefined || life === undefined || life.type !== "Group" || !existsAt(life, place)) return [];
    const from = this.#numberAfter(tenant, after);
    return this.#reader.standing.members({ tenant: number, group: life.rid, after: from, limit, among, place });
  }

  standingSince(tenant: string, keys: readonly MembershipKey[], asOf: Position): readonly (Position | null)[] {
    const number = this.#reader.names.find(tenant);
    return number === undefined ? keys.map(() => null) : this.#reader.standing.since(number, keys, ordinalOf(asOf));
  }

  namedLives(tenant: string, ids: readonly string[], asOf: Position): ReadonlyMap<string, NamedLife> {
    const number = this.#reader.names.find(tenant);
    return number === undefined ? new Map() : this.#reader.standing.named(number, ids, ordinalOf(asOf));
  }

  standingHeld(tenant: string, ids: readonly string[], asOf: Position): ReadonlyMap<string, readonly StandingHeld[]> {
    const number = this.#reader.names.find(tenant);
    return number === undefined ? new Map() : this.#reader.standing.held(number, ids, ordinalOf(asOf));
  }

  lastChanges(
    tenant: string,
    asked: readonly PathsOf[],
    after: Position,
    until: Position,
  ): readonly (Position | null)[] {
    const number = this.#reader.names.find(tenant);
    return number === undefined ? asked.map(() => null) : this.#reader.standing.changes(number, asked, after, until);
  }

  eventsSeen(after: Position, until: Position): number {
    return this.#reader.history.eventsSeen(after, until);
  }

  async close(): Promise<void> {
    await this.#thread.close();
    this.#reader.close();
  }

  #activity(tenant: string, subject: string, stretch: Stretch): readonly Activity[] {
    const { activity, names } = this.#reader;
    const life = this.#life(tenant, subject);
    if (life !== undefined) return activity.of(life.rid, stretch);
    const [tenantNumber, typeNumber] = [names.find(tenant), names.find(subject === tenant ? "Tenant" : "Group")];
    if (tenantNumber === undefined || typeNumber === undefined) return [];
    return activity.ofStream(tenantNumber, typeNumber, subject, stretch);
  }

  #numberAfter(tenant: string, id: string | null): number {
    return id === null ? 0 : (this.#life(tenant, id)?.rid ?? 0);
  }

  #life(tenant: string, id: string): Life | undefined {
    const { names } = this.#reader;
    const tenantNumber = names.find(tenant);
    if (tenantNumber === undefined) return undefined;
    const row = this.#row<[number, number, number | null]>(
      "SELECT rid, type, till FROM resources WHERE tenant = ? AND id = ?",
      tenantNumber,
      id,
    );
    return row === undefined ? undefined : { rid: row[0], type: names.text(row[1]), until: row[2] };
  }

  #row<Row>(sql: string, ...values: (string | number)[]): Row | undefined {
    return this.#reader.statements.get(sql).get(...values) as unknown as Row | undefined;
  }

  #among(sql: string, tenant: string, ids: readonly string[], ...more: number[]): ReadonlySet<string> {
    const tenantNumber = this.#reader.names.find(tenant);
    if (tenantNumber === undefined || ids.length === 0) return new Set();
    const rows = this.#reader.statements.get(sql).all(tenantNumber, JSON.stringify(ids), ...more) as unknown as [
      string,
    ][];
    return new Set(rows.map(([id]) => id));
  }
}

/** Undefined: not asked for. Null: nothing of that name has been seen. */
const numberOf = (names: Names, text: string | undefined): number | null | undefined =>
  text === undefined ? undefined : (names.find(text) ?? null);

const existsAt = ({ rid, until }: Life, place: number | undefined): boolean =>
  place === undefined ? until === null : rid <= place && (until === null || until > place);
