// The resources of one type that are looked at: through an index, through the few others that a term is true of, else all.
import type { Document } from "mongodb";
import type { SortKey } from "../matches.ts";
import { allOf, type Condition, documentOf, possible } from "./condition.ts";
import type { ResourceDocument } from "./documents.ts";
import { isPrecise, type Way } from "./key-query.ts";
import type { Asker } from "./others.ts";
import { exists, inSlices, SLICE } from "./past.ts";
import { changedResources } from "./recency.ts";
import type { Apart } from "./resource-condition.ts";
import type { Candidate, SemiJoins } from "./semi-joins.ts";

/** Above every number. */
export const END = Number.MAX_SAFE_INTEGER;
/** Resources that one query looks at in a walk, between two looks at the clock. */
const RANGE = 10_000;

type Order = Readonly<Record<string, 1 | -1>>;
const CREATION: Order = { _id: 1 };

/** A candidate as its document says; the sort key where it says that. */
export interface Row extends Candidate {
  readonly erased: boolean;
  readonly key?: SortKey;
}

/** Candidates in the order of creation, and how far they reach; END in the last slice. */
export interface Slice {
  readonly rows: readonly Row[];
  readonly upTo: number;
}

export interface CandidatesParts {
  readonly asker: Asker;
  /** The resource type's name. */
  readonly type: string;
  readonly condition: Condition<Apart>;
  readonly way: Way | undefined;
  /** The instant since when every match was created or changed, where the filter says one. */
  readonly since: number | undefined;
  /** Whether erased values are asked for, which nobody has. */
  readonly isPersonal: boolean;
  readonly joins: SemiJoins;
  /** The sort key as an expression on a document of `resources`; absent: it stands elsewhere. */
  readonly key?: unknown;
}

export class Candidates {
  readonly #parts: CandidatesParts;
  #recent: Promise<readonly number[] | undefined> | undefined;

  constructor(parts: CandidatesParts) {
    this.#parts = parts;
  }

  /** Of the type, existing, and not without the values that are asked for. */
  get ofType(): Document {
    const { asker, type, isPersonal } = this.#parts;
    return allOf([{ tenant: asker.tenant, type, ...(isPersonal ? { erased: false } : {}) }, exists(asker.place)]);
  }

  /** In any order. */
  async *all(): AsyncGenerator<readonly Row[]> {
    const possible = this.#possible();
    if (possible === undefined) return;
    const named = await this.#named();
    if (named === undefined) {
      const { reading } = this.#parts.asker;
      const query = allOf([...possible, this.#wayNow()]);
      yield* reading.pipelined<Row>(reading.views.resources, [{ $match: query }, { $project: this.#fields() }], SLICE);
      return;
    }
    for (let from = 0; from < named.length; from += SLICE)
      yield await this.rows([...possible, { _id: { $in: named.slice(from, from + SLICE) } }]);
  }

  /** After a number; `enough`: how many are, where every candidate matches. */
  async *following(after: number, enough: number): AsyncGenerator<Slice> {
    const possible = this.#possible();
    if (possible === undefined) return;
    if (this.#parts.condition === true) yield* this.#everyone(possible, after, enough);
    else {
      const named = await this.#named();
      if (named === undefined) yield* this.#ranges(possible, after);
      else yield* this.#among(possible, named, after);
    }
  }

  /** Some of them, in this order. */
  async some(
    which: Document,
    options: { readonly sort: Order; readonly limit?: number; readonly hint?: string },
  ): Promise<readonly Row[]> {
    const possible = this.#possible();
    return possible === undefined ? [] : this.rows([...possible, which], options);
  }

  /** Whether a document reads at the place as it does now. */
  get readsSo(): Document {
    const { place } = this.#parts.asker;
    return place === undefined ? {} : { since: { $lte: place } };
  }

  /** Those that read otherwise since the place: something ended the reading that held then. */
  async changed(): Promise<readonly Row[]> {
    const { asker, type } = this.#parts;
    const { reading, tenant, place } = asker;
    const possible = this.#possible();
    if (place === undefined || possible === undefined) return [];
    const ended = await reading.all(
      reading.views.versions,
      { _id: { $gt: place }, tenant, type, since: { $lte: place } },
      { projection: { rid: 1 } },
    );
    const rids = ended.map(({ rid }) => rid);
    return inSlices(rids, (slice) => this.rows([...possible, { _id: { $in: slice } }]));
  }

  /** Documents of `resources`, whatever the condition says of them. */
  rows(
    all: readonly (Document | undefined)[],
    { sort, limit, hint }: { readonly sort?: Order; readonly limit?: number; readonly hint?: string } = {},
  ): Promise<Row[]> {
    const { reading } = this.#parts.asker;
    const pipeline = [
      { $match: allOf(all) },
      ...(sort === undefined ? [] : [{ $sort: sort }]),
      ...(limit === undefined ? [] : [{ $limit: limit }]),
      { $project: this.#fields() },
    ];
    return reading.aggregate<Row>(reading.views.resources, pipeline, hint === undefined ? {} : { hint });
  }

  async *#everyone(possible: readonly Document[], after: number, enough: number): AsyncGenerator<Slice> {
    for (let from = after; from !== END; ) {
      const rows = await this.rows([...possible, { _id: { $gt: from } }], { sort: CREATION, limit: enough });
      from = rows.length < enough ? END : (rows.at(-1) as Row)._id;
      yield { rows, upTo: from };
    }
  }

  async *#ranges(possible: readonly Document[], after: number): AsyncGenerator<Slice> {
    for (let from = after; from !== END; ) {
      const upTo = await this.#endOfRange(from);
      const range = { _id: { $gt: from, $lte: upTo } };
      from = upTo;
      yield { rows: await this.rows([...possible, range, this.#wayNow()], { sort: CREATION }), upTo };
    }
  }

  async *#among(possible: readonly Document[], named: readonly number[], after: number): AsyncGenerator<Slice> {
    const left = named.filter((rid) => rid > after);
    for (let from = 0; from < left.length; from += SLICE) {
      const slice = left.slice(from, from + SLICE);
      const rows = await this.rows([...possible, { _id: { $in: slice } }], { sort: CREATION });
      yield { rows, upTo: from + SLICE < left.length ? (slice.at(-1) as number) : END };
    }
  }

  async #endOfRange(from: number): Promise<number> {
    const { asker, type } = this.#parts;
    const last = await asker.reading.first<ResourceDocument>(
      asker.reading.views.resources,
      { tenant: asker.tenant, type, _id: { $gt: from } },
      { sort: { _id: 1 }, skip: RANGE - 1, projection: { _id: 1 } },
    );
    return last?._id ?? END;
  }

  /** What a document must satisfy to be looked at, in the past whatever it reads now; undefined where none does. */
  #possible(): readonly Document[] | undefined {
    const { condition, asker } = this.#parts;
    const own = documentOf(possible(condition));
    if (own === false) return undefined;
    const { place } = asker;
    return [this.ofType, place === undefined ? own : { $or: [{ since: { $gt: place } }, own] }];
  }

  /** The keys of a document are those of now. */
  #wayNow(): Document | undefined {
    return this.#parts.asker.place === undefined ? this.#parts.way?.query : undefined;
  }

  /** The numbers of candidates in their order; undefined where the whole type has to be looked at. */
  async #named(): Promise<readonly number[] | undefined> {
    const { way, asker, condition, joins } = this.#parts;
    if (way !== undefined && isPrecise(way) && (asker.place === undefined || way.on === "keys"))
      return inOrder(await this.#bearers(way));
    for (const term of necessary(condition)) {
      if (term.on !== "groups" && term.on !== "members") continue;
      const few = await joins.fewOf(term);
      if (few !== undefined) return inOrder(await joins.mineOf(term, few));
    }
    return this.recent();
  }

  /** Those that were created or changed lately, if the filter asks for no others, in their order. */
  async recent(): Promise<readonly number[] | undefined> {
    const { asker, since } = this.#parts;
    if (since === undefined) return undefined;
    this.#recent ??= changedResources(asker, since);
    const recent = await this.#recent;
    return recent === undefined ? undefined : inOrder(recent);
  }

  /** Whoever bears the value now, or bore it at the place. */
  async #bearers({ query }: Way): Promise<readonly number[]> {
    const { asker, type } = this.#parts;
    const { reading, tenant, place } = asker;
    const bears = { tenant, type, ...query };
    const now = await reading.all(reading.views.resources, bears, { projection: { _id: 1 } });
    const rids = now.map(({ _id }) => _id);
    if (place === undefined) return rids;
    const held = { ...bears, since: { $lte: place }, to: { $gt: place } };
    const then = await reading.all(reading.views.versions, held, { projection: { rid: 1 } });
    return [...rids, ...then.map(({ rid }) => rid)];
  }

  #fields(): Document {
    const { key } = this.#parts;
    return { since: 1, place: 1, erased: 1, ...(key === undefined ? {} : { key }) };
  }
}

/** Terms apart without which nothing matches. */
function necessary(condition: Condition<Apart>): readonly Apart[] {
  if (typeof condition === "boolean") return [];
  if (condition.kind === "apart") return [condition.term];
  if (condition.kind !== "and") return [];
  return condition.of.flatMap((each) => (typeof each !== "boolean" && each.kind === "apart" ? [each.term] : []));
}

const inOrder = (numbers: readonly number[]): readonly number[] => [...new Set(numbers)].sort((a, b) => a - b);
