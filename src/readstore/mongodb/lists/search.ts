// Finds the resources of one type that match: in one query where their documents say all, else in slices of candidates, which
// are tested one slice after the other.
import type { Document } from "mongodb";
import { ordinalOf } from "../../../eventlog/event-log.ts";
import type { Match } from "../../matches.ts";
import { asksOthers, asksPersonal } from "../../personal.ts";
import type { TypeQuery, WalkPlace } from "../../read-store.ts";
import { ERASED } from "../collections.ts";
import { exists } from "../reading/past.ts";
import { countId } from "../state-ids.ts";
import type { Row } from "./candidate.ts";
import { CandidateRows } from "./candidate-rows.ts";
import { Candidates, END } from "./candidates.ts";
import { allOf, apartIn, type Condition, documentOf, possible } from "./condition.ts";
import { FewCandidates } from "./few-candidates.ts";
import { SHADOW } from "./filter-query.ts";
import { isPrecise, type Way, wayInto } from "./key-query.ts";
import { inOrder, type Sort } from "./ordered.ts";
import type { Asker } from "./others.ts";
import { changedSince } from "./recency.ts";
import { type Apart, conditionOf } from "./resource-condition.ts";
import { SemiJoins } from "./semi-joins.ts";
import { isOfDocument, type KeySource, keySourceOf } from "./sort-key.ts";
import { Tester } from "./tester.ts";

/** Milliseconds before the deadline at which a walk is content with what it has. */
const RESERVE = 2_000;

/** Of the index `byUserName`. */
const ORDERED_FIELD = `${SHADOW}userName`;

export interface Stretch {
  readonly matches: readonly Match<string>[];
  /** How far it was looked: END if everything was. */
  readonly upTo: number;
}

export class Search {
  /** The resource type's name. */
  readonly type: string;
  readonly asker: Asker;
  readonly isPersonal: boolean;
  readonly restsOnOthers: boolean;
  readonly isSorted: boolean;
  /** Whether an index has the matches in the order that is asked for. */
  readonly isOrdered: boolean;
  /** The place at which a walk that goes on began. */
  readonly #began: number | undefined;
  readonly #condition: Condition<Apart>;
  readonly #way: Way | undefined;
  readonly #key: KeySource;
  readonly #rows: CandidateRows;
  readonly #few: FewCandidates;
  readonly #candidates: Candidates;
  readonly #tester: Tester;
  /** The only ones that can match, where `narrow` found that they are few. */
  #among: readonly number[] | undefined;

  constructor(after: WalkPlace | undefined, { type, filter, sortBy }: TypeQuery, asker: Asker) {
    const asking = { type, baseUrl: asker.baseUrl, isPast: asker.place !== undefined };
    this.type = type.name;
    this.asker = asker;
    this.isPersonal = filter !== undefined && asksPersonal(filter);
    this.restsOnOthers = asksOthers(filter, sortBy);
    this.isSorted = sortBy !== undefined;
    this.isOrdered = type.name === "User" && sortBy?.text === "userName";
    this.#began = after === undefined ? undefined : ordinalOf(after.began);
    this.#condition = filter === undefined || conditionOf(filter, asking);
    this.#way = filter === undefined ? undefined : wayInto(filter, type);
    this.#key = keySourceOf(sortBy, asking);
    const [condition, joins] = [this.#condition, new SemiJoins(asker)];
    const common = { asker, type: type.name, condition };
    const key = "key" in this.#key ? { key: this.#key.key } : {};
    this.#rows = new CandidateRows({ ...common, isPersonal: this.isPersonal, ...key });
    const since = filter === undefined ? undefined : changedSince(filter);
    this.#few = new FewCandidates({ ...common, joins, way: this.#way, since });
    const isFiltered = condition !== true;
    this.#candidates = new Candidates({ ...common, isFiltered, rows: this.#rows, few: this.#few, way: this.#way });
    this.#tester = new Tester({ ...common, joins, key: this.#key, began: this.#began });
  }

  /** Whether one query on the documents of resources finds the matches, and no others. */
  get isServed(): boolean {
    if (this.#began !== undefined) return false;
    if (this.asker.place !== undefined) return this.#condition === true && !this.isSorted;
    return isOfDocument(this.#key) && apartIn(this.#condition).length === 0;
  }

  /** Whether an index finds the few matches there can be. */
  get isDirect(): boolean {
    return this.isServed && this.asker.place === undefined && this.#way !== undefined && isPrecise(this.#way);
  }

  /** Looks whether few resources can match at all: those that changed lately. */
  async narrow(): Promise<void> {
    const isNarrow = this.#way !== undefined && isPrecise(this.#way);
    if (this.isServed && !isNarrow) this.#among = await this.#few.recent();
  }

  /** How many can match at most, as far as that is known. */
  get most(): number {
    return this.#among?.length ?? Number.POSITIVE_INFINITY;
  }

  /** The query of a served search; false where nothing matches. */
  served(): Document | false {
    const condition = documentOf(possible(this.#condition));
    if (condition === false) return false;
    const among = this.#among === undefined ? undefined : { _id: { $in: this.#among } };
    return allOf([this.#rows.ofType, this.#way?.query, among, condition]);
  }

  /** The sort key of a document of `resources`, as an expression; of a served search. */
  get key(): unknown {
    return "key" in this.#key ? this.#key.key : null;
  }

  /** All matches in any order. Throws OutOfTime. */
  async everything(): Promise<Match<string>[]> {
    const matches: Match<string>[] = [];
    for await (const rows of this.#candidates.all())
      for (const match of await this.#tester.matching(rows)) matches.push(match);
    return matches;
  }

  /** The first `enough` matches after a number, in the order of creation, as far as there was time. */
  async following(after: number, enough: number): Promise<Stretch> {
    const matches: Match<string>[] = [];
    for await (const { rows, upTo } of this.#candidates.following(after, enough)) {
      for (const match of await this.#tester.matching(rows)) matches.push(match);
      const last = matches[enough - 1];
      if (last !== undefined) return { matches: matches.slice(0, enough), upTo: last[0] };
      const isLate = performance.now() > this.asker.reading.deadline - RESERVE;
      if (upTo !== END && isLate) return { matches, upTo };
    }
    return { matches, upTo: END };
  }

  /** The first `enough` matches behind a place in the order of an index. Throws OutOfTime. */
  async inOrder(sort: Sort, after: Match<string> | undefined, enough: number): Promise<Stretch> {
    const tested = (rows: readonly Row[]): Promise<Match<string>[]> => this.#tester.matching(rows);
    const ordered = { candidates: this.#rows, field: ORDERED_FIELD, tested };
    return { matches: await inOrder(ordered, sort, after, enough), upTo: END };
  }

  /** A resource that is there, with its key, whether it matches or not. */
  async keyed(rid: number): Promise<Match<string> | undefined> {
    const { tenant, place } = this.asker;
    const rows = await this.#rows.whatever([{ _id: rid, tenant, type: this.type }, exists(place)]);
    const [match] = await this.#tester.keyed(rows);
    return match;
  }

  /** How many erased ones are there. */
  async erased(): Promise<number> {
    const { tenant, place, reading } = this.asker;
    const { counts, resources } = reading.views;
    if (place === undefined)
      return (await reading.first(counts, { _id: countId({ tenant, type: this.type }) }))?.erased ?? 0;
    const query = allOf([{ tenant, type: this.type, erased: true }, exists(place)]);
    if (this.#began === undefined) return reading.count(resources, query, { hint: ERASED });
    return (await this.#tester.there(await this.#rows.whatever([query], { hint: ERASED }))).length;
  }
}
