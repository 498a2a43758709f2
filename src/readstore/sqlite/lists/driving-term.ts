// Which resources can match a filter at all, found through an index: a statement then starts from these candidates instead
// of from every resource of the type.
import type { AttributePath } from "../../../scim/attribute-path.ts";
import type { Comparison, Filter } from "../../../scim/filter/filter.ts";
import { isIndexed } from "../../indexed-paths.ts";
import { membershipsOf } from "../../memberships-asked.ts";
import { textAfterPrefix } from "../../text-after.ts";
import { pathName } from "../names.ts";
import type { Inputs } from "./bindings.ts";
import type { Context } from "./holder-sql.ts";
import { unionOf } from "./joined-sql.ts";
import { resourceWithId } from "./resource-sql.ts";

export interface Candidates {
  /** A SELECT of one column, `rid`. */
  readonly sql: string;
  /** The same resource may come more than once. */
  readonly repeats: boolean;
  /** Low is good: 0 finds at most one resource. */
  readonly cost: number;
  /** The terms that every candidate satisfies, so that they need not be tested again. */
  readonly exact: readonly Filter[];
  /** Whether it is a way in at this moment, and with these values, alone. */
  readonly isMomentary?: boolean;
}

/** `never`: only a scan will do. */
const COST = { one: 0, value: 1, members: 2, range: 3, recent: 4, never: 5 } as const;

/** It finds what bears a value, or some values. */
export const isPrecise = ({ cost }: Candidates): boolean => cost <= COST.value;
export const isWayIn = ({ cost }: Candidates): boolean => cost !== COST.never;

/** The best way into the filter; undefined where only a scan will do. */
export function candidatesOf(filter: Filter, context: Context, inputs: Inputs): Candidates | undefined {
  switch (filter.kind) {
    case "and":
      return best(filter.terms.map((term) => candidatesOf(term, context, inputs)));
    case "or":
      return union(
        filter,
        filter.terms.map((term) => candidatesOf(term, context, inputs)),
      );
    case "compare":
      return ofComparison(filter, filter.path, context, inputs);
    case "element":
      return ofElement(filter.path, filter.filter, context, inputs);
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
    sql: unionOf(all.map(({ sql }) => sql)),
    repeats: true,
    cost: Math.max(...all.map(({ cost }) => cost), COST.value),
    exact: whole ? [filter] : [],
    isMomentary: all.some(({ isMomentary = false }) => isMomentary),
  };
}

/** A term within `emails[…]` finds the resources of which some element satisfies it. */
function ofElement(path: AttributePath, filter: Filter, context: Context, inputs: Inputs): Candidates | undefined {
  if (filter.kind === "and") return best(filter.terms.map((term) => ofElement(path, term, context, inputs)));
  if (filter.kind !== "compare") return undefined;
  const sub = filter.path.attribute;
  const found = ofComparison(filter, { ...path, sub, text: `${path.text}.${sub.name}` }, context, inputs);
  return found === undefined ? undefined : { ...found, exact: [] };
}

function ofComparison(
  filter: Comparison,
  path: AttributePath,
  context: Context,
  inputs: Inputs,
): Candidates | undefined {
  const { value } = filter;
  if (value === null || value === "") return undefined;
  if (path.extension !== undefined)
    return typeof value === "string" ? ofValue(filter, path.text, path, context) : undefined;
  const name = path.attribute.name;
  const sub = path.sub?.name;
  if (typeof value === "number" && name === "meta") return ofTime(filter, sub, value, context, inputs);
  if (typeof value !== "string") return undefined;
  if (filter.operator === "eq") {
    const { type } = context;
    if (name === "id") return ofId(filter, context);
    const of = sub === "value" ? membershipsOf(path, type) : undefined;
    if (of === "members") return ofMembership(filter, "grp", "member", context);
    if (of === "groups") return ofMembership(filter, "member", "grp", context);
  }
  return ofValue(filter, sub === undefined ? name : `${name}.${sub}`, path, context);
}

function ofId(filter: Comparison, { bindings, tenant }: Context): Candidates {
  const sql = `SELECT i.rid FROM resources i WHERE i.tenant = ${tenant} AND i.id = ${bindings.valueOf(filter)}`;
  return { sql, repeats: false, cost: COST.one, exact: [filter] };
}

function ofMembership(filter: Comparison, wanted: string, known: string, context: Context): Candidates {
  const other = resourceWithId(context.bindings.valueOf(filter), context);
  const sql = context.instant.intervals("members", `i.${wanted} AS rid`, `i.${known} = ${other}`);
  return { sql, repeats: false, cost: COST.members, exact: [filter] };
}

function ofValue(filter: Comparison, text: string, path: AttributePath, context: Context): Candidates | undefined {
  const { bindings, type, instant } = context;
  if (!isIndexed(type, text)) return undefined;
  const condition = rangeOf(filter, bindings);
  if (condition === undefined) return undefined;
  const sql = instant.intervals(
    "ix",
    "i.rid",
    `i.path = ${bindings.bind(numberOfPath(type.name, text))} AND ${condition}`,
  );
  const single = filter.operator === "eq";
  const unique = single && path.attribute.uniqueness !== "none";
  return { sql, repeats: !single, cost: unique ? COST.one : single ? COST.value : COST.range, exact: [filter] };
}

/** The number of an indexed path; -1, which no row bears, where the tenant has no value at it yet. */
export const numberOfPath =
  (type: string, text: string) =>
  ({ tenantName, number }: Inputs): number =>
    number(pathName(tenantName, type, text)) ?? -1;

function rangeOf(filter: Comparison, bindings: Context["bindings"]): string | undefined {
  switch (filter.operator) {
    case "eq":
      return `i.value = ${bindings.valueOf(filter)}`;
    case "gt":
      return `i.value > ${bindings.valueOf(filter)}`;
    case "ge":
      return `i.value >= ${bindings.valueOf(filter)}`;
    case "lt":
      return `i.value < ${bindings.valueOf(filter)}`;
    case "le":
      return `i.value <= ${bindings.valueOf(filter)}`;
    case "sw":
      return prefixRange(filter, bindings);
    default:
      return undefined;
  }
}

/** Above all text, as SQLite orders values. */
export const ABOVE_TEXT = new Uint8Array();

/** From the prefix to the last text that begins with it: the prefix and the highest code point, as often as it may come. */
function prefixRange(filter: Comparison, bindings: Context["bindings"]): string {
  const after = bindings.valueOf(filter, (prefix) => textAfterPrefix(String(prefix)) ?? ABOVE_TEXT);
  return `i.value >= ${bindings.valueOf(filter)} AND i.value < ${after}`;
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
  inputs: Inputs,
): Candidates | undefined {
  if (filter.operator !== "gt" && filter.operator !== "ge" && filter.operator !== "eq") return undefined;
  if (sub !== "created" && sub !== "lastModified") return undefined;
  const { bindings, tenant } = context;
  const since = inputs.placeAt(instant - 1);
  // The rows after it are those of every tenant. However many they are: what was decided so is decided for now.
  const isRecent = inputs.placeAt(Number.MAX_SAFE_INTEGER) - since <= MOST_RECENT;
  const common = { cost: isRecent ? COST.recent : COST.never, exact: [], isMomentary: true };
  const place = bindings.bind(() => since);
  if (sub === "created") {
    const sql = `SELECT i.rid FROM resources i WHERE i.rid > ${place} AND +i.tenant = ${tenant}`;
    return { ...common, sql, repeats: false };
  }
  const sql = `SELECT i.rid FROM activity i WHERE i.place > ${place} AND +i.tenant = ${tenant} AND i.rid IS NOT NULL`;
  return { ...common, sql, repeats: true };
}
