// A query as SQL: the statement that finds the numbers of all matches with their sort keys, in the forms in which it runs.
import type { SQLInputValue } from "node:sqlite";
import type { AttributePath } from "../../scim/attribute-path.ts";
import type { Filter } from "../../scim/filter/filter.ts";
import { termsOf } from "../../scim/filter/terms.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import type { Query } from "../read-store.ts";
import { type Context, ResourceHolder } from "./attribute-sql.ts";
import { Bindings } from "./bindings.ts";
import { type Candidates, candidatesOf, type Lookups } from "./driving-term.ts";
import { conditionOf, sortKeyOf } from "./filter-sql.ts";
import { asOf, now } from "./instant.ts";

export interface Statement {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** Rows of each form are [rid, sort key]. */
export interface CompiledQuery {
  /** Counts the candidates, up to a bound that is its last parameter; and the bytes of them that each test may compare. */
  readonly probe: Statement;
  /** At most one resource is a candidate. */
  readonly isUnique: boolean;
  /** Comparisons in the filter. */
  readonly terms: number;
  /** Those of them (and keys to sort by) that are made with each candidate. */
  readonly tests: number;
  /** All matches at once. */
  readonly whole: Statement;
  /** Numbers of the candidates; absent where every resource of the type is one. */
  readonly candidates?: Statement;
  /** Matches among the candidates of a JSON array (the last parameter), or between two numbers (the last two). */
  readonly slice: Statement;
  /** Counts the erased subjects that the filter cannot test; absent where it asks for nothing that can be erased. */
  readonly untested?: Statement;
}

export interface Compiling {
  readonly type: ResourceType;
  readonly tenantNumber: number;
  readonly typeNumber: number;
  readonly baseUrl: string;
  readonly lookups: Lookups;
  /** Whether `in_time()` is asked at every element and member, so that a deadline ends the statement. */
  readonly isTimed?: boolean;
}

/** `query.filter` or `query.sort` is there. */
export function compile(
  query: Query,
  place: number | undefined,
  { type, tenantNumber, typeNumber, baseUrl, lookups, isTimed = false }: Compiling,
): CompiledQuery {
  const bindings = new Bindings();
  const tenant = bindings.bind(tenantNumber);
  const ofType = `r.tenant = ${tenant} AND r.type = ${bindings.bind(typeNumber)}`;
  const instant = place === undefined ? now : asOf(bindings.bind(place));
  let aliases = 0;
  const context: Context = { bindings, instant, type, tenant, baseUrl, isTimed, alias: () => `x${++aliases}` };
  const driving = query.filter === undefined ? undefined : candidatesOf(query.filter, context, lookups);
  const afterDriving = bindings.values.length;
  const holder = new ResourceHolder(context, "r");
  const sorted = query.sort === undefined ? [] : [query.sort.path];
  const rest = query.filter === undefined ? undefined : without(query.filter, driving?.exact ?? []);
  const isPersonal = query.filter !== undefined && asksPersonal(query.filter);
  const conditions = [
    ofType,
    instant.exists("r"),
    ...(isPersonal ? ["r.erased = 0"] : []),
    ...(rest === undefined ? [] : [conditionOf(rest, holder, context)]),
  ];
  const key = query.sort === undefined ? "NULL" : sortKeyOf(query.sort.path, holder);
  const select = (from: string, ...more: string[]): string =>
    `SELECT r.rid, ${key} FROM ${from} WHERE ${[...conditions, ...more].join(" AND ")}`;
  const common = {
    isUnique: driving?.cost === 0,
    terms: query.filter === undefined ? 0 : termsOf(query.filter),
    tests: (rest === undefined ? 0 : termsOf(rest)) + sorted.length,
    ...(isPersonal
      ? {
          untested: {
            sql: `SELECT count(*) FROM resources r WHERE r.erased = 1 AND ${ofType} AND ${instant.exists("r")}`,
            values: bindings.values.slice(0, place === undefined ? 2 : 3),
          },
        }
      : {}),
  };
  const isJoined = [...(rest === undefined ? [] : pathsOf(rest)), ...sorted].some(isMembership);
  const bytes = `length(${instant.shadow("r")})${isJoined ? joinedBytes(type) : ""} AS bytes`;
  const values = [...bindings.values];
  const next = `?${values.length + 1}`;
  if (driving === undefined) {
    const all = {
      sql: `SELECT count(*), total(bytes) FROM (SELECT ${bytes} FROM resources r WHERE r.tenant = ?1 AND r.type = ?2 LIMIT ${next})`,
      values,
    };
    const slice = select(
      "resources r INDEXED BY resources_in_order",
      `r.rid > ${next} AND r.rid <= ?${values.length + 2}`,
    );
    return { ...common, probe: all, whole: { sql: select("resources r"), values }, slice: { sql: slice, values } };
  }
  const found = distinct(driving);
  const drivingValues = values.slice(0, afterDriving);
  const some = `(${found} LIMIT ?${afterDriving + 1})`;
  const probed =
    common.tests === 0
      ? `SELECT count(*), 0 FROM ${some}`
      : `SELECT count(*), total(bytes) FROM (SELECT ${bytes} FROM ${some} c CROSS JOIN resources r ON r.rid = c.rid)`;
  return {
    ...common,
    probe: { sql: probed, values: drivingValues },
    whole: { sql: select(`(${found}) c CROSS JOIN resources r ON r.rid = c.rid`), values },
    candidates: { sql: found, values: drivingValues },
    slice: { sql: select(`json_each(${next}) c CROSS JOIN resources r ON r.rid = c.value`), values },
  };
}

/** For each membership, now or in the past, a row of another resource is read: it costs as much as this. */
const JOINED_BYTES = 20_000;
const MOST_JOINED = 1_000;

function joinedBytes({ name }: ResourceType): string {
  const mine = name === "Group" ? "grp" : "member";
  return ["members", "members_past"]
    .map(
      (table) =>
        ` + ${JOINED_BYTES} * (SELECT count(*) FROM (SELECT 1 FROM ${table} i WHERE i.${mine} = r.rid LIMIT ${MOST_JOINED}))`,
    )
    .join("");
}

/** The attributes that a filter names. */
function pathsOf(filter: Filter): readonly AttributePath[] {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.flatMap(pathsOf);
    case "not":
      return pathsOf(filter.term);
    default:
      return [filter.path];
  }
}

const isMembership = ({ extension, attribute }: AttributePath): boolean =>
  extension === undefined && (attribute.name === "members" || attribute.name === "groups");

const distinct = ({ sql, repeats }: Candidates): string =>
  repeats ? `SELECT DISTINCT rid FROM (${sql})` : `SELECT rid FROM (${sql})`;

/** The filter without terms that are known to hold; undefined where nothing is left. */
function without(filter: Filter, known: readonly Filter[]): Filter | undefined {
  if (known.includes(filter)) return undefined;
  if (filter.kind !== "and") return filter;
  const terms = filter.terms.flatMap((term) => without(term, known) ?? []);
  return terms.length === 0 ? undefined : { kind: "and", terms };
}

/** Attributes that stay when a person is erased, with the sub-attributes that do; none named: all. */
const KEPT: ReadonlyMap<string, readonly string[]> = new Map([
  ["id", []],
  ["meta", []],
  ["schemas", []],
  ["groups", []],
  ["active", []],
  ["roles", ["value", "type"]],
  ["entitlements", ["value", "type"]],
]);

function asksPersonal(filter: Filter): boolean {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.some(asksPersonal);
    case "not":
      return asksPersonal(filter.term);
    case "element":
      return leaves(filter.filter).some((sub) => !isKept(filter.path, sub));
    default:
      return !isKept(filter.path, filter.path.sub?.name);
  }
}

function isKept({ extension, attribute }: AttributePath, sub: string | undefined): boolean {
  const kept = extension === undefined ? KEPT.get(attribute.name) : undefined;
  return kept !== undefined && (kept.length === 0 || sub === undefined || kept.includes(sub));
}

function leaves(filter: Filter): readonly string[] {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.flatMap(leaves);
    case "not":
      return leaves(filter.term);
    default:
      return [filter.path.attribute.name];
  }
}
