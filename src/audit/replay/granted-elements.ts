// Elements of `roles` and `entitlements` by their value: PATCH operations (RFC 7644 §3.5.2) that touch no other one.
import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, type JsonObject } from "../../scim/json.ts";

/** The elements of an attribute: before an event, after it, and now. */
export interface Elements {
  readonly before: readonly JsonObject[];
  readonly after: readonly JsonObject[];
  readonly now: readonly JsonObject[];
}

/** What an event of somebody's gave. */
export function removing(path: string, value: string, { before, after, now }: Elements): readonly JsonObject[] {
  const selector = `value eq ${JSON.stringify(value)}`;
  if (bearing(now, value).length <= 1) return [{ op: "remove", path: `${path}[${selector}]` }];
  // Others gave the same value in an element of another type.
  return without(bearing(after, value), before).map(({ type }) => ({
    op: "remove",
    path: `${path}[${selector} and ${type === undefined ? "not (type pr)" : `type eq ${JSON.stringify(type)}`}]`,
  }));
}

/** What it took. */
export function adding(path: string, value: string, { before, after, now }: Elements): readonly JsonObject[] {
  const lost = without(bearing(before, value), after);
  // A second primary element would take that from the first (RFC 7644 §3.5.2).
  const hasPrimary = now.some(({ primary }) => primary === true);
  const elements = hasPrimary ? lost.map(({ primary: _, ...element }) => element) : [...lost];
  return elements.length === 0 ? [] : [{ op: "add", path, value: elements }];
}

export const elementsIn = (attribute: Json | undefined): readonly JsonObject[] =>
  Array.isArray(attribute) ? attribute.filter(isObject) : [];

const bearing = (elements: readonly JsonObject[], value: string): readonly JsonObject[] =>
  elements.filter((element) => element["value"] === value);

const without = (elements: readonly JsonObject[], others: readonly JsonObject[]): readonly JsonObject[] =>
  elements.filter((element) => !others.some((other) => isDeepStrictEqual(element, other)));
