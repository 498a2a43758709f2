// What a filter consists of.
import type { Comparison, Filter } from "./filter.ts";

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

/** Its comparisons, in the order of its text. */
export function comparisonsOf(filter: Filter): readonly Comparison[] {
  switch (filter.kind) {
    case "compare":
      return [filter];
    case "and":
    case "or":
      return filter.terms.flatMap(comparisonsOf);
    case "not":
      return comparisonsOf(filter.term);
    case "element":
      return comparisonsOf(filter.filter);
    case "present":
      return [];
    default:
      return filter satisfies never;
  }
}

/**
 * The same for two filters exactly if they differ in nothing but values of the same kind: what was made for the one (of the
 * same resource type) serves the other.
 */
export function shapeOf(filter: Filter): string {
  switch (filter.kind) {
    case "compare":
      return `${filter.path.text} ${filter.operator} ${filter.value === "" ? "empty" : typeof filter.value}`;
    case "present":
      return `${filter.path.text} pr`;
    case "and":
    case "or":
      return `(${filter.terms.map(shapeOf).join(` ${filter.kind} `)})`;
    case "not":
      return `not ${shapeOf(filter.term)}`;
    case "element":
      return `${filter.path.text}[${shapeOf(filter.filter)}]`;
    default:
      return filter satisfies never;
  }
}
