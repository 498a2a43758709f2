// Which resources can match a filter at all, found through an index: a statement then starts from these candidates instead
// of from every resource of the type.
import type { AttributePath } from "../../scim/attribute-path.ts";
import type { Filter } from "../../scim/filter/filter.ts";
import { isIndexed } from "../indexed-paths.ts";
import type { Context } from "./attribute-sql.ts";
import { pathName } from "./names.ts";

type Comparison = Extract<Filter, { kind: "compare" }>;

/** What the compiler looks up before it can write the statement. */
export interface Lookups {
  /** The number of a name; undefined where nothing bears it. */
  readonly number: (name: string) => number | undefined;
  /** The tenant whose path names are meant. */
  readonly tenant: string;
  /** The last place whose effective time is at or before an instant (microseconds). */
  readonly placeAt: (instant: number) => number;
}

export interface Candidates {
  /** A SELECT of one column, `rid`. */
  readonly sql: string;
  /** The same resource may come more than once. */
  readonly repeats: boolean;
  /** Low is good: 0 finds at most one resource. */
  readonly cost: number;
  /** The terms that every candidate satisfies, so that they need not be tested again. */
  readonly exact: readonly Filter[];
}

const COST = { one: 0, value: 1, members: 2, range: 3, recent: 4 } as const;

/** The best way into the filter; undefined where only a scan will do. */
export function candidatesOf(filter: Filter, context: Context, lookups: Lookups): Candidates | undefined {
  switch (filter.kind) {
    case "and":
      return best(filter.terms.map((term) => candidatesOf(term, context, lookups)));
    case "or":
      return union(
        filter,
        filter.terms.map((term) => candidatesOf(term, context, lookups)),
      );
    case "compare":
      return ofComparison(filter, filter.path, context, lookups);
    case "element":
      return ofElement(filter.path, filter.filter, context, lookups);
    default:
      return undefined;
  }
}

const best = (found: readonly (Candidates | undefined)[]): Candidates | undefined =>
  found.reduce(
    (least, each) => (each !== undefined && (least === undefined || each.cost < least.cost) ? each : least),
    undefined,
  );

function union(filter: Filter, found: readonly (Candidates | undefined)[]): Candidates | undefined {
  const all: Candidates[] = [];
  for (const each of found) {
    if (each === undefined) return undefined;
    all.push(each);
  }
  if (all.length === 0) return undefined;
  const whole = filter.kind === "or" && filter.terms.every((term) => all.some(({ exact }) => exact.includes(term)));
  return {
    sql: all.map(({ sql }) => `SELECT rid FROM (${sql})`).join(" UNION ALL "),
    repeats: true,
    cost: Math.max(...all.map(({ cost }) => cost), COST.value),
    exact: whole ? [filter] : [],
  };
}

/** A term within `emails[…]` finds the resources of which some element satisfies it. */
function ofElement(path: AttributePath, filter: Filter, context: Context, lookups: Lookups): Candidates | undefined {
  if (filter.kind === "and") return best(filter.terms.map((term) => ofElement(path, term, context, lookups)));
  if (filter.kind !== "compare") return undefined;
  const sub = filter.path.attribute;
  const found = ofComparison(filter, { ...path, sub, text: `${path.text}.${sub.name}` }, context, lookups);
  return found === undefined ? undefined : { ...found, exact: [] };
}

function ofComparison(
  filter: Comparison,
  path: AttributePath,
  context: Context,
  lookups: Lookups,
): Candidates | undefined {
  const { value } = filter;
  if (value === null || value === "") return undefined;
  if (path.extension !== undefined)
    return typeof value === "string" ? ofValue(filter, path.text, value, path, context, lookups) : undefined;
  const name = path.attribute.name;
  const sub = path.sub?.name;
  if (typeof value === "number" && name === "meta") return ofTime(filter, sub, value, context, lookups);
  if (typeof value !== "string") return undefined;
  if (filter.operator === "eq") {
    const { type } = context;
    if (name === "id") return ofId(filter, value, context);
    if (name === "members" && sub === "value" && type.name === "Group")
      return ofMembership(filter, "grp", "member", value, context);
    if (name === "groups" && sub === "value" && type.name === "User")
      return ofMembership(filter, "member", "grp", value, context);
  }
  return ofValue(filter, sub === undefined ? name : `${name}.${sub}`, value, path, context, lookups);
}

function ofId(filter: Comparison, id: string, { bindings, tenant }: Context): Candidates {
  const sql = `SELECT i.rid FROM resources i WHERE i.tenant = ${tenant} AND i.id = ${bindings.bind(id)}`;
  return { sql, repeats: false, cost: COST.one, exact: [filter] };
}

function ofMembership(filter: Comparison, wanted: string, known: string, id: string, context: Context): Candidates {
  const { bindings, tenant, instant } = context;
  const other = `(SELECT o.rid FROM resources o WHERE o.tenant = ${tenant} AND o.id = ${bindings.bind(id)} AND ${instant.exists("o")})`;
  const sql = instant.intervals("members", `i.${wanted} AS rid`, `i.${known} = ${other}`);
  return { sql, repeats: false, cost: COST.members, exact: [filter] };
}

function ofValue(
  filter: Comparison,
  text: string,
  value: string,
  path: AttributePath,
  context: Context,
  lookups: Lookups,
): Candidates | undefined {
  const { bindings, type, instant } = context;
  if (!isIndexed(type, text)) return undefined;
  const condition = rangeOf(filter, value, bindings);
  if (condition === undefined) return undefined;
  const number = lookups.number(pathName(lookups.tenant, type.name, text)) ?? -1;
  const sql = instant.intervals("ix", "i.rid", `i.path = ${bindings.bind(number)} AND ${condition}`);
  const single = filter.operator === "eq";
  const unique = single && path.attribute.uniqueness !== "none";
  return { sql, repeats: !single, cost: unique ? COST.one : single ? COST.value : COST.range, exact: [filter] };
}

function rangeOf({ operator }: Comparison, value: string, bindings: Context["bindings"]): string | undefined {
  switch (operator) {
    case "eq":
      return `i.value = ${bindings.bind(value)}`;
    case "gt":
      return `i.value > ${bindings.bind(value)}`;
    case "ge":
      return `i.value >= ${bindings.bind(value)}`;
    case "lt":
      return `i.value < ${bindings.bind(value)}`;
    case "le":
      return `i.value <= ${bindings.bind(value)}`;
    case "sw":
      return prefixRange(value, bindings);
    default:
      return undefined;
  }
}

/** From the prefix to the last text that begins with it: the prefix and the highest code point, as often as it may come. */
function prefixRange(prefix: string, bindings: Context["bindings"]): string {
  const from = bindings.bind(prefix);
  const after = textAfterPrefix(prefix);
  return after === undefined ? `i.value >= ${from}` : `i.value >= ${from} AND i.value < ${bindings.bind(after)}`;
}

/** The first text, in code point order, that is above all texts with this prefix. */
function textAfterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.length > 0) {
    const last = points.pop()!;
    if (last === 0x10ffff) continue;
    const next = last + 1 >= 0xd800 && last + 1 <= 0xdfff ? 0xe000 : last + 1;
    return String.fromCodePoint(...points, next);
  }
  return undefined;
}

/** Events of all tenants after which an instant is no longer a way into a filter. */
const MOST_RECENT = 20_000;

/**
 * Resources created or changed after an instant: their events come after the last place whose effective time is before it,
 * because no event's own time is above its effective time.
 */
function ofTime(
  filter: Comparison,
  sub: string | undefined,
  instant: number,
  context: Context,
  lookups: Lookups,
): Candidates | undefined {
  if (filter.operator !== "gt" && filter.operator !== "ge" && filter.operator !== "eq") return undefined;
  const { bindings, tenant } = context;
  const since = lookups.placeAt(instant - 1);
  // The rows after it are those of every tenant.
  if (lookups.placeAt(Number.MAX_SAFE_INTEGER) - since > MOST_RECENT) return undefined;
  const place = bindings.bind(since);
  if (sub === "created") {
    const sql = `SELECT i.rid FROM resources i WHERE i.rid > ${place} AND +i.tenant = ${tenant}`;
    return { sql, repeats: false, cost: COST.recent, exact: [] };
  }
  if (sub !== "lastModified") return undefined;
  const sql = `SELECT i.rid FROM activity i WHERE i.place > ${place} AND +i.tenant = ${tenant} AND i.rid IS NOT NULL`;
  return { sql, repeats: true, cost: COST.recent, exact: [] };
}
