// The filter shadow: a resource with every value replaced by what it is compared by, so that a database compares plainly.
import { assignedValue, isFilterable } from "./comparable.ts";
import { isObject, type Json, type JsonObject, own } from "./json.ts";
import type { Attribute, ResourceType } from "./schema/characteristics.ts";
import { attributesOf } from "./schema/lookup.ts";

const NONE: readonly Attribute[] = [];

/** The attributes that have a value; undefined if none has. */
const shadowOfAttributes = (attributes: readonly Attribute[], values: JsonObject): JsonObject | undefined => {
  let shadow: JsonObject | undefined;
  for (const attribute of attributes) {
    if (!Object.hasOwn(values, attribute.name) || !isFilterable(attribute)) continue;
    const value = shadowOfAttribute(attribute, values[attribute.name] as Json);
    if (value === undefined) continue;
    shadow ??= {};
    shadow[attribute.name] = value;
  }
  return shadow;
};

const shadowOfAttribute = (attribute: Attribute, value: Json): Json | undefined => {
  if (!attribute.multiValued) return shadowOfValue(attribute, value);
  if (!Array.isArray(value)) return undefined;
  const values: Json[] = [];
  for (const element of value) {
    const shadow = shadowOfValue(attribute, element);
    if (shadow !== undefined) values.push(shadow);
  }
  return values.length > 0 ? values : undefined;
};

const shadowOfValue = (attribute: Attribute, value: Json): Json | undefined => {
  if (attribute.type !== "complex") return assignedValue(attribute, value);
  return isObject(value) ? shadowOfAttributes(attribute.subAttributes ?? NONE, value) : undefined;
};

/**
 * The same shape as the resource (canonical names, extensions under their URN) with each value replaced by its
 * `comparable`. Unassigned values, elements without any value, attributes that are not of the schema and secrets are
 * left out.
 */
export const shadowOf = (type: ResourceType, resource: JsonObject): JsonObject => {
  const shadow = shadowOfAttributes(attributesOf(type), resource) ?? {};
  for (const { schema } of type.extensions) {
    const values = own(resource, schema.id);
    const extension = isObject(values) ? shadowOfAttributes(schema.attributes, values) : undefined;
    if (extension !== undefined) shadow[schema.id] = extension;
  }
  return shadow;
};
