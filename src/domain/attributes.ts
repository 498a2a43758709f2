// The attributes of a resource, its elements numbered, and what they become by the canonical changes of events.
import type { Json, JsonObject } from "../scim/json.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";
import { asList, places, valueAt } from "./attribute-places.ts";
import type { AttributeChange } from "./events.ts";

/** Attributes with the ids of the elements of their multi-valued ones, in order. */
export interface AttributeSet {
  readonly attributes: JsonObject;
  readonly elements: Readonly<Record<string, readonly string[]>>;
  /** The next unused element number of the resource. */
  readonly nextElement: number;
}

export const noAttributes: AttributeSet = { attributes: {}, elements: {}, nextElement: 1 };

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

/** The number after the highest element id in use. */
export const nextElementOf = (elements: AttributeSet["elements"]): number =>
  1 + Math.max(0, ...Object.values(elements).flatMap((ids) => ids.map(Number)));

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
      changeElement(list, ids, step.element, step.after);
      if (step.after !== undefined) nextElement = Math.max(nextElement, Number(step.element) + 1);
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

/** Adds, replaces or takes away one element; taking away what is not there does nothing. */
function changeElement(list: Json[], ids: string[], element: string, after: Json | undefined): void {
  const index = ids.indexOf(element);
  if (after === undefined) {
    if (index < 0) return;
    list.splice(index, 1);
    ids.splice(index, 1);
  } else if (index < 0) {
    list.push(after);
    ids.push(element);
  } else {
    list[index] = after;
  }
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
