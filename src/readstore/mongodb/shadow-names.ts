// A shadow as MongoDB stores it. Names of its objects may hold dots (URNs of extensions do) and `$`, which query paths cannot
// reach: these are written as look-alikes that no attribute name and no URN has (RFC 7643 §2.1, RFC 8141 §2).
import type { Json, JsonObject } from "../../scim/json.ts";
import type { StoredShadow } from "./documents.ts";

const DOT = "\uff0e";
const DOLLAR = "\uff04";

/** One name as a step of a query path. */
export const storedName = (name: string): string =>
  name.includes(".") || name.includes("$") ? name.replaceAll(".", DOT).replaceAll("$", DOLLAR) : name;

/** The name that is stored so. */
const originalName = (name: string): string =>
  name.includes(DOT) || name.includes(DOLLAR) ? name.replaceAll(DOT, ".").replaceAll(DOLLAR, "$") : name;

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
  let fresh: [name: string, inner: Json][] | undefined;
  for (const [at, name] of names.entries()) {
    const inner = renamed(value[name]!, rename);
    const given = rename(name);
    if (fresh === undefined && (given !== name || inner !== value[name]))
      fresh = names.slice(0, at).map((before) => [before, value[before]!]);
    fresh?.push([given, inner]);
  }
  return fresh === undefined ? value : Object.fromEntries(fresh);
}

/** What a value at an indexed path is found by: as BSON keeps it, which has no lone surrogates. */
export const keyOf = (path: string, value: string): string => `${path}\u0000${value}`.toWellFormed();
