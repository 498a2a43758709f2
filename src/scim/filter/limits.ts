// What bounds the work that a filter can cause.
export interface FilterLimits {
  /** UTF-16 units of the whole text. */
  readonly length: number;
  /** Parentheses and brackets around one term. */
  readonly depth: number;
  /** Comparisons and presence tests. */
  readonly terms: number;
}

export const FILTER_LIMITS: FilterLimits = { length: 10_000, depth: 20, terms: 200 };
