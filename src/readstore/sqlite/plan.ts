// What is asked of the resources of one type as SQL: the statements that find the numbers of all matches with their sort
// keys, in the forms in which they run. They are made once for all queries of the same shape.
import type { AttributePath } from "../../scim/attribute-path.ts";
import type { Filter } from "../../scim/filter/filter.ts";
import { termsOf } from "../../scim/filter/terms.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { atMost } from "../../sqlite/at-most.ts";
import { isIndexed } from "../indexed-paths.ts";
import { idWanted, isMembership } from "../memberships-asked.ts";
import { asksOthers, asksPersonal } from "../personal.ts";
import type { TypeQuery } from "../read-store.ts";
import { Bindings, type Inputs, type Source } from "./bindings.ts";
import { type Candidates, candidatesOf, isPrecise, isWayIn, numberOfPath } from "./driving-term.ts";
import { conditionOf, sortKeyOf } from "./filter-sql.ts";
import type { Context } from "./holder-sql.ts";
import { asOf, now } from "./instant.ts";
import { columnsOf } from "./resource-reader.ts";
import { ResourceHolder } from "./resource-sql.ts";

/** The first parameters come from the inputs; those that a form names follow. */
export interface Statement {
  readonly sql: string;
  readonly sources: readonly Source[];
}

/** Rows of `whole`, `range`, `among`, `erased` and `keyOf` are [rid, sort key, type]. */
export interface Plan {
  /** Right with these inputs and at this moment alone. */
  readonly isMomentary: boolean;
  /** An index finds the matches themselves, and few of them. */
  readonly isDirect: boolean;
  readonly isSorted: boolean;
  /** What is found, or its order, follows from names that others bear: their erasure changes it, also in the past. */
  readonly restsOnOthers: boolean;
  /** Comparisons in the filter. */
  readonly terms: number;
  /** Those of them (and keys to sort by) that are made with each candidate. */
  readonly tests: number;
  /** Counts the candidates, up to a bound (a parameter); and the bytes of them that each test may compare. */
  readonly probe: Statement;
  /**
   * Candidates with all that is read of them, in one: [whether it matches, or null for “too large to say here”, erased
   * subjects as `untested` counts them, columns of a resource]; parameter: at most so many. Where an index finds few, now.
   */
  readonly direct?: Statement;
  /** All matches in any order; parameter: at most so many. */
  readonly whole: Statement;
  /** Numbers of the candidates in their order; parameters: after, at most so many. Absent where every resource is one. */
  readonly candidates?: Statement;
  /** Matches in the order of creation; parameters: after, up to, at most so many. */
  readonly range: Statement;
  /** Matches among the numbers of a JSON array, in the order of creation; parameters: the array, at most so many. */
  readonly among: Statement;
  /** The key of a resource that is there; parameter: its number. */
  readonly keyOf: Statement;
  /** Present where an index has the keys in their order. */
  readonly ordered?: Ordered;
  /** Counts the erased subjects that the filter cannot test; absent where it asks for nothing that can be erased. */
  readonly untested?: Statement;
}

/** Of a sort by a value that every resource has, unless its person was erased. */
export interface Ordered {
  /** Rows are [rid, key]; parameters: after this key and number, at most so many. */
  readonly ascending: Statement;
  readonly descending: Statement;
  /** Matches among the erased in the order of creation; parameters: after, at most so many. */
  readonly erased: Statement;
}

export interface Compiling {
  /** Of the first query that the plan is for. */
  readonly inputs: Inputs;
  /** Before `/Users/…` in `$ref` and `meta.location`. */
  readonly baseUrl: string;
  /** Whether `in_time()` is asked at every element and member, so that a deadline ends the statement. */
  readonly isTimed?: boolean;
}

/** Makes the statements of one shape of query; values are bound when they run. */
export function compile({ type, filter, sortBy }: TypeQuery, { inputs, baseUrl, isTimed = false }: Compiling): Plan {
  const bindings = new Bindings(filter);
  const tenant = bindings.bind((given) => given.tenant);
  const ofType = `r.tenant = ${tenant} AND r.type = ${bindings.bind((given) => given.type)}`;
  const instant = inputs.place === undefined ? now : asOf(bindings.bind((given) => given.place as number));
  let aliases = 0;
  const context: Context = { bindings, instant, type, tenant, baseUrl, isTimed, alias: () => `x${++aliases}` };
  const exists = `${ofType} AND ${instant.exists("r")}${inputs.began === undefined ? "" : ` AND ${notErasedSince(bindings.bind((given) => given.began as number))}`}`;
  const ofExisting = [...bindings.sources];
  const found = filter === undefined ? undefined : candidatesOf(filter, context, inputs);
  const driving = found !== undefined && isWayIn(found) ? found : undefined;
  const ofDriving = [...bindings.sources];
  const holder = new ResourceHolder(context, "r");
  const rest = filter === undefined ? undefined : without(filter, driving?.exact ?? []);
  const isPersonal = filter !== undefined && asksPersonal(filter);
  const condition = [
    exists,
    ...(isPersonal ? ["r.erased = 0"] : []),
    ...(rest === undefined ? [] : [conditionOf(rest, holder, context)]),
  ].join(" AND ");
  const key = sortBy === undefined ? "NULL" : sortKeyOf(sortBy, holder);
  const index = indexOf(sortBy, context);
  const tests = (rest === undefined ? 0 : termsOf(rest)) + (sortBy === undefined ? 0 : 1);
  const isJoined = [...(rest === undefined ? [] : scannedPaths(rest)), ...(sortBy === undefined ? [] : [sortBy])].some(
    isMembership,
  );
  const bytes = `length(${instant.shadow("r")})${isJoined ? joinedBytes(type) : ""} AS bytes`;

  const untested = `SELECT count(*) FROM resources r WHERE r.erased = 1 AND ${exists}`;
  const { sources } = bindings;
  const statement = (sql: string): Statement => ({ sql, sources });
  const parameter = (place: number): string => `?${sources.length + place}`;
  const select = (from: string, end: string, more = ""): Statement =>
    statement(`SELECT r.rid, ${key}, r.type FROM ${from} WHERE ${condition}${more} ${end}`);
  const between = ` AND r.rid > ${parameter(1)} AND r.rid <= ${parameter(2)}`;
  const afterErased = ` AND r.erased = 1 AND r.rid > ${parameter(1)}`;
  return {
    isMomentary: found?.isMomentary ?? false,
    isDirect: tests === 0 && driving !== undefined && isPrecise(driving),
    isSorted: sortBy !== undefined,
    restsOnOthers: asksOthers(filter, sortBy),
    terms: filter === undefined ? 0 : termsOf(filter),
    tests,
    ...(driving === undefined ? overAll() : overCandidates(driving)),
    range: select(`resources r INDEXED BY resources_in_order`, `ORDER BY r.rid ${atMost(parameter(3))}`, between),
    among: select(
      `json_each(${parameter(1)}) c CROSS JOIN resources r ON r.rid = c.value`,
      `ORDER BY r.rid ${atMost(parameter(2))}`,
    ),
    ...(driving !== undefined &&
    isPrecise(driving) &&
    inputs.place === undefined &&
    tests <= MOST_TESTS &&
    sortBy === undefined
      ? { direct: directly(driving) }
      : {}),
    keyOf: statement(`SELECT r.rid, ${key}, r.type FROM resources r WHERE r.rid = ${parameter(1)} AND ${exists}`),
    ...(index === undefined
      ? {}
      : {
          ordered: {
            ascending: statement(inIndex(index, context, "ascending", parameter)),
            descending: statement(inIndex(index, context, "descending", parameter)),
            erased: select(
              "resources r INDEXED BY resources_erased",
              `ORDER BY r.rid ${atMost(parameter(2))}`,
              afterErased,
            ),
          },
        }),
    ...(isPersonal
      ? {
          untested: {
            sql: untested,
            sources: ofExisting,
          },
        }
      : {}),
  };

  function directly({ sql, repeats }: Candidates): Statement {
    const some = `${repeats ? "SELECT DISTINCT" : "SELECT"} rid FROM (${sql}) ${atMost(parameter(1))}`;
    const isLarge = tests === 0 ? "0" : `length(r.shadow) > ${LARGE}`;
    const matches = `CASE WHEN NOT (${exists}) THEN 0 WHEN ${isLarge} THEN NULL ELSE (${condition}) END`;
    const lost = isPersonal ? `(${untested})` : "NULL";
    const read = `SELECT ${matches}, ${lost}, ${columnsOf(type.name, undefined)}`;
    return statement(`${read} FROM (${some}) c CROSS JOIN resources r ON r.rid = c.rid`);
  }

  function overAll() {
    const some = `SELECT ${bytes} FROM resources r WHERE ${ofType} ${atMost(parameter(1))}`;
    return {
      probe: statement(`SELECT count(*), total(bytes) FROM (${some})`),
      whole: select("resources r", atMost(parameter(1))),
    };
  }

  function overCandidates({ sql, repeats }: Candidates) {
    const each = repeats ? `SELECT DISTINCT rid FROM (${sql})` : `SELECT rid FROM (${sql})`;
    const after = `?${ofDriving.length + 1}`;
    const some = `(${each} ${atMost(after)})`;
    const compared = `SELECT ${bytes} FROM ${some} c CROSS JOIN resources r ON r.rid = c.rid`;
    const probe = tests === 0 ? `SELECT count(*), 0 FROM ${some}` : `SELECT count(*), total(bytes) FROM (${compared})`;
    const inOrder = `${each} WHERE rid > ${after} ORDER BY rid ${atMost(`?${ofDriving.length + 2}`)}`;
    return {
      probe: { sql: probe, sources: ofDriving },
      whole: select(`(${each}) c CROSS JOIN resources r ON r.rid = c.rid`, atMost(parameter(1))),
      candidates: { sql: inOrder, sources: ofDriving },
    };
  }
}

/** What is compared in one with reading: so many tests, of documents of so many bytes. */
const MOST_TESTS = 4;
const LARGE = 65_536;

/** True of all rows `r` but those who were erased after a walk began. Hardly any is erased: only then is more looked up. */
export const notErasedSince = (began: string): string => `(r.erased = 0 OR ${erasedBy(began)})`;

/** Whether the person of row `r` was erased at a place or before it. */
export const erasedBy = (place: string): string =>
  `EXISTS (SELECT 1 FROM trail e CROSS JOIN activity a ON a.place = e.place
    WHERE e.rid = r.rid AND e.place <= ${place} AND a.event_type IN (SELECT n.number FROM names n WHERE n.text GLOB '*Erased'))`;

/** The placeholder of the indexed path to sort by, where each resource has exactly one value at it. */
function indexOf(sortBy: AttributePath | undefined, { type, bindings }: Context): string | undefined {
  if (sortBy === undefined || sortBy.extension !== undefined || sortBy.sub !== undefined) return undefined;
  const { attribute, text } = sortBy;
  if (attribute.multiValued || !attribute.required || !isIndexed(type, text)) return undefined;
  return bindings.bind(numberOfPath(type.name, text));
}

function inIndex(
  path: string,
  { instant }: Context,
  order: "ascending" | "descending",
  parameter: (place: number) => string,
): string {
  const [key, number] = [parameter(1), parameter(2)];
  const after =
    order === "ascending"
      ? `(i.value, i.rid) > (${key}, ${number})`
      : `i.value <= ${key} AND (i.value < ${key} OR i.rid > ${number})`;
  const found = instant.intervals("ix", "i.rid, i.value", `i.path = ${path} AND ${after}`);
  return `${found} ORDER BY 2${order === "descending" ? " DESC" : ""}, 1 ${atMost(parameter(3))}`;
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

/** The attributes that a filter names, but for memberships that it asks for by id: those are looked up. */
function scannedPaths(filter: Filter): readonly AttributePath[] {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.flatMap(scannedPaths);
    case "not":
      return scannedPaths(filter.term);
    default:
      return idWanted(filter) === undefined ? [filter.path] : [];
  }
}

/** The filter without terms that are known to hold; undefined where nothing is left. */
function without(filter: Filter, known: readonly Filter[]): Filter | undefined {
  if (known.includes(filter)) return undefined;
  if (filter.kind !== "and") return filter;
  const terms = filter.terms.flatMap((term) => without(term, known) ?? []);
  return terms.length === 0 ? undefined : { kind: "and", terms };
}
