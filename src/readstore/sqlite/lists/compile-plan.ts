// Makes a plan: from a filter, a sort order and an instant to the texts of its statements.
import type { AttributePath } from "../../../scim/attribute-path.ts";
import type { Filter } from "../../../scim/filter/filter.ts";
import { termsOf } from "../../../scim/filter/terms.ts";
import type { ResourceType } from "../../../scim/schema/characteristics.ts";
import { atMost } from "../../../sqlite/at-most.ts";
import { isIndexed } from "../../indexed-paths.ts";
import { idWanted, membershipsOf } from "../../memberships-asked.ts";
import { asksOthers, asksPersonal } from "../../personal.ts";
import type { TypeQuery } from "../../read-store.ts";
import { asOf, now } from "../reading/instant.ts";
import { columnsOf } from "../reading/resource-reader.ts";
import { Bindings, type Inputs, type Source } from "./bindings.ts";
import { type Candidates, candidatesOf, isPrecise, isWayIn, numberOfPath } from "./driving-term.ts";
import { notErasedSince } from "./erased-since.ts";
import { conditionOf, sortKeyOf } from "./filter-sql.ts";
import type { Context } from "./holder-sql.ts";
import type { Ordered, Plan, Statement } from "./plan.ts";
import { ResourceHolder } from "./resource-sql.ts";

export interface Compiling {
  /** Of the first query that the plan is for. */
  readonly inputs: Inputs;
  /** Before `/Users/…` in `$ref` and `meta.location`. */
  readonly baseUrl: string;
  /** Whether `in_time()` is asked at every element and member, so that a deadline ends the statement. */
  readonly isTimed?: boolean;
}

/** Makes the statements of one shape of query; values are bound when they run. */
export const compile = (query: TypeQuery, compiling: Compiling): Plan => new Compilation(query, compiling).plan();

/** Joins candidates to their rows. */
const ROWS = "CROSS JOIN resources r ON r.rid =";

class Compilation {
  readonly #query: TypeQuery;
  readonly #inputs: Inputs;
  readonly #context: Context;
  /** All parameters; a statement that needs fewer takes those that were bound by then, so the order of binding counts. */
  readonly #sources: readonly Source[];
  readonly #ofExisting: readonly Source[];
  readonly #ofDriving: readonly Source[];
  /** Of rows `r`: of the tenant and type; and there at the instant; and matching. */
  readonly #ofType: string;
  readonly #exists: string;
  readonly #condition: string;
  readonly #found: Candidates | undefined;
  /** What an index finds, where it leads to the matches. */
  readonly #driving: Candidates | undefined;
  /** What of the filter is left to test with each candidate. */
  readonly #rest: Filter | undefined;
  readonly #isPersonal: boolean;
  /** The sort key of row `r`. */
  readonly #key: string;
  /** The placeholder of an index that has the sort keys in their order. */
  readonly #index: string | undefined;
  readonly #tests: number;

  constructor(query: TypeQuery, { inputs, baseUrl, isTimed = false }: Compiling) {
    const { type, filter, sortBy } = query;
    const bindings = new Bindings(filter);
    const tenant = bindings.bind((given) => given.tenant);
    this.#query = query;
    this.#inputs = inputs;
    this.#sources = bindings.sources;
    this.#ofType = `r.tenant = ${tenant} AND r.type = ${bindings.bind((given) => given.type)}`;
    const instant = inputs.place === undefined ? now : asOf(bindings.bind((given) => given.place as number));
    let aliases = 0;
    this.#context = { bindings, instant, type, tenant, baseUrl, isTimed, alias: () => `x${++aliases}` };
    const began = inputs.began === undefined ? undefined : bindings.bind((given) => given.began as number);
    this.#exists = all([this.#ofType, instant.exists("r"), began && notErasedSince(began)]);
    this.#ofExisting = [...bindings.sources];
    this.#found = filter === undefined ? undefined : candidatesOf(filter, this.#context, inputs);
    this.#driving = this.#found !== undefined && isWayIn(this.#found) ? this.#found : undefined;
    this.#ofDriving = [...bindings.sources];
    const holder = new ResourceHolder(this.#context, "r");
    this.#rest = filter === undefined ? undefined : without(filter, this.#driving?.exact ?? []);
    this.#isPersonal = filter !== undefined && asksPersonal(filter);
    const matches = this.#rest && conditionOf(this.#rest, holder, this.#context);
    this.#condition = all([this.#exists, this.#isPersonal && "r.erased = 0", matches]);
    this.#key = sortBy === undefined ? "NULL" : sortKeyOf(sortBy, holder);
    this.#index = indexOf(sortBy, this.#context);
    this.#tests = (this.#rest === undefined ? 0 : termsOf(this.#rest)) + (sortBy === undefined ? 0 : 1);
  }

  plan(): Plan {
    const { filter, sortBy } = this.#query;
    return {
      isMomentary: this.#found?.isMomentary ?? false,
      isDirect: this.#tests === 0 && this.#driving !== undefined && isPrecise(this.#driving),
      isSorted: sortBy !== undefined,
      restsOnOthers: asksOthers(filter, sortBy),
      terms: filter === undefined ? 0 : termsOf(filter),
      tests: this.#tests,
      ...(this.#driving === undefined ? this.#overAll() : this.#overCandidates(this.#driving)),
      range: this.#range(),
      among: this.#select(`json_each(${this.#parameter(1)}) c ${ROWS} c.value`, inOrder(this.#parameter(2))),
      keyOf: this.#statement(`${this.#read} FROM resources r WHERE r.rid = ${this.#parameter(1)} AND ${this.#exists}`),
      ...present("direct", this.#direct()),
      ...present("ordered", this.#index === undefined ? undefined : this.#ordered(this.#index)),
      ...present("untested", this.#isPersonal ? { sql: this.#untested, sources: this.#ofExisting } : undefined),
    };
  }

  #overAll(): Pick<Plan, "probe" | "whole"> {
    const some = `SELECT ${this.#bytes} FROM resources r WHERE ${this.#ofType} ${atMost(this.#parameter(1))}`;
    return {
      probe: this.#statement(`SELECT count(*), total(bytes) FROM (${some})`),
      whole: this.#select("resources r", atMost(this.#parameter(1))),
    };
  }

  #overCandidates(candidates: Candidates): Pick<Plan, "probe" | "whole" | "candidates"> {
    const sources = this.#ofDriving;
    const each = numbersOf(candidates);
    const [first, second] = [`?${sources.length + 1}`, `?${sources.length + 2}`];
    const some = `(${each} ${atMost(first)})`;
    const compared = `SELECT ${this.#bytes} FROM ${some} c ${ROWS} c.rid`;
    const probe =
      this.#tests === 0 ? `SELECT count(*), 0 FROM ${some}` : `SELECT count(*), total(bytes) FROM (${compared})`;
    return {
      probe: { sql: probe, sources },
      whole: this.#select(`(${each}) c ${ROWS} c.rid`, atMost(this.#parameter(1))),
      candidates: { sql: `${each} WHERE rid > ${first} ORDER BY rid ${atMost(second)}`, sources },
    };
  }

  #range(): Statement {
    const between = `r.rid > ${this.#parameter(1)} AND r.rid <= ${this.#parameter(2)}`;
    return this.#select("resources r INDEXED BY resources_in_order", inOrder(this.#parameter(3)), between);
  }

  #direct(): Statement | undefined {
    const isNow = this.#inputs.place === undefined;
    if (this.#driving === undefined || !isPrecise(this.#driving) || !isNow) return undefined;
    if (this.#tests > MOST_TESTS || this.#query.sortBy !== undefined) return undefined;
    const some = `${numbersOf(this.#driving)} ${atMost(this.#parameter(1))}`;
    const isLarge = this.#tests === 0 ? "0" : `length(r.shadow) > ${LARGE}`;
    const matches = `CASE WHEN NOT (${this.#exists}) THEN 0 WHEN ${isLarge} THEN NULL ELSE (${this.#condition}) END`;
    const lost = this.#isPersonal ? `(${this.#untested})` : "NULL";
    const read = `SELECT ${matches}, ${lost}, ${columnsOf(this.#query.type.name, undefined)}`;
    return this.#statement(`${read} FROM (${some}) c ${ROWS} c.rid`);
  }

  #ordered(index: string): Ordered {
    const after = `r.erased = 1 AND r.rid > ${this.#parameter(1)}`;
    return {
      ascending: this.#statement(this.#inIndex(index, "ascending")),
      descending: this.#statement(this.#inIndex(index, "descending")),
      erased: this.#select("resources r INDEXED BY resources_erased", inOrder(this.#parameter(2)), after),
    };
  }

  #inIndex(path: string, order: "ascending" | "descending"): string {
    const [key, number, most] = [1, 2, 3].map((place) => this.#parameter(place));
    const after =
      order === "ascending"
        ? `(i.value, i.rid) > (${key}, ${number})`
        : `i.value <= ${key} AND (i.value < ${key} OR i.rid > ${number})`;
    const { instant } = this.#context;
    const found = instant.intervals("ix", "i.rid, i.value", `i.path = ${path} AND ${after}`);
    return `${found} ORDER BY 2${order === "descending" ? " DESC" : ""}, 1 ${atMost(most!)}`;
  }

  #select(from: string, end: string, more?: string): Statement {
    return this.#statement(`${this.#read} FROM ${from} WHERE ${all([this.#condition, more])} ${end}`);
  }

  get #read(): string {
    return `SELECT r.rid, ${this.#key}, r.type`;
  }

  /** How many erased subjects the filter cannot test. */
  get #untested(): string {
    return `SELECT count(*) FROM resources r WHERE r.erased = 1 AND ${this.#exists}`;
  }

  /** What the tests of one row may compare. */
  get #bytes(): string {
    const { type, sortBy } = this.#query;
    const scanned = [...(this.#rest === undefined ? [] : scannedPaths(this.#rest, type)), ...(sortBy ? [sortBy] : [])];
    const joined = scanned.some((path) => membershipsOf(path, type) !== undefined) ? joinedBytes(type) : "";
    return `length(${this.#context.instant.shadow("r")})${joined} AS bytes`;
  }

  #statement(sql: string): Statement {
    return { sql, sources: this.#sources };
  }

  /** The placeholder of a parameter that a form names, beyond the inputs. */
  #parameter(place: number): string {
    return `?${this.#sources.length + place}`;
  }
}

const all = (conditions: readonly (string | false | undefined)[]): string =>
  conditions.filter((condition) => condition !== undefined && condition !== false).join(" AND ");

const inOrder = (most: string): string => `ORDER BY r.rid ${atMost(most)}`;

const numbersOf = ({ sql, repeats }: Candidates): string =>
  `${repeats ? "SELECT DISTINCT" : "SELECT"} rid FROM (${sql})`;

const present = <Name extends string, Value>(name: Name, value: Value | undefined): { [name in Name]?: Value } =>
  value === undefined ? {} : ({ [name]: value } as { [name in Name]: Value });

/** Matches are tested by the statement that reads them up to so many tests, and documents of so many bytes. */
const MOST_TESTS = 4;
const LARGE = 65_536;

/** The placeholder of the indexed path to sort by, where each resource has exactly one value at it. */
function indexOf(sortBy: AttributePath | undefined, { type, bindings }: Context): string | undefined {
  if (sortBy === undefined || sortBy.extension !== undefined || sortBy.sub !== undefined) return undefined;
  const { attribute, text } = sortBy;
  if (attribute.multiValued || !attribute.required || !isIndexed(type, text)) return undefined;
  return bindings.bind(numberOfPath(type.name, text));
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
function scannedPaths(filter: Filter, type: ResourceType): readonly AttributePath[] {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.flatMap((term) => scannedPaths(term, type));
    case "not":
      return scannedPaths(filter.term, type);
    default:
      return idWanted(filter, type) === undefined ? [filter.path] : [];
  }
}

/** The filter without terms that are known to hold; undefined where nothing is left. */
function without(filter: Filter, known: readonly Filter[]): Filter | undefined {
  if (known.includes(filter)) return undefined;
  if (filter.kind !== "and") return filter;
  const terms = filter.terms.flatMap((term) => without(term, known) ?? []);
  return terms.length === 0 ? undefined : { kind: "and", terms };
}
