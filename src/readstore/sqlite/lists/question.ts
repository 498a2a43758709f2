// A list that is asked for, ready to be searched: what its window and the pages of its walk have in common.
import { atMost } from "../../../sqlite/at-most.ts";
import type { Match } from "../../matches.ts";
import { type Listed, PAGE_LENGTH, type ReadResource } from "../../read-store.ts";
import { tooManyFor } from "../../too-many.ts";
import type { Names } from "../names.ts";
import type { ResourceReader } from "../reading/resource-reader.ts";
import type { Statements } from "../statements.ts";
import { OutOfTime, type Search } from "./search.ts";

/** A question with more candidates than this is not answered on the thread that serves requests. */
export const INLINE_CANDIDATES = 1_000;
/** Nor is one with more comparisons a candidate, or with more bytes to compare in all. */
const INLINE_TESTS = 40;
const INLINE_BYTES = 4 * 1_048_576;
/** Entries of an index that are counted or passed over at once. */
export const INLINE_ENTRIES = 20 * INLINE_CANDIDATES;

const ALL = -1;

export const HEAVY = Symbol("a question for another thread");

export interface QuestionParts {
  readonly statements: Statements;
  readonly names: Names;
  readonly resources: ResourceReader;
}

export class Question {
  readonly listed: Listed;
  /** One for each type that anything is known of. */
  readonly searches: readonly Search[];
  readonly statements: Statements;
  /** The place in the log as of which it is answered; absent: now. */
  readonly place: number | undefined;
  /** On the thread that has the time, up to when (`performance.now()`); absent: on the one that serves requests. */
  readonly deadline: number | undefined;
  readonly #parts: QuestionParts;

  constructor(
    listed: Listed,
    searches: readonly Search[],
    parts: QuestionParts,
    place: number | undefined,
    deadline: number | undefined,
  ) {
    this.listed = listed;
    this.searches = searches;
    this.statements = parts.statements;
    this.place = place;
    this.deadline = deadline;
    this.#parts = parts;
  }

  get isFiltered(): boolean {
    return this.listed.of.some(({ filter }) => filter !== undefined);
  }

  /** All matches in any order; HEAVY where that takes another thread. Throws ScimError tooMany after the deadline. */
  matches(): Match[] | typeof HEAVY {
    const { deadline } = this;
    if (deadline === undefined) return this.#lightMatches();
    return this.inTime(() => this.searches.flatMap((search) => search.everything(deadline)));
  }

  /** Throws ScimError tooMany where the time runs out. */
  inTime<Result>(find: () => Result): Result {
    try {
      return find();
    } catch (error) {
      throw error instanceof OutOfTime ? tooManyFor(this.listed) : error;
    }
  }

  /** Found only where all candidates can be compared within a few milliseconds. */
  #lightMatches(): Match[] | typeof HEAVY {
    const all: Match[] = [];
    let [candidates, bytes] = [INLINE_CANDIDATES, INLINE_BYTES];
    for (const search of this.searches) {
      const { plan } = search;
      if (!plan.isDirect) {
        if (plan.terms + plan.tests > INLINE_TESTS) return HEAVY;
        const [found, length] = search.one(plan.probe, candidates + 1) as [number, number];
        candidates -= found;
        bytes -= length * plan.tests;
        if (candidates < 0 || bytes < 0) return HEAVY;
      }
      const found = search.whole(plan.isDirect ? candidates + 1 : ALL);
      if (plan.isDirect) candidates -= found.length;
      if (candidates < 0) return HEAVY;
      if (this.searches.length === 1) return found;
      for (const match of found) all.push(match);
    }
    return all;
  }

  /** How many resources there are, whatever the filter; HEAVY where that takes another thread. */
  count(): number | typeof HEAVY {
    let total = 0;
    for (const { inputs } of this.searches) {
      const counted = this.#countOf(inputs.tenant, inputs.type);
      if (counted === HEAVY) return HEAVY;
      total += counted;
    }
    return total;
  }

  #countOf(tenant: number, type: number): number | typeof HEAVY {
    const { statements, place } = this;
    if (place === undefined) {
      const row = statements.get("SELECT live FROM counts WHERE tenant = ? AND type = ?").get(tenant, type);
      return (row as unknown as [number] | undefined)?.[0] ?? 0;
    }
    const existed =
      "SELECT 1 FROM resources WHERE tenant = ?1 AND type = ?2 AND rid <= ?3 AND (till IS NULL OR till > ?3)";
    const bound = this.deadline === undefined ? INLINE_ENTRIES + 1 : -1;
    const row = statements.get(`SELECT count(*) FROM (${existed} ${atMost("?4")})`).get(tenant, type, place, bound);
    const [counted] = row as unknown as [number];
    return counted === INLINE_ENTRIES + 1 && this.deadline === undefined ? HEAVY : counted;
  }

  /** Erased subjects that the filters could not test; absent where they ask for no erased value. */
  untested(): { readonly untested?: number } {
    let untested: number | undefined;
    for (const search of this.searches)
      if (search.plan.untested !== undefined)
        untested = (untested ?? 0) + (search.one(search.plan.untested) as [number])[0];
    return untested === undefined ? {} : { untested };
  }

  /** As many of the resources as fit on a page. */
  read(matches: readonly Match[]): ReadResource[] {
    const { names, resources } = this.#parts;
    const page: ReadResource[] = [];
    let length = 0;
    for (const [rid, , type] of matches) {
      const resource = resources.at(this.listed.tenant, names.text(type), rid, this.place);
      length += resource.body.length;
      if (length > PAGE_LENGTH && page.length > 0) break;
      page.push(resource);
    }
    return page;
  }
}
