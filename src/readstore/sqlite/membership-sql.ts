// The SQL of memberships: keys first (`k.grp`, `k.member`, `k.since`), in their order; names and times are joined to a page alone.
import { type BoundStatement, Values } from "./bindings.ts";
import { asOf, type Instant, now } from "./instant.ts";
import { notErasedSince } from "./plan.ts";
import { displayOf } from "./resource-reader.ts";

/** Where a walk goes on: numbers of the last group and member, and the place at which it began. */
export interface PassedMembership {
  readonly group: number;
  readonly member: number;
  readonly began: number;
}

/** Numbers of what a query names; `tenant` and `type` (of groups) matter where it names neither group nor member. */
export interface MembershipScope {
  readonly tenant: number;
  readonly type: number;
  readonly group?: number;
  readonly member?: number;
  readonly after?: PassedMembership;
  /** Absent: now. */
  readonly place?: number;
}

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
    const { tenant, type, group, member, after } = this.#scope;
    const { bindings } = this;
    const where: string[] = [];
    if (group !== undefined) where.push(`i.grp = ${bindings.bind(group)}`);
    if (member !== undefined) where.push(`i.member = ${bindings.bind(member)}`);
    const isWhole = group === undefined && member === undefined;
    // The column that an index has in order.
    const grp = isWhole ? "g.rid" : "i.grp";
    if (isWhole) where.push(`g.tenant = ${bindings.bind(tenant)} AND g.type = ${bindings.bind(type)}`);
    if (after !== undefined) {
      const [least, last] = [bindings.bind(after.group), bindings.bind(after.member)];
      // The first term is what an index can start from.
      where.push(`${grp} >= ${least}`, `(${grp} > ${least} OR i.member > ${last})`);
      if (group !== undefined) where.push(`i.member > ${last}`);
    }
    const from = (table: string) =>
      isWhole
        ? `resources g INDEXED BY resources_in_order CROSS JOIN ${table} i ON i.grp = g.rid`
        : `${table} i CROSS JOIN resources g ON g.rid = i.grp`;
    return { from, where, grp };
  }

  /** Keys of the memberships that stand. */
  keys(isTimed: boolean): string {
    const { from, where, grp } = this.#within();
    const { place } = this;
    // Once a row of the first table, which may be a group without members, and once a membership.
    const looks = isTimed ? [`in_time(${grp})`, ...(grp === "i.grp" ? [] : ["in_time(i.member)"])] : [];
    const { after } = this.#scope;
    const isLeft = after === undefined ? [] : [notErasedSince(this.bindings.bind(after.began))];
    const stands = [...looks, ...where, this.#instant.exists("g"), this.#instant.exists("r"), ...isLeft];
    const select = (table: string, held: readonly string[]) =>
      `SELECT ${grp} AS grp, i.member AS member, i.since AS since FROM ${from(table)} CROSS JOIN resources r ON r.rid = i.member
       WHERE ${[...stands, ...held].join(" AND ")}`;
    if (place === undefined) return select("members", []);
    const begun = `i.since <= ${place}`;
    return `${select("members", [begun])} UNION ALL ${select("members_past", [begun, `i.till > ${place}`])}`;
  }

  /** Rows of the scope's tables up to a limit. */
  rows(limit: number): string {
    const { from, where } = this.#within();
    const tables = this.place === undefined ? TABLES.slice(0, 1) : TABLES;
    const rows = tables.map((table) => `SELECT 1 FROM ${from(table)} WHERE ${where.join(" AND ")}`);
    return `SELECT count(*) FROM (${rows.join(" UNION ALL ")} LIMIT ${this.bindings.bind(limit)})`;
  }
}

const ORDER = "ORDER BY grp, member";

/** A page of memberships, as `MembershipRow`. */
export function pageOf(scope: MembershipScope, offset: number, count: number, isTimed: boolean): BoundStatement {
  const sql = new MembershipSql(scope);
  const { bindings, instant, place } = sql;
  const keys = `${sql.keys(isTimed)} ${ORDER} LIMIT ${bindings.bind(count)} OFFSET ${bindings.bind(offset)}`;
  const columns = `g.id, ${displayOf("g", place)}, ${instant.version("g")}, r.id, r.type, ${displayOf("r", place)}, a.at, a.revision, k.grp, k.member`;
  return {
    sql: `SELECT ${columns} FROM (${keys}) k CROSS JOIN resources g ON g.rid = k.grp CROSS JOIN resources r ON r.rid = k.member
      CROSS JOIN activity a ON a.place = k.since ORDER BY k.grp, k.member`,
    values: bindings.values,
  };
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
