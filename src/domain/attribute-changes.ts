// What differs between two states of a resource as canonical changes: per attribute, per sub-attribute of a complex one, per
// element of a multi-valued one, so that blame and diff need no guessing.
import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, type JsonObject } from "../scim/json.ts";
import { type Attribute, isSecret, type ResourceType } from "../scim/schema/characteristics.ts";
import { asList, type Place, places, placesByPath, valueAt } from "./attribute-places.ts";
import type { AttributeSet } from "./attributes.ts";
import type { AttributeChange } from "./events.ts";

/**
 * The changes that turn one set of attributes into another; none where they are equal. The order of elements is not a
 * change (RFC 7643 §2.4 gives it no meaning).
 */
export function changesBetween(type: ResourceType, from: AttributeSet, to: JsonObject): readonly AttributeChange[] {
  const changes: AttributeChange[] = [];
  let nextElement = from.nextElement;
  for (const place of places(type)) {
    const before = valueAt(from.attributes, place);
    const after = valueAt(to, place);
    if (before === after) continue;
    if (place.attribute.multiValued) {
      const ids = from.elements[place.path] ?? [];
      nextElement = elementChanges(place.path, asList(before), ids, asList(after), nextElement, changes);
    } else if (place.attribute.type === "complex") {
      complexChanges(place, before, after, changes);
    } else if (!isDeepStrictEqual(before, after)) {
      changes.push(change(place.path, undefined, before, after));
    }
  }
  return changes;
}

/**
 * The changes as events have them: without values that are never returned. A log of version 0.2.0 may hold such values, and
 * what is written anew repeats none of them.
 */
export const changesToWrite = (type: ResourceType, from: AttributeSet, to: JsonObject): AttributeChange[] =>
  changesBetween(type, from, to).map((one) => {
    const found = placesByPath(type).get(one.path);
    const sub = found?.place.attribute.subAttributes?.find(({ name }) => name === found.sub);
    if (found === undefined || !holdsSecrets(found.place.attribute)) return one;
    const { before, after, ...where } = one;
    const told = (value: Json | undefined) => tellable(sub ?? found.place.attribute, value);
    return { ...where, ...assigned("before", told(before)), ...assigned("after", told(after)) };
  });

const holdsSecrets = (attribute: Attribute): boolean =>
  isSecret(attribute) || attribute.subAttributes?.some(isSecret) === true;

/** The value, or element, without what is never returned in it; undefined if nothing is left. */
function tellable(attribute: Attribute, value: Json | undefined): Json | undefined {
  if (isSecret(attribute)) return undefined;
  if (!isObject(value)) return value;
  const secrets = new Set(attribute.subAttributes?.filter(isSecret).map(({ name }) => name));
  const rest = Object.entries(value).filter(([name]) => !secrets.has(name));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

function change(
  path: string,
  element: string | undefined,
  before: Json | undefined,
  after: Json | undefined,
): AttributeChange {
  return {
    path,
    ...(element === undefined ? {} : { element }),
    ...assigned("before", before),
    ...assigned("after", after),
  };
}

const assigned = (name: "before" | "after", value: Json | undefined) => (value === undefined ? {} : { [name]: value });

function complexChanges(
  place: Place,
  before: Json | undefined,
  after: Json | undefined,
  changes: AttributeChange[],
): void {
  const old = isObject(before) ? before : {};
  const next = isObject(after) ? after : {};
  for (const sub of place.attribute.subAttributes ?? []) {
    if (!isDeepStrictEqual(old[sub.name], next[sub.name])) {
      changes.push(change(`${place.path}.${sub.name}`, undefined, old[sub.name], next[sub.name]));
    }
  }
}

/**
 * Pairs the elements of two lists: equal ones first, then by `value`, then by `type`; the rest was removed or added.
 * Returns the next unused element number.
 */
function elementChanges(
  path: string,
  before: readonly Json[],
  ids: readonly string[],
  after: readonly Json[],
  nextElement: number,
  changes: AttributeChange[],
): number {
  const left = new Set(before.keys());
  const right = new Set(after.keys());
  const pairs = new Map<number, number>();
  for (const key of [whole, sameValue, sameType]) {
    const candidates = new Map<string, number[]>();
    for (const index of left) {
      const text = key(before[index]!);
      if (text !== undefined) candidates.set(text, [...(candidates.get(text) ?? []), index]);
    }
    for (const index of right) {
      const text = key(after[index]!);
      const match = text === undefined ? undefined : candidates.get(text)?.shift();
      if (match === undefined) continue;
      left.delete(match);
      right.delete(index);
      if (key !== whole) pairs.set(match, index);
    }
  }
  for (const [index, value] of before.entries()) {
    const pair = pairs.get(index);
    if (pair !== undefined) changes.push(change(path, ids[index], value, after[pair]));
    else if (left.has(index)) changes.push(change(path, ids[index], value, undefined));
  }
  let next = nextElement;
  for (const index of right) changes.push(change(path, String(next++), undefined, after[index]));
  return next;
}

const whole = (value: Json): string =>
  isObject(value) ? JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : JSON.stringify(value);
const textOf = (name: string) => (value: Json) =>
  isObject(value) && value[name] !== undefined ? JSON.stringify(value[name]) : undefined;
const sameValue = textOf("value");
const sameType = textOf("type");
