// What one request may make the service compare. Operations, terms, elements and texts are each bounded, and yet the
// product of all bounds would hold up everybody else for minutes: so what is bounded is the product.
import { tooLarge } from "./errors.ts";
import type { Filter } from "./filter/filter.ts";
import { termsOf } from "./filter/terms.ts";
import { isObject, type Json } from "./json.ts";

/** UTF-16 units that may be compared, about a tenth of a second. */
const MOST = 20_000_000;
/** What a value costs beside its text. */
const VALUE = 10;

export class Work {
  #left = MOST;

  /** Counts one walk over a list that compares its values with a filter, or with other values; 413 beyond the limit. */
  walk(elements: Json, filter: Filter | undefined): void {
    this.spend(weightOf(elements), filter);
  }

  /** Counts a walk over values of so many UTF-16 units in all. */
  spend(units: number, filter: Filter | undefined): void {
    this.#left -= units * (filter === undefined ? 1 : termsOf(filter));
    if (this.#left < 0) throw tooLarge("The PATCH has too many operations on lists that are too long.");
  }
}

/** What a value takes to compare or to keep, about: UTF-16 units of its texts, and something for each value. */
export function weightOf(value: Json): number {
  if (typeof value === "string") return VALUE + value.length;
  let weight = VALUE;
  if (Array.isArray(value)) for (const element of value) weight += weightOf(element);
  else if (isObject(value)) for (const name of Object.keys(value)) weight += weightOf(value[name] as Json);
  return weight;
}
