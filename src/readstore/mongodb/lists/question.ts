// A list that is asked for, ready to be searched in one snapshot: what its window and the pages of its walk have in common.
import type { Document } from "mongodb";
import { ordinalOf } from "../../../eventlog/event-log.ts";
import type { Match } from "../../matches.ts";
import { type Listed, PAGE_LENGTH, type ReadResource, type WalkPlace } from "../../read-store.ts";
import { exists } from "../reading/past.ts";
import type { Reading } from "../reading/reading.ts";
import { resourcesOf } from "../reading/resource-reader.ts";
import { countId } from "../state-ids.ts";
import { Search } from "./search.ts";

/** Resources that are read at once: of large ones a page takes no more than a few. */
const AT_ONCE = 250;

export class Question {
  readonly listed: Listed;
  readonly searches: readonly Search[];
  readonly reading: Reading;
  /** The place in the log as of which it is answered; absent: now. */
  readonly place: number | undefined;

  constructor(listed: Listed & { readonly after?: WalkPlace }, reading: Reading, baseUrl: string) {
    this.listed = listed;
    this.reading = reading;
    this.place = listed.asOf === undefined ? undefined : ordinalOf(listed.asOf);
    const asker = { reading, tenant: listed.tenant, place: this.place, baseUrl };
    this.searches = listed.of.map((asked) => new Search(listed.after, asked, asker));
  }

  get isFiltered(): boolean {
    return this.listed.of.some(({ filter }) => filter !== undefined);
  }

  /** How many can match at most, as far as that is known. */
  get most(): number {
    return this.searches.reduce((most, search) => most + search.most, 0);
  }

  /** All matches in any order. Throws OutOfTime. */
  async everything(): Promise<Match<string>[]> {
    const all: Match<string>[] = [];
    for (const search of this.searches) for (const match of await search.everything()) all.push(match);
    return all;
  }

  /** How many match; of a list whose searches are served, or without filters. */
  async count(): Promise<number> {
    if (!this.isFiltered) return this.#population();
    let total = 0;
    for (const search of this.searches) {
      const query = search.served();
      if (query !== false) total += await this.reading.count(this.reading.views.resources, query);
    }
    return total;
  }

  async #population(): Promise<number> {
    const { tenant, of } = this.listed;
    const { counts, resources } = this.reading.views;
    const types = of.map(({ type }) => type.name);
    if (types.length === 0) return 0;
    if (this.place !== undefined)
      return this.reading.count(resources, { $and: [{ tenant, type: { $in: types } }, exists(this.place)] });
    const kept = await this.reading.all(counts, { _id: { $in: types.map((type) => countId({ tenant, type })) } });
    return kept.reduce((total, { live }) => total + live, 0);
  }

  /** A window on a list whose searches are served; without the keys, which are in order. */
  async window(skip: number, limit: number): Promise<readonly Match<string>[]> {
    const { sort } = this.listed;
    const [first, ...others] = this.searches.flatMap((search) => {
      const query = search.served();
      return query === false ? [] : [sort === undefined ? firstOf(query, skip + limit) : keyedOf(query, search.key)];
    });
    if (first === undefined || limit <= 0) return [];
    const { resources } = this.reading.views;
    const unions = others.map((stages) => ({
      $unionWith: { coll: resources.collectionName, pipeline: stages },
    }));
    const found = await this.reading.aggregate<{ _id: number }>(resources, [
      ...first,
      ...unions,
      ...orderStages(sort),
      ...(skip > 0 ? [{ $skip: skip }] : []),
      { $limit: limit },
      { $project: { _id: 1 } },
    ]);
    return found.map(({ _id }) => [_id, null, ""]);
  }

  /** Erased subjects that the filters could not test; absent where they ask for no erased value. */
  async untested(): Promise<{ readonly untested?: number }> {
    let untested: number | undefined;
    for (const search of this.searches) if (search.isPersonal) untested = (untested ?? 0) + (await search.erased());
    return untested === undefined ? {} : { untested };
  }

  /** As many of the resources as fit on a page. */
  async read(rids: readonly number[]): Promise<ReadResource[]> {
    const page: ReadResource[] = [];
    let length = 0;
    for (let from = 0; from < rids.length; from += AT_ONCE)
      for (const resource of await resourcesOf(this.reading, rids.slice(from, from + AT_ONCE), this.place)) {
        length += resource.body.length;
        if (length > PAGE_LENGTH && page.length > 0) return page;
        page.push(resource);
      }
    return page;
  }
}

/** The first ones, as an index has them: nothing may stand between the match and the sort, or all matches are sorted. */
const firstOf = (query: Document, count: number): Document[] => [
  { $match: query },
  { $sort: { _id: 1 } },
  { $limit: count },
  { $project: { _id: 1 } },
];

/** All of them, with what they are sorted by. */
const keyedOf = (query: Document, key: unknown): Document[] => [{ $match: query }, { $project: { _id: 1, key } }];

/** Numbers come before texts by themselves; those without a value last, or first when descending. */
function orderStages(sort: Listed["sort"]): Document[] {
  if (sort === undefined) return [{ $sort: { _id: 1 } }];
  const direction = sort === "ascending" ? 1 : -1;
  const lacks = { $cond: [{ $eq: [{ $ifNull: ["$key", null] }, null] }, 1, 0] };
  return [{ $set: { lacks } }, { $sort: { lacks: direction, key: direction, _id: 1 } }];
}
