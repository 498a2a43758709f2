// Attributes of a resource as canonical changes: per attribute, per sub-attribute of a complex one, per element of a
// multi-valued one, so that blame and diff need no guessing (DESIGN §5).
import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, type JsonObject } from "../scim/json.ts";
import { once } from "../scim/once.ts";
import type { Attribute, ResourceType } from "../scim/schema/characteristics.ts";
import { attributesOf } from "../scim/schema/lookup.ts";
import { ERASED } from "./event.ts";
import type { AttributeChange } from "./events.ts";

/** Attributes with the ids of the elements of their multi-valued ones, in order. */
export interface AttributeSet {
  readonly attributes: JsonObject;
  readonly elements: Readonly<Record<string, readonly string[]>>;
  /** The next unused element number of the resource. */
  readonly nextElement: number;
}

export const noAttributes: AttributeSet = { attributes: {}, elements: {}, nextElement: 1 };

/** Where a path's value lives: `container` is an extension's URN or absent. */
interface Place {
  readonly path: string;
  readonly container?: string;
  readonly attribute: Attribute;
}

const places = once((type: ResourceType): readonly Place[] => [
  // The common attributes that clients do not set, `id` and `meta`, are read-only; `schemas` follows from the rest.
  ...attributesOf(type)
    .filter((attribute) => attribute.mutability !== "readOnly" && attribute.name !== "schemas")
    .map((attribute) => ({ path: attribute.name, attribute })),
  ...type.extensions.flatMap(({ schema }) =>
    schema.attributes.map((attribute) => ({ path: `${schema.id}:${attribute.name}`, container: schema.id, attribute })),
  ),
]);

function valueAt(attributes: JsonObject, place: Place): Json | undefined {
  if (place.container === undefined) return attributes[place.attribute.name];
  const extension = attributes[place.container];
  return isObject(extension) ? extension[place.attribute.name] : undefined;
}

/** What a path of an event says by itself: names hold neither `:` nor `.` (RFC 7643 §2.1), so no schema is needed. */
interface WrittenPath {
  readonly container: string | undefined;
  readonly name: string;
  readonly sub: string | undefined;
  /** Without the sub-attribute. */
  readonly whole: string;
}

function readPath(path: string): WrittenPath {
  const colon = path.lastIndexOf(":");
  const dot = path.indexOf(".", colon + 1);
  const end = dot < 0 ? path.length : dot;
  return {
    container: colon < 0 ? undefined : path.slice(0, colon),
    name: path.slice(colon + 1, end),
    sub: dot < 0 ? undefined : path.slice(dot + 1),
    whole: dot < 0 ? path : path.slice(0, dot),
  };
}

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

const asList = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

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

/**
 * Applies canonical changes; the inverse of `changesBetween` up to the order of elements. What an event says holds whatever
 * the schemas became since: nothing is looked up in them.
 */
export function applyChanges(set: AttributeSet, changes: readonly AttributeChange[]): AttributeSet {
  const attributes: JsonObject = { ...set.attributes };
  const elements: Record<string, readonly string[]> = { ...set.elements };
  let nextElement = set.nextElement;
  for (const step of changes) {
    const { container, name, sub, whole: place } = readPath(step.path);
    const holder = holderOf(attributes, container);
    if (step.element !== undefined) {
      const list = [...asList(holder[name])];
      const ids = [...(elements[place] ?? [])];
      const index = ids.indexOf(step.element);
      if (step.after === undefined) {
        list.splice(index, 1);
        ids.splice(index, 1);
      } else if (index < 0) {
        list.push(step.after);
        ids.push(step.element);
        nextElement = Math.max(nextElement, Number(step.element) + 1);
      } else {
        list[index] = step.after;
      }
      assign(holder, name, list.length === 0 ? undefined : list);
      if (ids.length === 0) delete elements[place];
      else elements[place] = ids;
    } else if (sub !== undefined) {
      const inner = { ...(holder[name] as JsonObject | undefined) };
      assign(inner, sub, step.after);
      assign(holder, name, Object.keys(inner).length === 0 ? undefined : inner);
    } else {
      assign(holder, name, step.after);
    }
    if (container !== undefined && Object.keys(holder).length === 0) delete attributes[container];
  }
  return { attributes, elements, nextElement };
}

/** The object that holds an attribute, copied so that it can be written. */
function holderOf(attributes: JsonObject, container: string | undefined): JsonObject {
  if (container === undefined) return attributes;
  const copy = { ...(attributes[container] as JsonObject | undefined) };
  attributes[container] = copy;
  return copy;
}

function assign(target: JsonObject, name: string, value: Json | undefined): void {
  if (value === undefined) delete target[name];
  else target[name] = value;
}

const placesByPath = once(
  (type: ResourceType): ReadonlyMap<string, { place: Place; sub?: string }> =>
    new Map(
      places(type).flatMap((place) => [
        [place.path, { place }] as const,
        ...(place.attribute.multiValued ? [] : (place.attribute.subAttributes ?? [])).map(
          (sub) => [`${place.path}.${sub.name}`, { place, sub: sub.name }] as const,
        ),
      ]),
    ),
);

/** Numbers the elements of fresh attributes. */
export function withElements(type: ResourceType, attributes: JsonObject): AttributeSet {
  const elements: Record<string, readonly string[]> = {};
  let nextElement = 1;
  for (const place of places(type)) {
    if (!place.attribute.multiValued) continue;
    const list = asList(valueAt(attributes, place));
    if (list.length > 0) elements[place.path] = list.map(() => String(nextElement++));
  }
  return { attributes, elements, nextElement };
}

/** Paths of all assigned attributes, without selectors: what stays in clear of a creation. */
export function assignedPaths(type: ResourceType, attributes: JsonObject): string[] {
  return places(type).flatMap((place) => {
    const value = valueAt(attributes, place);
    if (value === undefined) return [];
    if (place.attribute.multiValued || !isObject(value)) return [place.path];
    return Object.keys(value).map((sub) => `${place.path}.${sub}`);
  });
}

/** Whether a path is assigned. */
export function isAssigned(type: ResourceType, attributes: JsonObject, path: string): boolean {
  const found = placesByPath(type).get(path);
  const value = found === undefined ? undefined : valueAt(attributes, found.place);
  return found?.sub === undefined ? value !== undefined : isObject(value) && value[found.sub] !== undefined;
}

/** The element id of a placeholder for erased elements. */
const ERASED_ELEMENT = "0";

/** Attributes in which each of these paths reads as `[erased]`, never as missing; elements become one placeholder. */
export function erasedAttributes(type: ResourceType, set: AttributeSet, paths: readonly string[]): AttributeSet {
  const byPath = placesByPath(type);
  let erased = set;
  for (const path of paths) {
    const found = byPath.get(path);
    if (found === undefined) continue;
    const { attribute } = found.place;
    const many = found.sub === undefined && attribute.multiValued;
    const after = many && attribute.type === "complex" ? { value: ERASED } : ERASED;
    const gone = many ? (erased.elements[path] ?? []).map((element) => ({ path, element })) : [];
    erased = applyChanges(erased, [...gone, { path, after, ...(many ? { element: ERASED_ELEMENT } : {}) }]);
  }
  return erased;
}

/** The number after the highest element id in use. */
export const nextElementOf = (elements: AttributeSet["elements"]): number =>
  1 + Math.max(0, ...Object.values(elements).flatMap((ids) => ids.map(Number)));
