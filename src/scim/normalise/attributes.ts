// Applies the rules about names and values to an object of attributes. One pass; nothing is copied where nothing changes.
import { isObject, type Json, type JsonObject } from "../json.ts";
import { once } from "../once.ts";
import type { Attribute, ResourceType } from "../schema/characteristics.ts";
import { attributesOf, findAttribute, findExtension, resolvePath } from "../schema/lookup.ts";
import type { Normalisation } from "./rule.ts";
import { pathAsKey, unknownAttribute } from "./rules/names.ts";
import { emptyText, oneForList, type ValueRule, valueRules } from "./rules/values.ts";

/** Where values stand: names that no schema has are dropped from a `resource`, and refused by the engine elsewhere. */
export type Place = "resource" | "add" | "remove" | "replace";

const rulesOf = once((attribute: Attribute): readonly ValueRule[] => valueRules.filter(({ of }) => of(attribute)));

const NONE: readonly Attribute[] = [];

/** One value or one element. */
export const normaliseOne = (n: Normalisation, attribute: Attribute, value: Json, place: Place): Json => {
  let result = value;
  for (const { rule } of rulesOf(attribute)) {
    const read = n.use(rule, result, attribute);
    if (read !== undefined) result = read;
  }
  return attribute.type === "complex" && isObject(result)
    ? normaliseMembers(n, attribute.subAttributes ?? NONE, undefined, result, place)
    : result;
};

/** The value of a whole attribute. What is readOnly is ignored anyway. */
export const normaliseValue = (n: Normalisation, attribute: Attribute, value: Json, place: Place): Json => {
  if (attribute.mutability === "readOnly") return value;
  if (!attribute.multiValued) return normaliseOne(n, attribute, value, place);
  // A removal of “” is not one of all elements: it stays, and the engine refuses it.
  if (place === "remove" && value === "") return value;
  const list = Array.isArray(value) ? value : listOf(n, value, place);
  return Array.isArray(list)
    ? normaliseElements(n, attribute, list, place)
    : list === null
      ? null
      : normaliseOne(n, attribute, list, place);
};

/** A value in the place of a list. An add may name one element (RFC 7644 §3.5.2.1). */
const listOf = (n: Normalisation, value: Json, place: Place): Json => {
  const empty = n.use(emptyText, value);
  if (empty !== undefined) return empty;
  return (place === "add" ? undefined : n.use(oneForList, value)) ?? value;
};

const normaliseElements = (n: Normalisation, attribute: Attribute, list: Json[], place: Place): Json[] => {
  let result: Json[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const before = list[i] as Json;
    const after = normaliseOne(n, attribute, before, place);
    if (after === before) continue;
    result ??= [...list];
    result[i] = after;
  }
  return result ?? list;
};

/** The attributes of a resource, those of its extensions among them. */
export const normaliseAttributes = (n: Normalisation, type: ResourceType, object: JsonObject, place: Place) =>
  normaliseMembers(n, attributesOf(type), type, relocate(n, type, object), place);

/** The members of a resource (`type` given), of an extension or of a complex value. */
export const normaliseMembers = (
  n: Normalisation,
  attributes: readonly Attribute[],
  type: ResourceType | undefined,
  object: JsonObject,
  place: Place,
): JsonObject => {
  let result: JsonObject | undefined;
  for (const key of Object.keys(object)) {
    const before = object[key] as Json;
    const attribute = findAttribute(attributes, key);
    const after =
      attribute === undefined
        ? normaliseOther(n, type, key, before, place)
        : normaliseValue(n, attribute, before, place);
    if (after === before) continue;
    result ??= { ...object };
    if (after === undefined) delete result[key];
    else result[key] = after;
  }
  return result ?? object;
};

/** An extension's object, or what has an unknown name. */
const normaliseOther = (
  n: Normalisation,
  type: ResourceType | undefined,
  key: string,
  value: Json,
  place: Place,
): Json | undefined => {
  const extension = type === undefined ? undefined : findExtension(type, key);
  if (extension === undefined) return place === "resource" && n.use(unknownAttribute) ? undefined : value;
  return isObject(value) ? normaliseMembers(n, extension.attributes, undefined, value, place) : value;
};

/** Moves the values of keys that are paths to where these lead. */
const relocate = (n: Normalisation, type: ResourceType, object: JsonObject): JsonObject => {
  let result = object;
  for (const key of Object.keys(object)) {
    if (findAttribute(attributesOf(type), key) !== undefined || findExtension(type, key) !== undefined) continue;
    const path = resolvePath(type, key);
    if (path === undefined) continue;
    result = n.use(pathAsKey, type, result, key, path) ?? result;
  }
  return result;
};
