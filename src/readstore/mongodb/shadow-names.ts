// A shadow as MongoDB stores it. Names of its objects may hold dots (URNs of extensions do) and `$`, which query paths cannot
// reach: these are written as look-alikes that no attribute name and no URN has (RFC 7643 §2.1, RFC 8141 §2).
import type { Json, JsonObject } from "../../scim/json.ts";
import type { StoredShadow } from "./documents.ts";

const ESCAPES: readonly (readonly [from: string, to: string])[] = [
  [".", "\uff0e"],
  ["$", "\uff04"],
];

/** One name as a step of a query path. */
export const storedName = (name: string): string =>
  ESCAPES.reduce((stored, [from, to]) => (stored.includes(from) ? stored.replaceAll(from, to) : stored), name);

/** The name that is stored so. */
const originalName = (name: string): string =>
  ESCAPES.reduce((original, [from, to]) => (original.includes(to) ? original.replaceAll(to, from) : original), name);

/** A shadow with every name as it is stored. */
export const storedShadow = (shadow: JsonObject): StoredShadow => renamed(shadow, storedName) as StoredShadow;
/** The shadow that is stored so. */
export const originalShadow = (shadow: StoredShadow): JsonObject =>
  renamed(shadow as JsonObject, originalName) as JsonObject;

/** What has no name to be changed is not copied: nearly all of a shadow. */
function renamed(value: Json, rename: (name: string) => string): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const elements = value.map((element) => renamed(element, rename));
    return elements.every((element, at) => element === value[at]) ? value : elements;
  }
  const names = Object.keys(value);
  const fresh = names.map((name) => [rename(name), renamed(value[name]!, rename)] as const);
  const isSame = fresh.every(([name, inner], at) => name === names[at] && inner === value[name]);
  return isSame ? value : Object.fromEntries(fresh);
}

/** What a value at an indexed path is found by: as BSON keeps it, which has no lone surrogates. */
export const keyOf = (path: string, value: string): string => `${path}\u0000${value}`.toWellFormed();
