// A shadow as MongoDB stores it. Names of its objects may hold dots (URNs of extensions do) and `$`, which query paths cannot
// reach: these are written as look-alikes that no attribute name and no URN has (RFC 7643 §2.1, RFC 8141 §2).
import type { Json, JsonObject } from "../../scim/json.ts";
import type { StoredShadow } from "./collections.ts";

const ESCAPES: readonly (readonly [from: string, to: string])[] = [
  [".", "\uff0e"],
  ["$", "\uff04"],
];

/** One name as a step of a query path. */
export const storedName = (name: string): string =>
  ESCAPES.reduce((stored, [from, to]) => (stored.includes(from) ? stored.replaceAll(from, to) : stored), name);

/** A shadow with every name as it is stored. */
export const storedShadow = (shadow: JsonObject): StoredShadow => stored(shadow) as StoredShadow;

function stored(value: Json): Json {
  if (Array.isArray(value)) return value.map(stored);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [storedName(name), stored(inner)]));
}

/** What a value at an indexed path is found by. */
export const keyOf = (path: string, value: string): string => `${path}\u0000${value}`;
