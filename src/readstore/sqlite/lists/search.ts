// Finds the resources of one type that match: through an index at once, else in slices, so that a deadline can end it.
import type { SQLInputValue } from "node:sqlite";
import type { Match, SortKey } from "../../matches.ts";
import type { Statements } from "../statements.ts";
import type { Inputs } from "./bindings.ts";
import { ABOVE_TEXT } from "./driving-term.ts";
import type { Plan, Statement } from "./plan.ts";

/** Resources looked at between two looks at the clock. */
const SLICE = 2_000;
const ALL = -1;
const END = Number.MAX_SAFE_INTEGER;

/** The time is over. */
export class OutOfTime extends Error {}

/** Candidates of a slice; `last`: the number of the last of them, END in the last slice. */
interface Slice {
  readonly statement: Statement;
  readonly values: readonly SQLInputValue[];
  readonly last: number;
}

export interface Stretch {
  readonly matches: Match[];
  /** How far it was looked: behind the last resource if everything was. */
  readonly upTo: number;
}

export const isWhole = ({ upTo }: Stretch): boolean => upTo === END;

export class Search {
  /** The resource type's name. */
  readonly type: string;
  readonly plan: Plan;
  readonly inputs: Inputs;
  readonly #statements: Statements;

  constructor(type: string, plan: Plan, inputs: Inputs, statements: Statements) {
    this.type = type;
    this.plan = plan;
    this.inputs = inputs;
    this.#statements = statements;
  }

  all(statement: Statement, ...more: SQLInputValue[]): unknown[] {
    return this.#statements.of(statement).all(...this.#values(statement), ...more);
  }

  one(statement: Statement, ...more: SQLInputValue[]): unknown {
    return this.#statements.of(statement).get(...this.#values(statement), ...more);
  }

  /** All matches, at most `limit`. */
  whole(limit: number): Match[] {
    return this.all(this.plan.whole, limit) as Match[];
  }

  /**
   * The first `enough` matches after a number, in the order of creation, as far as they were found before the deadline
   * (`performance.now()`). Throws OutOfTime where that is nowhere.
   */
  following(after: number, enough: number, deadline: number): Stretch {
    const matches: Match[] = [];
    let upTo = after;
    try {
      for (const { statement, values, last } of this.#slices(after, enough)) {
        const more = enough === END ? ALL : enough - matches.length;
        for (const match of this.all(statement, ...values, more) as Match[]) matches.push(match);
        if (matches.length >= enough) return { matches, upTo: (matches.at(-1) as Match)[0] };
        upTo = last;
        if (last !== END && performance.now() > deadline) throw new OutOfTime();
      }
    } catch (error) {
      if (!(error instanceof OutOfTime) || upTo === after) throw error;
    }
    return { matches, upTo };
  }

  /** All matches. Throws OutOfTime. */
  everything(deadline: number): Match[] {
    const stretch = this.following(0, END, deadline);
    if (!isWhole(stretch)) throw new OutOfTime();
    return stretch.matches;
  }

  *#slices(after: number, enough: number): Generator<Slice> {
    const { candidates } = this.plan;
    if (candidates === undefined) yield* this.#ranges(after);
    else yield* this.#amongCandidates(candidates, after, enough);
  }

  /** A first few of them may be enough: where they stand in order, the others are then not looked at. */
  *#amongCandidates(candidates: Statement, after: number, enough: number): Generator<Slice> {
    let last = after;
    for (const limit of enough === END ? [ALL] : [SLICE, ALL]) {
      const rids = (this.all(candidates, last, limit) as [number][]).map(([rid]) => rid);
      const isRest = limit === ALL || rids.length < limit;
      for (let from = 0; from < rids.length; from += SLICE) {
        const slice = rids.slice(from, from + SLICE);
        const isEnd = isRest && from + SLICE >= rids.length;
        last = slice.at(-1) as number;
        yield { statement: this.plan.among, values: [JSON.stringify(slice)], last: isEnd ? END : last };
      }
      if (rids.length === 0) yield { statement: this.plan.among, values: ["[]"], last: END };
      if (isRest) return;
    }
  }

  *#ranges(after: number): Generator<Slice> {
    const end = this.#statements.get(
      "SELECT rid FROM resources WHERE tenant = ? AND type = ? AND rid > ? ORDER BY rid LIMIT 1 OFFSET ?",
    );
    const { tenant, type } = this.inputs;
    for (let from = after; ; ) {
      const row = end.get(tenant, type, from, SLICE - 1) as unknown as [number] | undefined;
      const last = row?.[0] ?? END;
      yield { statement: this.plan.range, values: [from, last], last };
      if (row === undefined) return;
      from = row[0];
    }
  }

  /** The first `enough` matches behind a key in the order of an index; `after` is absent for the very first. */
  inOrder(order: "ascending" | "descending", after: Match | undefined, enough: number, deadline: number): Match[] {
    const matches: Match[] = [];
    // Those without a key are few, and come last; first when descending.
    const withKeys = () => this.#withKeys(matches, order, after, enough, deadline);
    const without = () => this.#withoutKeys(matches, after?.[1] === null ? after[0] : 0, enough);
    if (order === "ascending") {
      if (after?.[1] !== null) withKeys();
      without();
    } else {
      if (after === undefined || after[1] === null) without();
      withKeys();
    }
    return matches;
  }

  #withoutKeys(matches: Match[], after: number, enough: number): void {
    const { ordered } = this.plan;
    if (ordered === undefined || matches.length >= enough) return;
    for (const match of this.all(ordered.erased, after, enough - matches.length) as Match[]) matches.push(match);
  }

  #withKeys(
    matches: Match[],
    order: "ascending" | "descending",
    after: Match | undefined,
    enough: number,
    deadline: number,
  ): void {
    const { ordered, among } = this.plan;
    if (ordered === undefined) return;
    const isBehindKey = typeof after?.[1] === "string";
    let key: SQLInputValue = isBehindKey ? (after as Match)[1] : order === "ascending" ? "" : ABOVE_TEXT;
    let rid = isBehindKey ? (after as Match)[0] : 0;
    while (matches.length < enough) {
      const size = Math.min(SLICE, enough - matches.length);
      const entries = this.all(ordered[order], key, rid, size) as [number, SortKey][];
      const found = new Map<number, Match>();
      for (const match of this.all(among, JSON.stringify(entries.map(([one]) => one)), ALL) as Match[])
        found.set(match[0], match);
      for (const [one] of entries) {
        const match = found.get(one);
        if (match !== undefined) matches.push(match);
      }
      if (entries.length < size) return;
      [rid, key] = entries.at(-1) as [number, string];
      if (performance.now() > deadline) throw new OutOfTime();
    }
  }

  #values({ sources }: Statement): SQLInputValue[] {
    const { inputs } = this;
    return sources.map((source) => source(inputs));
  }
}
