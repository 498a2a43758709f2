// Finds the resources of one type that match: in one query where their documents say all, else in slices, of which other
// documents are asked.
import type { Document } from "mongodb";
import { ordinalOf } from "../../eventlog/event-log.ts";
import type { Match, SortKey } from "../matches.ts";
import { asksOthers, asksPersonal } from "../personal.ts";
import type { TypeQuery, WalkPlace } from "../read-store.ts";
import { Candidates, END, type Row } from "./candidates.ts";
import { ERASED } from "./collections.ts";
import { allOf, apartIn, type Condition, decided, documentOf, possible } from "./condition.ts";
import type { ResourceDocument } from "./documents.ts";
import { SHADOW } from "./filter-query.ts";
import { keysOf } from "./key-finder.ts";
import { isPrecise, type Way, wayInto } from "./key-query.ts";
import { inOrder, type Sort } from "./ordered.ts";
import type { Asker } from "./others.ts";
import { erasedBy, exists, inSlices, readsSo } from "./past.ts";
import { changedSince } from "./recency.ts";
import { type Apart, conditionOf } from "./resource-condition.ts";
import { SemiJoins } from "./semi-joins.ts";
import { isOfDocument, type KeySource, keySourceOf } from "./sort-key.ts";

/** Milliseconds before the deadline at which a walk is content with what it has. */
const RESERVE = 2_000;

/** Of the index `byUserName`. */
const ORDERED_FIELD = `${SHADOW}userName`;

type Matches = Match<string>[];
/** Numbers with the sort keys that were found beside them. */
type Found = ReadonlyMap<number, SortKey | undefined>;

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
  readonly #joins: SemiJoins;
  readonly #candidates: Candidates;
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
    this.#joins = new SemiJoins(asker);
    this.#candidates = new Candidates({
      asker,
      type: type.name,
      condition: this.#condition,
      way: this.#way,
      since: filter === undefined ? undefined : changedSince(filter),
      isPersonal: this.isPersonal,
      joins: this.#joins,
      ...("key" in this.#key ? { key: this.#key.key } : {}),
    });
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
    if (this.isServed && !isNarrow) this.#among = await this.#candidates.recent();
  }

  /** The query of a served search; false where nothing matches. */
  served(): Document | false {
    const condition = documentOf(possible(this.#condition));
    if (condition === false) return false;
    const among = this.#among === undefined ? undefined : { _id: { $in: this.#among } };
    return allOf([this.#candidates.ofType, this.#way?.query, among, condition]);
  }

  /** The sort key of a document of `resources`, as an expression; of a served search. */
  get key(): unknown {
    return "key" in this.#key ? this.#key.key : null;
  }

  /** All matches in any order. Throws OutOfTime. */
  async everything(): Promise<Matches> {
    const matches: Matches = [];
    for await (const rows of this.#candidates.all()) for (const match of await this.#tested(rows)) matches.push(match);
    return matches;
  }

  /** The first `enough` matches after a number, in the order of creation, as far as there was time. */
  async following(after: number, enough: number): Promise<Stretch> {
    const matches: Matches = [];
    for await (const { rows, upTo } of this.#candidates.following(after, enough)) {
      for (const match of await this.#tested(rows)) matches.push(match);
      const last = matches[enough - 1];
      if (last !== undefined) return { matches: matches.slice(0, enough), upTo: last[0] };
      const isLate = performance.now() > this.asker.reading.deadline - RESERVE;
      if (upTo !== END && isLate) return { matches, upTo };
    }
    return { matches, upTo: END };
  }

  /** The first `enough` matches behind a place in the order of an index. Throws OutOfTime. */
  async inOrder(sort: Sort, after: Match<string> | undefined, enough: number): Promise<Stretch> {
    const tested = (rows: readonly Row[]): Promise<Matches> => this.#tested(rows);
    const ordered = { candidates: this.#candidates, field: ORDERED_FIELD, tested };
    return { matches: await inOrder(ordered, sort, after, enough), upTo: END };
  }

  /** A resource that is there, with its key, whether it matches or not. */
  async keyed(rid: number): Promise<Match<string> | undefined> {
    const { tenant, place } = this.asker;
    const rows = await this.#candidates.rows([{ _id: rid, tenant, type: this.type }, exists(place)]);
    const there = await this.#there(rows);
    const [match] = await this.#withKeys(there, await this.#pastKeys(there));
    return match;
  }

  /** How many erased ones are there. */
  async erased(): Promise<number> {
    const { tenant, place, reading } = this.asker;
    const { counts, resources } = reading.views;
    if (place === undefined) return (await reading.first(counts, { _id: { tenant, type: this.type } }))?.erased ?? 0;
    const query = allOf([{ tenant, type: this.type, erased: true }, exists(place)]);
    if (this.#began === undefined) return reading.count(resources, query, { hint: ERASED });
    return (await this.#there(await this.#candidates.rows([query], { hint: ERASED }))).length;
  }

  /** Those that match, with their keys. */
  async #tested(rows: readonly Row[]): Promise<Matches> {
    const { place } = this.asker;
    const there = await this.#there(rows);
    const terms = apartIn(this.#condition);
    const late = there.filter((row) => !readsSo(row, place));
    if (terms.length === 0 && late.length === 0) return this.#withKeys(there);
    const decisions = new Map<Apart, readonly number[]>();
    for (const term of terms) decisions.set(term, await this.#joins.among(term, there));
    const numbers = (term: Apart): readonly number[] => decisions.get(term) ?? [];
    const early = there.filter((row) => readsSo(row, place));
    const now = terms.length === 0 ? early.map(({ _id }) => _id) : await this.#satisfying(early, numbers);
    const then = await this.#satisfied(late, decided(this.#condition, "rid", numbers));
    const matching = new Set([...now, ...then.keys()]);
    return this.#withKeys(
      there.filter(({ _id }) => matching.has(_id)),
      then,
    );
  }

  /** Of documents that read at the place as they do now. */
  async #satisfying(rows: readonly Row[], numbers: (term: Apart) => readonly number[]): Promise<readonly number[]> {
    const query = documentOf(decided(this.#condition, "_id", numbers));
    if (query === false) return [];
    const { reading } = this.asker;
    const found = await inSlices(rows, (slice) =>
      reading.all<ResourceDocument>(
        reading.views.resources,
        allOf([{ _id: { $in: slice.map(({ _id }) => _id) } }, query]),
        { projection: { _id: 1 } },
      ),
    );
    return found.map(({ _id }) => _id);
  }

  /** Of those that read otherwise since: their readings at the place, with the keys of these. */
  async #satisfied(rows: readonly Row[], condition: Condition<never>): Promise<Found> {
    const { reading, place } = this.asker;
    const query = documentOf(condition);
    if (rows.length === 0 || query === false) return new Map();
    const key = this.#key.from === "reading" ? { key: this.#key.key } : {};
    const found = await inSlices(rows, (slice) => {
      const rids = slice.map(({ _id }) => _id);
      return reading.aggregate<{ readonly rid: number; readonly key?: SortKey }>(reading.views.versions, [
        { $match: allOf([{ rid: { $in: rids }, since: { $lte: place }, to: { $gt: place } }, query]) },
        { $project: { _id: 0, rid: 1, ...key } },
      ]);
    });
    return new Map(found.map(({ rid, key: found }) => [rid, found]));
  }

  #pastKeys(rows: readonly Row[]): Promise<Found> {
    return this.#satisfied(
      rows.filter((row) => !readsSo(row, this.asker.place)),
      true,
    );
  }

  /** `then`: what past readings say, of those whose documents read otherwise now. */
  async #withKeys(rows: readonly Row[], then: Found = new Map()): Promise<Matches> {
    const source = this.#key;
    if (source.from === "nothing" || source.from === "resource")
      return rows.map(({ _id, key }) => [_id, key ?? null, this.type]);
    if (source.from === "reading")
      return rows.map(({ _id, key }) => [_id, (then.has(_id) ? then.get(_id) : key) ?? null, this.type]);
    const keys = await keysOf(this.asker, source, rows);
    return rows.map(({ _id }) => [_id, keys.get(_id) ?? null, this.type]);
  }

  /** Without those who were erased after a walk began. Hardly any is erased: only then is more looked up. */
  async #there(rows: readonly Row[]): Promise<readonly Row[]> {
    const began = this.#began;
    if (began === undefined) return rows;
    const doubtful = rows.filter(({ erased, place }) => erased && place > began).map(({ _id }) => _id);
    if (doubtful.length === 0) return rows;
    const before = await erasedBy(this.asker.reading, doubtful, began);
    const gone = new Set(doubtful.filter((rid) => !before.has(rid)));
    return rows.filter(({ _id }) => !gone.has(_id));
  }
}
