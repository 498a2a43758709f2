// The resources of one type that a search looks at, in slices: the few that something names, else all of the type.
import type { Document } from "mongodb";
import { SLICE } from "../reading/past.ts";
import type { Row } from "./candidate.ts";
import type { CandidateRows, Order } from "./candidate-rows.ts";
import type { FewCandidates } from "./few-candidates.ts";
import type { Way } from "./key-query.ts";
import type { Asker } from "./others.ts";

/** Above every number. */
export const END = Number.MAX_SAFE_INTEGER;
/** Resources that one query looks at in a walk, between two looks at the clock. */
const RANGE = 10_000;

const CREATION: Order = { _id: 1 };

/** Candidates in the order of creation, and how far they reach; END in the last slice. */
export interface Slice {
  readonly rows: readonly Row[];
  readonly upTo: number;
}

export interface CandidatesParts {
  readonly asker: Asker;
  /** The resource type's name. */
  readonly type: string;
  readonly rows: CandidateRows;
  readonly few: FewCandidates;
  readonly way: Way | undefined;
  /** Whether there is a condition that a candidate may fail. */
  readonly isFiltered: boolean;
}

export class Candidates {
  readonly #parts: CandidatesParts;

  constructor(parts: CandidatesParts) {
    this.#parts = parts;
  }

  /** In any order. */
  async *all(): AsyncGenerator<readonly Row[]> {
    const { rows, few } = this.#parts;
    if (rows.areNone) return;
    const named = await few.numbers();
    if (named === undefined) yield* rows.all(this.#wayNow);
    else
      for (let from = 0; from < named.length; from += SLICE)
        yield await rows.among({ _id: { $in: named.slice(from, from + SLICE) } });
  }

  /** After a number; `enough`: how many are, where every candidate matches. */
  async *following(after: number, enough: number): AsyncGenerator<Slice> {
    const { rows, few, isFiltered } = this.#parts;
    if (rows.areNone) return;
    if (!isFiltered) return yield* this.#everyone(after, enough);
    const named = await few.numbers();
    if (named === undefined) yield* this.#ranges(after);
    else yield* this.#named(named.filter((rid) => rid > after));
  }

  async *#everyone(after: number, enough: number): AsyncGenerator<Slice> {
    for (let from = after; from !== END; ) {
      const rows = await this.#parts.rows.among({ _id: { $gt: from } }, { sort: CREATION, limit: enough });
      from = rows.length < enough ? END : (rows.at(-1) as Row)._id;
      yield { rows, upTo: from };
    }
  }

  /** By ranges of numbers: where few match, a walk can say after each how far it came. */
  async *#ranges(after: number): AsyncGenerator<Slice> {
    for (let from = after; from !== END; ) {
      const upTo = await this.#endOfRange(from);
      const range = { _id: { $gt: from, $lte: upTo }, ...this.#wayNow };
      from = upTo;
      yield { rows: await this.#parts.rows.among(range, { sort: CREATION }), upTo };
    }
  }

  async *#named(left: readonly number[]): AsyncGenerator<Slice> {
    for (let from = 0; from < left.length; from += SLICE) {
      const slice = left.slice(from, from + SLICE);
      const rows = await this.#parts.rows.among({ _id: { $in: slice } }, { sort: CREATION });
      yield { rows, upTo: from + SLICE < left.length ? (slice.at(-1) as number) : END };
    }
  }

  async #endOfRange(from: number): Promise<number> {
    const { asker, type } = this.#parts;
    const last = await asker.reading.first(
      asker.reading.views.resources,
      { tenant: asker.tenant, type, _id: { $gt: from } },
      { sort: { _id: 1 }, skip: RANGE - 1, projection: { _id: 1 } },
    );
    return last?._id ?? END;
  }

  /** The keys of a document are those of now. */
  get #wayNow(): Document | undefined {
    return this.#parts.asker.place === undefined ? this.#parts.way?.query : undefined;
  }
}
