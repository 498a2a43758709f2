// What is asked of the resources of one type as SQL: the statements that find the numbers of all matches with their sort
// keys, in the forms in which they run. They are made once for all queries of the same shape.
import type { Source } from "./bindings.ts";

/** The first parameters come from the inputs; those that a form names follow. */
export interface Statement {
  readonly sql: string;
  readonly sources: readonly Source[];
}

/** Rows of `whole`, `range`, `among`, `erased` and `keyOf` are [rid, sort key, type]. */
export interface Plan {
  /** Right with these inputs and at this moment alone. */
  readonly isMomentary: boolean;
  /** An index finds the matches themselves, and few of them. */
  readonly isDirect: boolean;
  readonly isSorted: boolean;
  /** What is found, or its order, follows from names that others bear: their erasure changes it, also in the past. */
  readonly restsOnOthers: boolean;
  /** Comparisons in the filter. */
  readonly terms: number;
  /** Those of them (and keys to sort by) that are made with each candidate. */
  readonly tests: number;
  /** Counts the candidates, up to a bound (a parameter); and the bytes of them that each test may compare. */
  readonly probe: Statement;
  /**
   * Candidates with all that is read of them, in one: [whether it matches, or null for “too large to say here”, erased
   * subjects as `untested` counts them, columns of a resource]; parameter: at most so many. Where an index finds few, now.
   */
  readonly direct?: Statement;
  /** All matches in any order; parameter: at most so many. */
  readonly whole: Statement;
  /** Numbers of the candidates in their order; parameters: after, at most so many. Absent where every resource is one. */
  readonly candidates?: Statement;
  /** Matches in the order of creation; parameters: after, up to, at most so many. */
  readonly range: Statement;
  /** Matches among the numbers of a JSON array, in the order of creation; parameters: the array, at most so many. */
  readonly among: Statement;
  /** The key of a resource that is there; parameter: its number. */
  readonly keyOf: Statement;
  /** Present where an index has the keys in their order. */
  readonly ordered?: Ordered;
  /** Counts the erased subjects that the filter cannot test; absent where it asks for nothing that can be erased. */
  readonly untested?: Statement;
}

/** Of a sort by a value that every resource has, unless its person was erased. */
export interface Ordered {
  /** Rows are [rid, key]; parameters: after this key and number, at most so many. */
  readonly ascending: Statement;
  readonly descending: Statement;
  /** Matches among the erased in the order of creation; parameters: after, at most so many. */
  readonly erased: Statement;
}
