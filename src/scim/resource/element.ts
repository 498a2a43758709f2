// What makes two values, or two elements of a multi-valued attribute, the same (RFC 7643 §2.4). Values are canonical.
import { isObject, type Json, own } from "../json.ts";
import { once } from "../once.ts";
import type { Attribute } from "../schema/characteristics.ts";
import { groupSchema } from "../schema/group.ts";
import { findAttribute, findSubAttribute } from "../schema/lookup.ts";

interface ElementShape {
  /** Its elements are the members of a group, known by `value`; `$ref`, `type` and `display` follow from that. */
  readonly namesResources: boolean;
  /** It has a boolean `primary`, which at most one element may set. */
  readonly hasPrimary: boolean;
}

const members = findAttribute(groupSchema.attributes, "members");

const shapeOf = once(
  (attribute: Attribute): ElementShape => ({
    namesResources: attribute === members,
    hasPrimary: attribute.multiValued && findSubAttribute(attribute, "primary")?.type === "boolean",
  }),
);

/**
 * True for the `members` of a group, whose elements are added and removed but never edited: `value` is immutable and names
 * a resource. Of such an element only `value` is kept, the rest is derived from it when it is read. An attribute of a
 * tenant's own that looks the same is kept as it is sent: nothing here knows what it names.
 */
export const namesResources = (attribute: Attribute): boolean => shapeOf(attribute).namesResources;

/** True if at most one element may have `primary: true`. */
export const hasPrimary = (attribute: Attribute): boolean => shapeOf(attribute).hasPrimary;

export const isPrimary = (element: Json | undefined): boolean =>
  isObject(element) && Object.hasOwn(element, "primary") && element["primary"] === true;

/** A text that two elements share exactly if they are the same value, whatever the order of their sub-attributes. */
export const elementKey = (attribute: Attribute, element: Json): string => {
  if (!isObject(element)) return JSON.stringify(element);
  if (namesResources(attribute)) return own(element, "value") as string;
  const parts: (Json | undefined)[] = [];
  for (const sub of attribute.subAttributes ?? []) parts.push(own(element, sub.name) ?? null);
  return JSON.stringify(parts);
};

/**
 * The identity that RFC 7643 §2.4 gives to an element, its `(type, value)` pair; undefined if it has no `value`, as an
 * address has not.
 */
export const pairKey = (attribute: Attribute, element: Json): string | undefined => {
  if (!isObject(element)) return JSON.stringify(element);
  const value = own(element, "value");
  if (value === undefined) return undefined;
  return namesResources(attribute) ? (value as string) : JSON.stringify([own(element, "type") ?? null, value]);
};

/** Deep equality of JSON; the order of an object's members does not count, the order of an array's does. */
export const sameValue = (a: Json | undefined, b: Json | undefined): boolean => {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameValue(a[name], b[name]))
  );
};

/** Whether both lists hold the same elements; their order means nothing (RFC 7643 §2.4). */
export const sameElements = (attribute: Attribute, a: readonly Json[], b: readonly Json[]): boolean => {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  const keys = new Set(a.map((element) => elementKey(attribute, element)));
  return b.every((element) => keys.has(elementKey(attribute, element)));
};

/** Whether two values of the whole attribute are the same: of a multi-valued one, whatever the order of its elements. */
export const sameAttribute = (attribute: Attribute, a: Json | undefined, b: Json | undefined): boolean =>
  attribute.multiValued && Array.isArray(a) && Array.isArray(b) ? sameElements(attribute, a, b) : sameValue(a, b);
