import type { Filter } from "./filter.ts";

/** How many comparisons and presence tests a filter has. */
export function termsOf(filter: Filter): number {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.reduce((terms, term) => terms + termsOf(term), 0);
    case "not":
      return termsOf(filter.term);
    case "element":
      return termsOf(filter.filter);
    default:
      return 1;
  }
}
