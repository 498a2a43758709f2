// Reads the documents of those resources of one type that can match: whatever their own document rules out is left out.
import type { Document } from "mongodb";
import { exists, inSlices, SLICE } from "../reading/past.ts";
import type { Row } from "./candidate.ts";
import { allOf, type Condition, documentOf, possible } from "./condition.ts";
import type { Asker } from "./others.ts";
import type { Apart } from "./resource-condition.ts";

export type Order = Readonly<Record<string, 1 | -1>>;

export interface CandidateRowsParts {
  readonly asker: Asker;
  /** The resource type's name. */
  readonly type: string;
  readonly condition: Condition<Apart>;
  /** Whether erased values are asked for, which nobody has. */
  readonly isPersonal: boolean;
  /** The sort key as an expression on a document of `resources`; absent: it stands elsewhere. */
  readonly key?: unknown;
}

interface Reach {
  readonly sort?: Order;
  readonly limit?: number;
  /** The name of the index that is to find them. */
  readonly hint?: string;
}

export class CandidateRows {
  readonly #parts: CandidateRowsParts;
  /** What a document must satisfy to be looked at; undefined where none does. */
  readonly #possible: readonly Document[] | undefined;

  constructor(parts: CandidateRowsParts) {
    this.#parts = parts;
    const { place } = parts.asker;
    const own = documentOf(possible(parts.condition));
    // What read otherwise at the place is looked at whatever it reads now.
    if (own !== false)
      this.#possible = [this.ofType, place === undefined ? own : { $or: [{ since: { $gt: place } }, own] }];
  }

  /** Whether the filter is true of nobody. */
  get areNone(): boolean {
    return this.#possible === undefined;
  }

  /** Of the type, existing, and not without the values that are asked for. */
  get ofType(): Document {
    const { asker, type, isPersonal } = this.#parts;
    return allOf([{ tenant: asker.tenant, type, ...(isPersonal ? { erased: false } : {}) }, exists(asker.place)]);
  }

  /** Of a document that read at the place as it does now. */
  get readsSo(): Document {
    const { place } = this.#parts.asker;
    return place === undefined ? {} : { since: { $lte: place } };
  }

  /** Those among some others that can match. */
  async among(which: Document | undefined, reach: Reach = {}): Promise<readonly Row[]> {
    return this.#possible === undefined ? [] : this.whatever([...this.#possible, which], reach);
  }

  /** All of them in any order, so many at a time. */
  async *all(which: Document | undefined): AsyncGenerator<readonly Row[]> {
    if (this.#possible === undefined) return;
    const { reading } = this.#parts.asker;
    const stages = [{ $match: allOf([...this.#possible, which]) }, { $project: this.#fields }];
    yield* reading.pipelined<Row>(reading.views.resources, stages, SLICE);
  }

  /** Those that read otherwise since the place: something ended the reading that held then. */
  async changed(): Promise<readonly Row[]> {
    const { asker, type } = this.#parts;
    const { reading, tenant, place } = asker;
    if (place === undefined || this.#possible === undefined) return [];
    const ended = await reading.all(
      reading.views.versions,
      { _id: { $gt: place }, tenant, type, since: { $lte: place } },
      { projection: { rid: 1 } },
    );
    const rids = ended.map(({ rid }) => rid);
    return inSlices(rids, (slice) => this.among({ _id: { $in: slice } }));
  }

  /** Documents that satisfy all of some queries, whether they can match or not. */
  whatever(all: readonly (Document | undefined)[], { sort, limit, hint }: Reach = {}): Promise<Row[]> {
    const { reading } = this.#parts.asker;
    const stages = [
      { $match: allOf(all) },
      ...(sort === undefined ? [] : [{ $sort: sort }]),
      ...(limit === undefined ? [] : [{ $limit: limit }]),
      { $project: this.#fields },
    ];
    return reading.aggregate<Row>(reading.views.resources, stages, hint === undefined ? {} : { hint });
  }

  get #fields(): Document {
    const { key } = this.#parts;
    return { since: 1, place: 1, erased: 1, ...(key === undefined ? {} : { key }) };
  }
}
