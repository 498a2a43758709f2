// Runs queries: those that an index serves at once, all others in slices, so that a deadline can end them.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { ordinalOf } from "../../eventlog/event-log.ts";
import { compareText } from "../../scim/comparable.ts";
import { tooMany } from "../../scim/errors.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { resourceTypes } from "../../scim/schema/resource-types.ts";
import { indexedPathsOf } from "../indexed-paths.ts";
import { PAGE_LENGTH, type Query, type QueryAnswer, type ReadResource } from "../read-store.ts";
import type { ActivityReader } from "./activity-reader.ts";
import type { Names } from "./names.ts";
import { type CompiledQuery, compile, type Statement } from "./query-sql.ts";
import type { ResourceReader } from "./resource-reader.ts";
import type { Statements } from "./statements.ts";

/** A query with more candidates than this does not run on the thread that serves requests. */
export const INLINE_CANDIDATES = 1_000;
/** Nor does one with more comparisons a candidate, or with more bytes to compare in all. */
const INLINE_TESTS = 40;
const INLINE_BYTES = 4 * 1_048_576;
/** Resources looked at between two looks at the clock. */
const SLICE = 2_000;
const ASKED_BETWEEN_LOOKS = 256;

/** A query has passed its deadline. */
export class OutOfTime extends Error {}

export const HEAVY = Symbol("a query for another thread");

type Match = [rid: number, key: string | number | null];

export interface Parts {
  readonly database: DatabaseSync;
  readonly statements: Statements;
  readonly names: Names;
  readonly resources: ResourceReader;
  readonly activity: ActivityReader;
  readonly baseUrl: string;
}

const NOTHING: QueryAnswer = { total: 0, resources: [] };

export class QueryRunner {
  readonly #parts: Parts;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  /** Of the query that runs, milliseconds; and how often its statements asked for the time. */
  #deadline = Number.POSITIVE_INFINITY;
  #asked = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.database.function("in_time", { directOnly: true }, () => this.#inTime());
    this.#begin = parts.database.prepare("BEGIN");
    this.#commit = parts.database.prepare("COMMIT");
  }

  /** Answers at once, or says that the query is HEAVY. */
  runInline(query: Query): QueryAnswer | typeof HEAVY {
    return this.inSnapshot(() => this.#answer(query, undefined));
  }

  /** Answers whatever it takes, up to a time (`performance.now()`). Throws ScimError tooMany after that. */
  runUntil(query: Query, deadline: number): QueryAnswer {
    return this.inTime(deadline, () => this.#answer(query, deadline)) as QueryAnswer;
  }

  /** Reads in one snapshot with statements that ask `in_time()`. Throws OutOfTime. */
  inTime<Result>(deadline: number, read: () => Result): Result {
    this.#deadline = deadline;
    return this.inSnapshot(read);
  }

  /** 1 while there is time, as SQL has it. A look at the clock costs more than most comparisons: not each asks for one. */
  #inTime(): number {
    if (++this.#asked % ASKED_BETWEEN_LOOKS === 0 && performance.now() > this.#deadline) throw new OutOfTime();
    return 1;
  }

  /** All statements of one answer see the same state. */
  inSnapshot<Result>(read: () => Result): Result {
    this.#begin.run();
    try {
      return read();
    } finally {
      this.#commit.run();
    }
  }

  #answer(query: Query, deadline: number | undefined): QueryAnswer | typeof HEAVY {
    const { names } = this.#parts;
    const tenant = names.find(query.tenant);
    const type = names.find(query.type);
    if (tenant === undefined || type === undefined) return NOTHING;
    const place = query.asOf === undefined ? undefined : ordinalOf(query.asOf);
    if (query.filter === undefined && query.sort === undefined) return this.#list(query, tenant, type, place, deadline);
    const compiled = this.#compile(query, tenant, type, place, deadline !== undefined);
    const matches = this.#find(query, compiled, tenant, type, deadline);
    if (matches === HEAVY) return HEAVY;
    inOrder(matches, query);
    const window = matches.slice(query.startIndex - 1, query.startIndex - 1 + query.count);
    const answer = {
      total: matches.length,
      resources: this.#read(
        query,
        window.map(([rid]) => rid),
        place,
      ),
    };
    if (compiled.untested === undefined) return answer;
    return { ...answer, untested: this.#number(compiled.untested) };
  }

  #compile(
    query: Query,
    tenantNumber: number,
    typeNumber: number,
    place: number | undefined,
    isTimed: boolean,
  ): CompiledQuery {
    const { names, activity, baseUrl } = this.#parts;
    const type = typeOf(query);
    const lookups = {
      number: (name: string) => names.find(name),
      tenant: query.tenant,
      placeAt: (instant: number) => activity.placeAt(instant),
    };
    return compile(query, place, { type, tenantNumber, typeNumber, baseUrl, lookups, isTimed });
  }

  #find(
    query: Query,
    compiled: CompiledQuery,
    tenant: number,
    type: number,
    deadline: number | undefined,
  ): Match[] | typeof HEAVY {
    if (deadline === undefined) return this.#isLight(compiled) ? this.#matches(compiled.whole) : HEAVY;
    const matches: Match[] = [];
    let seen = 0;
    try {
      for (const slice of this.#slices(compiled, tenant, type)) {
        if (performance.now() > deadline) throw new OutOfTime();
        for (const match of this.#matches(compiled.slice, ...slice)) matches.push(match);
        seen += SLICE;
      }
    } catch (error) {
      throw error instanceof OutOfTime ? tooManyFor(query, seen) : error;
    }
    return matches;
  }

  /** Whether all candidates can be compared within a few milliseconds. */
  #isLight({ probe, isUnique, terms, tests }: CompiledQuery): boolean {
    if (isUnique && tests === 0) return true;
    if (terms + tests > INLINE_TESTS) return false;
    const [candidates, bytes] = this.#parts.statements
      .get(probe.sql)
      .get(...probe.values, INLINE_CANDIDATES + 1) as unknown as [number, number];
    return candidates <= INLINE_CANDIDATES && bytes * tests <= INLINE_BYTES;
  }

  /** Parameters of the slices that together cover all candidates. */
  *#slices({ candidates }: CompiledQuery, tenant: number, type: number): Generator<SQLInputValue[]> {
    const { statements } = this.#parts;
    if (candidates !== undefined) {
      const rids = (statements.get(candidates.sql).all(...candidates.values) as unknown as [number][]).map(
        ([rid]) => rid,
      );
      for (let from = 0; from < rids.length; from += SLICE) yield [JSON.stringify(rids.slice(from, from + SLICE))];
      return;
    }
    const end = statements.get(
      "SELECT rid FROM resources WHERE tenant = ? AND type = ? AND rid > ? ORDER BY rid LIMIT 1 OFFSET ?",
    );
    for (let after = 0; ; ) {
      const row = end.get(tenant, type, after, SLICE - 1) as unknown as [number] | undefined;
      yield [after, row?.[0] ?? Number.MAX_SAFE_INTEGER];
      if (row === undefined) return;
      after = row[0];
    }
  }

  /** Without a filter: the total is kept, the window is counted off the index. */
  #list(
    query: Query,
    tenant: number,
    type: number,
    place: number | undefined,
    deadline: number | undefined,
  ): QueryAnswer | typeof HEAVY {
    const { statements } = this.#parts;
    const isFar = query.startIndex > 20 * INLINE_CANDIDATES;
    if (place === undefined) {
      if (isFar && deadline === undefined) return HEAVY;
      const row = statements
        .get("SELECT live FROM counts WHERE tenant = ? AND type = ?")
        .get(tenant, type) as unknown as [number] | undefined;
      return { total: row?.[0] ?? 0, resources: this.#page(query, tenant, type, place) };
    }
    const existed = "FROM resources WHERE tenant = ?1 AND type = ?2 AND rid <= ?3 AND (till IS NULL OR till > ?3)";
    const isLarge =
      this.#number(
        { sql: `SELECT count(*) FROM (SELECT 1 ${existed} LIMIT ?4)`, values: [tenant, type, place] },
        20 * INLINE_CANDIDATES + 1,
      ) >
      20 * INLINE_CANDIDATES;
    if (isLarge && deadline === undefined) return HEAVY;
    return {
      total: this.#number({ sql: `SELECT count(*) ${existed}`, values: [tenant, type, place] }),
      resources: this.#page(query, tenant, type, place),
    };
  }

  #page(query: Query, tenant: number, type: number, place: number | undefined): QueryAnswer["resources"] {
    if (query.count === 0) return [];
    const exists = place === undefined ? "till IS NULL" : "rid <= ?5 AND (till IS NULL OR till > ?5)";
    const statement = this.#parts.statements.get(
      `SELECT rid FROM resources WHERE tenant = ?1 AND type = ?2 AND ${exists} ORDER BY rid LIMIT ?3 OFFSET ?4`,
    );
    const values = [tenant, type, query.count, query.startIndex - 1, ...(place === undefined ? [] : [place])];
    return this.#read(
      query,
      (statement.all(...values) as unknown as [number][]).map(([rid]) => rid),
      place,
    );
  }

  /** As many of the resources as fit on a page. */
  #read({ tenant, type }: Query, rids: readonly number[], place: number | undefined): QueryAnswer["resources"] {
    const page: ReadResource[] = [];
    let length = 0;
    for (const rid of rids) {
      const resource = this.#parts.resources.at(tenant, type, rid, place);
      length += resource.body.length;
      if (length > PAGE_LENGTH && page.length > 0) break;
      page.push(resource);
    }
    return page;
  }

  #matches({ sql, values }: Statement, ...more: SQLInputValue[]): Match[] {
    return this.#parts.statements.get(sql).all(...values, ...more) as unknown as Match[];
  }

  #number({ sql, values }: Statement, ...more: SQLInputValue[]): number {
    return (this.#parts.statements.get(sql).get(...values, ...more) as unknown as [number])[0];
  }
}

/** Unsorted, resources come in the order of their creation. Ascending, those without a value come last (RFC 7644 §3.4.2.3). */
function inOrder(matches: Match[], { sort }: Query): void {
  if (sort === undefined) matches.sort(([a], [b]) => a - b);
  else if (sort.descending) matches.sort(([a, x], [b, y]) => compareKeys(y, x) || a - b);
  else matches.sort(([a, x], [b, y]) => compareKeys(x, y) || a - b);
}

function compareKeys(a: Match[1], b: Match[1]): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return typeof a === "string" ? compareText(a, String(b)) : a - Number(b);
}

const typeOf = ({ type, resourceType }: Query): ResourceType =>
  resourceType ?? resourceTypes.find(({ name }) => name === type)!;

const tooManyFor = (query: Query, seen: number): Error =>
  tooMany(
    `the filter would have to compare every ${query.type} one by one, and was given up after ${seen}; narrow it by joining it with “and” to a term of eq or sw on ${indexedPathsOf(
      typeOf(query),
    )
      .map(({ text }) => text)
      .join(", ")}`,
  );
