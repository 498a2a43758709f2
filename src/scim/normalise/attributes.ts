// Applies the rules about names and values to an object of attributes. One pass; nothing is copied where nothing changes.
import type { AttributePath } from "../attribute-path.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { once } from "../once.ts";
import type { Attribute, ResourceType } from "../schema/characteristics.ts";
import { attributesOf, findAttribute, findExtension, resolvePath } from "../schema/lookup.ts";
import type { Normalisation } from "./rule.ts";
import { pathAsKey, unknownAttribute } from "./rules/names.ts";
import { type ValueRule, valueRules } from "./rules/values.ts";

/** What becomes of names that no schema has: in a resource a rule drops them, in a PATCH the engine refuses them. */
export type Unknown = "dropped" | "refused";

const rulesOf = once((attribute: Attribute): readonly ValueRule[] => valueRules.filter(({ of }) => of(attribute)));

const NONE: readonly Attribute[] = [];

/** One value or one element. */
export const normaliseOne = (n: Normalisation, attribute: Attribute, value: Json, unknown: Unknown): Json => {
  let result = value;
  for (const { rule } of rulesOf(attribute)) result = n.use(rule, result, attribute) ?? result;
  return attribute.type === "complex" && isObject(result)
    ? normaliseMembers(n, attribute.subAttributes ?? NONE, undefined, result, unknown)
    : result;
};

/** The value of a whole attribute. What is readOnly is ignored anyway. */
export const normaliseValue = (n: Normalisation, attribute: Attribute, value: Json, unknown: Unknown): Json => {
  if (attribute.mutability === "readOnly") return value;
  if (!attribute.multiValued || !Array.isArray(value)) return normaliseOne(n, attribute, value, unknown);
  let result: Json[] | undefined;
  for (let i = 0; i < value.length; i++) {
    const before = value[i] as Json;
    const after = normaliseOne(n, attribute, before, unknown);
    if (after === before) continue;
    result ??= [...value];
    result[i] = after;
  }
  return result ?? value;
};

/** The attributes of a resource, those of its extensions among them. */
export const normaliseAttributes = (n: Normalisation, type: ResourceType, object: JsonObject, unknown: Unknown) =>
  normaliseMembers(n, attributesOf(type), type, relocate(n, type, object), unknown);

/** The members of a resource (`type` given), of an extension or of a complex value. */
export const normaliseMembers = (
  n: Normalisation,
  attributes: readonly Attribute[],
  type: ResourceType | undefined,
  object: JsonObject,
  unknown: Unknown,
): JsonObject => {
  let result: JsonObject | undefined;
  for (const key of Object.keys(object)) {
    const before = object[key] as Json;
    const attribute = findAttribute(attributes, key);
    const after =
      attribute === undefined
        ? normaliseOther(n, type, key, before, unknown)
        : normaliseValue(n, attribute, before, unknown);
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
  unknown: Unknown,
): Json | undefined => {
  const extension = type === undefined ? undefined : findExtension(type, key);
  if (extension === undefined) return unknown === "dropped" && n.use(unknownAttribute) ? undefined : value;
  return isObject(value) ? normaliseMembers(n, extension.attributes, undefined, value, unknown) : value;
};

/** Moves the values of keys that are paths to where these lead; of keys that lead to one place, the first. */
const relocate = (n: Normalisation, type: ResourceType, object: JsonObject): JsonObject => {
  let result = object;
  const taken = new Set<AttributePath>();
  for (const key of Object.keys(object)) {
    if (findAttribute(attributesOf(type), key) !== undefined || findExtension(type, key) !== undefined) continue;
    const path = resolvePath(type, key);
    if (path === undefined || taken.has(path)) continue;
    taken.add(path);
    result = n.use(pathAsKey, type, result, key, path) ?? result;
  }
  return result;
};
