// What differs between two states of a resource as canonical changes: per attribute, per sub-attribute of a complex one, per
// element of a multi-valued one, so that blame and diff need no guessing.
import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, type JsonObject } from "../scim/json.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";
import { asList, type Place, places, valueAt } from "./attribute-places.ts";
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

function change(
  path: string,
  element: string | undefined,
  before: Json | undefined,
  after: Json | undefined,
): AttributeChange {
  return {
    path,
    ...(element === undefined ? {} : { element }),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

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
