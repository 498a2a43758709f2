// Which of some candidates match, and what they are sorted by: as of a place a candidate either reads now as it did then, or
// its reading of then is tested.
import type { Match, SortKey } from "../../matches.ts";
import type { ResourceDocument } from "../documents.ts";
import { erasedBy, inSlices, readsSo } from "../reading/past.ts";
import type { Row } from "./candidate.ts";
import { allOf, apartIn, type Condition, decided, documentOf } from "./condition.ts";
import { keysOf } from "./key-finder.ts";
import type { Asker } from "./others.ts";
import type { Apart } from "./resource-condition.ts";
import type { SemiJoins } from "./semi-joins.ts";
import type { KeySource } from "./sort-key.ts";

export interface TesterParts {
  readonly asker: Asker;
  /** The resource type's name. */
  readonly type: string;
  readonly condition: Condition<Apart>;
  readonly key: KeySource;
  readonly joins: SemiJoins;
  /** The place at which a walk that goes on began. */
  readonly began: number | undefined;
}

/** Numbers with the sort keys that were found beside them. */
type Found = ReadonlyMap<number, SortKey | undefined>;
const NOTHING: Found = new Map();

export class Tester {
  readonly #parts: TesterParts;

  constructor(parts: TesterParts) {
    this.#parts = parts;
  }

  /** Those that match, with their keys. */
  async matching(rows: readonly Row[]): Promise<Match<string>[]> {
    const { asker, condition, joins } = this.#parts;
    const there = await this.there(rows);
    const terms = apartIn(condition);
    const [early, late] = this.#apart(there);
    if (terms.length === 0 && late.length === 0) return this.#withKeys(there, NOTHING);
    const decisions = new Map<Apart, readonly number[]>();
    for (const term of terms) decisions.set(term, await joins.among(term, there));
    const numbers = (term: Apart): readonly number[] => decisions.get(term) ?? [];
    // Without terms apart, the query that found the early ones has tested all of the condition.
    const now =
      terms.length === 0
        ? early.map(({ _id }) => _id)
        : await satisfying(asker, early, decided(condition, "_id", numbers));
    const then = await this.#satisfied(late, decided(condition, "rid", numbers));
    const matching = new Set([...now, ...then.keys()]);
    return this.#withKeys(
      there.filter(({ _id }) => matching.has(_id)),
      then,
    );
  }

  /** With their keys, whether they match or not. */
  async keyed(rows: readonly Row[]): Promise<Match<string>[]> {
    const there = await this.there(rows);
    const [, late] = this.#apart(there);
    return this.#withKeys(there, await this.#satisfied(late, true));
  }

  /** Without those who were erased after a walk began. Hardly any is erased: only then is more looked up. */
  async there(rows: readonly Row[]): Promise<readonly Row[]> {
    const { asker, began } = this.#parts;
    if (began === undefined) return rows;
    const doubtful = rows.filter(({ erased, place }) => erased && place > began).map(({ _id }) => _id);
    if (doubtful.length === 0) return rows;
    const before = await erasedBy(asker.reading, doubtful, began);
    const gone = new Set(doubtful.filter((rid) => !before.has(rid)));
    return rows.filter(({ _id }) => !gone.has(_id));
  }

  /** Those that read at the place as they do now, and those that read otherwise since. */
  #apart(rows: readonly Row[]): readonly [early: readonly Row[], late: readonly Row[]] {
    const { place } = this.#parts.asker;
    const isEarly = (row: Row): boolean => readsSo(row, place);
    return [rows.filter(isEarly), rows.filter((row) => !isEarly(row))];
  }

  /** Of those that read otherwise since: whose readings at the place satisfy a condition, with the keys of these. */
  async #satisfied(late: readonly Row[], condition: Condition<never>): Promise<Found> {
    const { asker, key: source } = this.#parts;
    const { reading, place } = asker;
    const query = documentOf(condition);
    if (late.length === 0 || query === false) return NOTHING;
    const key = source.from === "reading" ? { key: source.key } : {};
    const found = await inSlices(late, (slice) => {
      const rids = slice.map(({ _id }) => _id);
      return reading.aggregate<{ readonly rid: number; readonly key?: SortKey }>(reading.views.versions, [
        { $match: allOf([{ rid: { $in: rids }, since: { $lte: place }, to: { $gt: place } }, query]) },
        { $project: { _id: 0, rid: 1, ...key } },
      ]);
    });
    return new Map(found.map(({ rid, key: found }) => [rid, found]));
  }

  /** `then`: what past readings say, of those whose documents read otherwise now. */
  async #withKeys(rows: readonly Row[], then: Found): Promise<Match<string>[]> {
    const { asker, type, key: source } = this.#parts;
    if (source.from === "nothing" || source.from === "resource")
      return rows.map(({ _id, key }) => [_id, key ?? null, type]);
    if (source.from === "reading")
      return rows.map(({ _id, key }) => [_id, (then.has(_id) ? then.get(_id) : key) ?? null, type]);
    const keys = await keysOf(asker, source, rows);
    return rows.map(({ _id }) => [_id, keys.get(_id) ?? null, type]);
  }
}

/** The numbers of those whose documents satisfy a condition. */
async function satisfying(
  { reading }: Asker,
  rows: readonly Row[],
  condition: Condition<never>,
): Promise<readonly number[]> {
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
