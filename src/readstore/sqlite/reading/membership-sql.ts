// The SQL of memberships: keys first (`k.grp`, `k.member`, `k.since`), in their order; names and times are joined to a page alone.
import { atMost } from "../../../sqlite/at-most.ts";
import { type BoundStatement, Values } from "../lists/bindings.ts";
import { notErasedSince } from "../lists/erased-since.ts";
import { asOf, type Instant, now } from "./instant.ts";
import { displayOf } from "./resource-reader.ts";

/** Numbers of a group and a member. */
export interface MembershipNumbers {
  readonly group: number;
  readonly member: number;
}

/** Where a walk goes on: behind this membership; and the place at which it began. */
export interface PassedMembership extends MembershipNumbers {
  readonly began: number;
}

/** Numbers of what a query names; `tenant` and `type` (of groups) matter where it names neither group nor member. */
export interface MembershipScope {
  readonly tenant: number;
  readonly type: number;
  readonly group?: number;
  readonly member?: number;
  readonly after?: PassedMembership;
  /** Nothing behind this one is looked at. */
  readonly upTo?: MembershipNumbers;
  /** Absent: now. */
  readonly place?: number;
}

/** Above every number. */
const END = "9223372036854775807";
const TABLES = ["members", "members_past"] as const;

class MembershipSql {
  readonly #scope: MembershipScope;
  readonly #instant: Instant;
  readonly bindings = new Values();
  /** The placeholder of the place. */
  readonly place: string | undefined;

  constructor(scope: MembershipScope) {
    this.#scope = scope;
    this.place = scope.place === undefined ? undefined : this.bindings.bind(scope.place);
    this.#instant = this.place === undefined ? now : asOf(this.place);
  }

  get instant(): Instant {
    return this.#instant;
  }

  /** What is in the scope, whether it stands or not; `i` is the row of `members`. */
  #within(): { readonly from: (table: string) => string; readonly where: readonly string[]; readonly grp: string } {
    const { tenant, type, group, member, after, upTo } = this.#scope;
    const { bindings } = this;
    const where: string[] = [];
    if (group !== undefined) where.push(`i.grp = ${bindings.bind(group)}`);
    if (member !== undefined) where.push(`i.member = ${bindings.bind(member)}`);
    const isWhole = group === undefined && member === undefined;
    // The column that an index has in order.
    const grp = isWhole ? "g.rid" : "i.grp";
    if (isWhole) where.push(`g.tenant = ${bindings.bind(tenant)} AND g.type = ${bindings.bind(type)}`);
    if (after !== undefined) where.push(...this.#beyond(after, ">", "-1"));
    if (upTo !== undefined) where.push(...this.#beyond(upTo, "<=", END));
    const from = (table: string) =>
      isWhole
        ? `resources g INDEXED BY resources_in_order CROSS JOIN ${table} i ON i.grp = g.rid`
        : `${table} i CROSS JOIN resources g ON g.rid = i.grp`;
    return { from, where, grp };
  }

  /** Bounds of keys that an index takes; `any` is one for members of other groups than that of the bound. */
  #beyond(bound: MembershipNumbers, compare: ">" | "<=", any: string): readonly string[] {
    const { group, member } = this.#scope;
    if (group !== undefined) return [`i.member ${compare} ${this.bindings.bind(bound.member)}`];
    const grp = this.bindings.bind(bound.group);
    if (member !== undefined) return [`i.grp ${compare} ${grp}`];
    const own = this.bindings.bind(bound.member);
    return [`g.rid ${compare[0]}= ${grp}`, `i.member ${compare} iif(g.rid = ${grp}, ${own}, ${any})`];
  }

  /** Keys of the memberships that stand; of those alone that have not ended since, where that is asked for. */
  keys(isTimed: boolean, isUnended = false): string {
    const { from, where, grp } = this.#within();
    const { place } = this;
    // Once a row of the first table, which may be a group without members, and once a membership.
    const looks = isTimed ? [`in_time(${grp})`, ...(grp === "i.grp" ? [] : ["in_time(i.member)"])] : [];
    const { after, upTo } = this.#scope;
    // Of two upper bounds an index takes one, and not the nearer: the plus keeps “created by then” from being one.
    const [group, member] = upTo === undefined ? ["g", "r"] : ["+g", "+r"];
    const isLeft = after === undefined ? [] : [notErasedSince(this.bindings.bind(after.began))];
    const stands = [...looks, ...where, this.#instant.exists(group), this.#instant.exists(member), ...isLeft];
    const select = (table: string, held: readonly string[]) =>
      `SELECT ${grp} AS grp, i.member AS member, i.since AS since FROM ${from(table)} CROSS JOIN resources r ON r.rid = i.member
       WHERE ${[...stands, ...held].join(" AND ")}`;
    if (place === undefined) return select("members", []);
    const begun = `i.since <= ${place}`;
    if (isUnended) return select("members", [begun]);
    return `${select("members", [begun])} UNION ALL ${select("members_past", [begun, `i.till > ${place}`])}`;
  }

  /** Rows of the scope's tables up to a limit. */
  rows(limit: number): string {
    const { from, where } = this.#within();
    const tables = this.place === undefined ? TABLES.slice(0, 1) : TABLES;
    const rows = tables.map((table) => `SELECT 1 FROM ${from(table)} WHERE ${where.join(" AND ")}`);
    return `SELECT count(*) FROM (${rows.join(" UNION ALL ")} ${atMost(this.bindings.bind(limit))})`;
  }
}

const ORDER = "ORDER BY grp, member";

/** A page of memberships, as `MembershipRow`. */
export function pageOf(scope: MembershipScope, offset: number, count: number, isTimed: boolean): BoundStatement {
  const sql = new MembershipSql(scope);
  const { bindings, instant, place } = sql;
  const keys = `${sql.keys(isTimed)} ${ORDER} ${atMost(bindings.bind(count))} OFFSET ${bindings.bind(offset)}`;
  const columns = `g.id, ${displayOf("g", place)}, ${instant.version("g")}, r.id, r.type, ${displayOf("r", place)}, a.at, a.revision, k.grp, k.member`;
  return {
    sql: `SELECT ${columns} FROM (${keys}) k CROSS JOIN resources g ON g.rid = k.grp CROSS JOIN resources r ON r.rid = k.member
      CROSS JOIN activity a ON a.place = k.since ORDER BY k.grp, k.member`,
    values: bindings.values,
  };
}

/**
 * The group and the member of the membership with which a page of a walk is full, even if none ended since. Beyond it the
 * page needs no look at those that ended, which may be many times as many.
 */
export function fullAt(scope: MembershipScope, count: number): BoundStatement {
  const sql = new MembershipSql(scope);
  const { bindings } = sql;
  const keys = `${sql.keys(true, true)} ${ORDER} LIMIT 1 OFFSET ${bindings.bind(count)}`;
  return { sql: `SELECT grp, member FROM (${keys})`, values: bindings.values };
}

/** How many memberships stand. */
export function countOf(scope: MembershipScope, isTimed: boolean): BoundStatement {
  const sql = new MembershipSql(scope);
  return { sql: `SELECT count(*) FROM (${sql.keys(isTimed)})`, values: sql.bindings.values };
}

/** How many rows have to be looked at, up to a limit. */
export function probeOf(scope: MembershipScope, limit: number): BoundStatement {
  const sql = new MembershipSql(scope);
  return { sql: sql.rows(limit), values: sql.bindings.values };
}
