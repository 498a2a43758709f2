// What a search finds, and the order in which it is listed.
import { compareText } from "../scim/comparable.ts";
import type { Listed } from "./read-store.ts";

export type SortKey = string | number | null;
/** `type`: how the adapter tells the resource types apart. */
export type Match<Type = number> = [rid: number, key: SortKey, type: Type];
export type Order = (a: Match<unknown>, b: Match<unknown>) => number;

const byCreation: Order = ([a], [b]) => a - b;
/** Ascending, those without a value come last (RFC 7644 §3.4.2.3). */
const ascending: Order = ([a, x], [b, y]) => compareKeys(x, y) || a - b;
const descending: Order = ([a, x], [b, y]) => compareKeys(y, x) || a - b;

export const orderOf = ({ sort }: Pick<Listed, "sort">): Order =>
  sort === undefined ? byCreation : sort === "descending" ? descending : ascending;

/** Attributes of one name may be of several types, in as many resource types: numbers come before texts. */
function compareKeys(a: SortKey, b: SortKey): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === "string") return typeof b === "string" ? compareText(a, b) : 1;
  return typeof b === "string" ? -1 : a - b;
}
