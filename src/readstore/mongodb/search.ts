// Finds the resources of one type that match: in one query where their documents say all, else in slices, of which other
// documents are asked.
import type { Document } from "mongodb";
import { ordinalOf } from "../../eventlog/event-log.ts";
import type { Match, SortKey } from "../matches.ts";
import { asksOthers, asksPersonal } from "../personal.ts";
import type { Listed, TypeQuery, WalkPlace } from "../read-store.ts";
import type { ResourceDocument } from "./collections.ts";
import { apartIn, type Condition, decided, documentOf, possible } from "./condition.ts";
import { keysOf } from "./key-finder.ts";
import { isPrecise, type Way, wayInto } from "./key-query.ts";
import type { Asker } from "./others.ts";
import { exists, inSlices, readsSo, SLICE } from "./past.ts";
import { OutOfTime } from "./reading.ts";
import { type Apart, conditionOf } from "./resource-condition.ts";
import { type Candidate, endsOf, SemiJoins } from "./semi-joins.ts";
import { isOfDocument, type KeySource, keySourceOf } from "./sort-key.ts";

/** Above every number. */
export const END = Number.MAX_SAFE_INTEGER;
/** Resources that one query looks at in a walk, between two looks at the clock. */
const RANGE = 10_000;
/** Milliseconds before the deadline at which a walk is content with what it has. */
const RESERVE = 2_000;

interface Row extends Candidate {
  readonly erased: boolean;
  readonly key?: SortKey;
}

export interface Stretch {
  readonly matches: readonly Match<string>[];
  /** How far it was looked: END if everything was. */
  readonly upTo: number;
}

export const isWhole = ({ upTo }: Stretch): boolean => upTo === END;

export class Search {
  readonly asked: TypeQuery;
  readonly asker: Asker;
  readonly isPersonal: boolean;
  readonly restsOnOthers: boolean;
  readonly isSorted: boolean;
  /** The place at which a walk that goes on began. */
  readonly #began: number | undefined;
  readonly #condition: Condition<Apart>;
  readonly #way: Way | undefined;
  readonly #key: KeySource;
  readonly #joins: SemiJoins;

  constructor(listed: Listed & { readonly after?: WalkPlace }, asked: TypeQuery, asker: Asker) {
    const { type, filter, sortBy } = asked;
    const asking = { type, baseUrl: asker.baseUrl, isPast: asker.place !== undefined };
    this.asked = asked;
    this.asker = asker;
    this.isPersonal = filter !== undefined && asksPersonal(filter);
    this.restsOnOthers = asksOthers(filter, sortBy);
    this.isSorted = sortBy !== undefined;
    this.#began = listed.after === undefined ? undefined : ordinalOf(listed.after.began);
    this.#condition = filter === undefined || conditionOf(filter, asking);
    this.#way = filter === undefined ? undefined : wayInto(filter, type);
    this.#key = keySourceOf(sortBy, asking);
    this.#joins = new SemiJoins(asker);
  }

  get name(): string {
    return this.asked.type.name;
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

  /** The query of a served search; false where nothing matches. */
  served(): Document | false {
    const condition = documentOf(possible(this.#condition));
    if (condition === false) return false;
    return allOf([this.#ofType(), this.#way?.query, condition]);
  }

  /** The sort key of a document of `resources`, as an expression; of a served search. */
  get key(): unknown {
    return "key" in this.#key ? this.#key.key : null;
  }

  /** All matches in any order. Throws OutOfTime. */
  async everything(): Promise<Match<string>[]> {
    const matches: Match<string>[] = [];
    for await (const rows of this.#candidates()) for (const match of await this.#tested(rows)) matches.push(match);
    return matches;
  }

  /** The first `enough` matches after a number, in the order of creation, as far as there was time. */
  async following(after: number, enough: number): Promise<Stretch> {
    const matches: Match<string>[] = [];
    for await (const { rows, upTo } of this.#slices(after, enough)) {
      for (const match of await this.#tested(rows)) matches.push(match);
      if (matches.length >= enough)
        return { matches: matches.slice(0, enough), upTo: (matches[enough - 1] as Match<string>)[0] };
      if (upTo === END) break;
      if (performance.now() > this.asker.reading.deadline - RESERVE) return { matches, upTo };
    }
    return { matches, upTo: END };
  }

  /** A resource that is there, with its key, whether it matches or not. */
  async keyed(rid: number): Promise<Match<string> | undefined> {
    const rows = await this.#rows([{ _id: rid, tenant: this.asker.tenant, type: this.name }, exists(this.asker.place)]);
    const [match] = await this.#keyed(await this.#there(rows));
    return match;
  }

  /** Erased resources, as far as they are there. */
  async erased(): Promise<number> {
    const { tenant, place, reading } = this.asker;
    const query = allOf([{ tenant, type: this.name, erased: true }, exists(place)]);
    if (this.#began === undefined) return reading.count(reading.views.resources, query);
    return (await this.#there(await this.#rows([query]))).length;
  }

  /** Of the type, existing, and not without the values that are asked for. */
  #ofType(): Document {
    const { tenant, place } = this.asker;
    return allOf([{ tenant, type: this.name, ...(this.isPersonal ? { erased: false } : {}) }, exists(place)]);
  }

  /** What a document must satisfy to be looked at: in the past, whatever it reads now. */
  #possible(): Document | false {
    const condition = documentOf(possible(this.#condition));
    const { place } = this.asker;
    if (condition === false || place === undefined) return condition;
    return { $or: [{ since: { $gt: place } }, condition] };
  }

  /** Numbers that an index, or few others, name; undefined where the whole type has to be looked at. */
  async #named(): Promise<readonly number[] | undefined> {
    const { reading, place, tenant } = this.asker;
    const way = this.#way;
    if (way !== undefined && isPrecise(way) && (place === undefined || way.on === "keys")) {
      const { resources, versions } = reading.views;
      const query = { tenant, type: this.name, ...way.query };
      const now = await reading.all(resources, query, { projection: { _id: 1 } });
      const then =
        place === undefined
          ? []
          : await reading.all(
              versions,
              { ...query, since: { $lte: place }, to: { $gt: place } },
              { projection: { rid: 1 } },
            );
      return sorted([...now.map(({ _id }) => _id), ...then.map(({ rid }) => rid)]);
    }
    for (const term of necessary(this.#condition)) {
      if (term.on !== "groups" && term.on !== "members") continue;
      const few = await this.#joins.fewOf(term);
      if (few === undefined) continue;
      const { mine, other } = endsOf(term.on);
      const stand = place === undefined ? { to: END } : { since: { $lte: place }, to: { $gt: place } };
      const rows = await inSlices(few, (slice) =>
        reading.all(
          reading.views.members,
          { [other]: { $in: slice }, ...stand },
          { projection: { _id: 0, [mine]: 1 } },
        ),
      );
      return sorted(rows.map((row) => row[mine]));
    }
    return undefined;
  }

  async *#candidates(): AsyncGenerator<readonly Row[]> {
    const condition = this.#possible();
    if (condition === false) return;
    const named = await this.#named();
    const all = [this.#ofType(), condition];
    if (named === undefined) {
      const { reading } = this.asker;
      const query = allOf([...all, this.#inNow(this.#way?.query)]);
      yield* reading.pipelined<Row>(reading.views.resources, [{ $match: query }, { $project: this.#fields() }], SLICE);
      return;
    }
    for (let from = 0; from < named.length; from += SLICE)
      yield await this.#rows([...all, { _id: { $in: named.slice(from, from + SLICE) } }]);
  }

  /** Candidates after a number in the order of creation, slice by slice, and how far each reaches. */
  async *#slices(
    after: number,
    enough: number,
  ): AsyncGenerator<{ readonly rows: readonly Row[]; readonly upTo: number }> {
    const condition = this.#possible();
    if (condition === false) return;
    const named = this.#condition === true ? undefined : await this.#named();
    const all = [this.#ofType(), condition];
    if (named !== undefined) {
      const left = named.filter((rid) => rid > after);
      for (let from = 0; from < left.length; from += SLICE) {
        const slice = left.slice(from, from + SLICE);
        const rows = await this.#rows([...all, { _id: { $in: slice } }], { sort: true });
        yield { rows, upTo: from + SLICE < left.length ? slice.at(-1)! : END };
      }
      return;
    }
    for (let from = after; from !== END; ) {
      const isAll = this.#condition === true;
      const upTo = isAll ? END : await this.#endOfRange(from);
      const limit = isAll ? enough : undefined;
      const rows = await this.#rows(
        [...all, { _id: { $gt: from, $lte: upTo } }, this.#inNow(this.#way?.query)],
        limit === undefined ? { sort: true } : { sort: true, limit },
      );
      from = limit === undefined || rows.length < limit ? upTo : (rows.at(-1) as Row)._id;
      yield { rows, upTo: from };
    }
  }

  async #endOfRange(from: number): Promise<number> {
    const { reading, tenant } = this.asker;
    const last = await reading.first<ResourceDocument>(
      reading.views.resources,
      { tenant, type: this.name, _id: { $gt: from } },
      { sort: { _id: 1 }, skip: RANGE - 1, projection: { _id: 1 } },
    );
    return last?._id ?? END;
  }

  /** Keys of the documents of resources are those of now. */
  #inNow(query: Document | undefined): Document | undefined {
    return this.asker.place === undefined ? query : undefined;
  }

  #rows(all: readonly (Document | undefined)[], { sort = false, limit }: { sort?: boolean; limit?: number } = {}) {
    const { reading } = this.asker;
    return reading.aggregate<Row>(reading.views.resources, [
      { $match: allOf(all) },
      ...(sort ? [{ $sort: { _id: 1 } }] : []),
      ...(limit === undefined ? [] : [{ $limit: limit }]),
      { $project: this.#fields() },
    ]);
  }

  #fields(): Document {
    return { since: 1, place: 1, erased: 1, ...("key" in this.#key ? { key: this.#key.key } : {}) };
  }

  /** Those that match, with their keys. */
  async #tested(rows: readonly Row[]): Promise<Match<string>[]> {
    const { reading, place } = this.asker;
    const there = await this.#there(rows);
    const terms = apartIn(this.#condition);
    const late = there.filter((row) => !readsSo(row, place));
    if (terms.length === 0 && late.length === 0) return this.#keyed(there);
    const decisions = new Map<Apart, readonly number[]>();
    for (const term of terms) decisions.set(term, await this.#joins.among(term, there));
    const numbers = (term: Apart) => decisions.get(term) ?? [];
    const matching = new Map<number, SortKey | undefined>();
    const early = there.filter((row) => readsSo(row, place));
    if (terms.length === 0) for (const { _id, key } of early) matching.set(_id, key);
    else
      for (const rid of await this.#satisfying(early, decided(this.#condition, "_id", numbers)))
        matching.set(rid, undefined);
    const past = documentOf(decided(this.#condition, "rid", numbers));
    if (late.length > 0 && past !== false)
      for (const { rid, key } of await inSlices(late, (slice) =>
        reading.aggregate<{ rid: number; key?: SortKey }>(reading.views.versions, [
          {
            $match: allOf([
              { rid: { $in: slice.map(({ _id }) => _id) }, since: { $lte: place }, to: { $gt: place } },
              past,
            ]),
          },
          { $project: { _id: 0, rid: 1, ...(this.#key.from === "reading" ? { key: this.#key.key } : {}) } },
        ]),
      ))
        matching.set(rid, key ?? null);
    const isOfReading = this.#key.from === "reading";
    return this.#keyed(
      there.flatMap((row) => {
        if (!matching.has(row._id)) return [];
        return isOfReading && !readsSo(row, place) ? [{ ...row, key: matching.get(row._id) ?? null }] : [row];
      }),
    );
  }

  async #satisfying(rows: readonly Row[], condition: Condition<never>): Promise<readonly number[]> {
    const { reading } = this.asker;
    const query = documentOf(condition);
    if (query === false) return [];
    const found = await inSlices(rows, (slice) =>
      reading.all<ResourceDocument>(
        reading.views.resources,
        allOf([{ _id: { $in: slice.map(({ _id }) => _id) } }, query]),
        { projection: { _id: 1 } },
      ),
    );
    return found.map(({ _id }) => _id);
  }

  async #keyed(rows: readonly Row[]): Promise<Match<string>[]> {
    const source = this.#key;
    if (source.from === "nothing" || source.from === "reading" || source.from === "resource")
      return rows.map(({ _id, key }) => [_id, key ?? null, this.name]);
    const keys = await keysOf(this.asker, source, rows);
    return rows.map(({ _id }) => [_id, keys.get(_id) ?? null, this.name]);
  }

  /** Without those who were erased after a walk began. Hardly any is erased: only then is more looked up. */
  async #there(rows: readonly Row[]): Promise<readonly Row[]> {
    const began = this.#began;
    if (began === undefined) return rows;
    const doubtful = rows.filter(({ erased, place }) => erased && place > began).map(({ _id }) => _id);
    if (doubtful.length === 0) return rows;
    const before = new Set(await erasedBy(this.asker, doubtful, began));
    const gone = new Set(doubtful.filter((rid) => !before.has(rid)));
    return rows.filter(({ _id }) => !gone.has(_id));
  }
}

/** Which of these were erased at a place or before it. */
export async function erasedBy({ reading }: Asker, rids: readonly number[], place: number): Promise<readonly number[]> {
  const events = await inSlices(rids, (slice) =>
    reading.all(
      reading.views.activity,
      { rid: { $in: slice }, _id: { $lte: place }, eventType: { $regex: "Erased\\z" } },
      { projection: { rid: 1 } },
    ),
  );
  return events.flatMap(({ rid }) => rid ?? []);
}

/** Terms apart without which nothing matches. */
function necessary(condition: Condition<Apart>): readonly Apart[] {
  if (typeof condition === "boolean") return [];
  if (condition.kind === "apart") return [condition.term];
  return condition.kind === "and"
    ? condition.of.flatMap((each) => (typeof each !== "boolean" && each.kind === "apart" ? [each.term] : []))
    : [];
}

const sorted = (numbers: readonly number[]): readonly number[] => [...new Set(numbers)].sort((a, b) => a - b);

const allOf = (all: readonly (Document | undefined)[]): Document => {
  const asked = all.filter((one): one is Document => one !== undefined && Object.keys(one).length > 0);
  return asked.length === 1 ? asked[0]! : { $and: asked };
};

export { OutOfTime };
