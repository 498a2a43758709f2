// What bounds the work that a filter can cause.
export interface FilterLimits {
  /** UTF-16 units of the whole text. */
  readonly length: number;
  /** Parentheses and brackets around one term. */
  readonly depth: number;
  /** Comparisons and presence tests. */
  readonly terms: number;
}

/**
 * Bytes of UTF-8 of a text that something is compared with, in the form in which it is compared, which may be several times longer
 * than the written one. Every read store can look for so much: MongoDB's expressions hold twice as much.
 */
export const LONGEST_TEXT = 16_000;

export const FILTER_LIMITS: FilterLimits = { length: 10_000, depth: 20, terms: 200 };
