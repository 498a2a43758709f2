// The element that an `add` makes where its filter matches none. RFC 7644 leaves this open; Entra ID counts on it.
import { noTarget } from "../errors.ts";
import type { Filter } from "../filter/filter.ts";
import type { JsonObject } from "../json.ts";
import { isKept, parseOne } from "../resource/value.ts";
import type { Attribute } from "../schema/characteristics.ts";

/**
 * The element that a filter describes completely: `{ type: "work" }` for `[type eq "work"]`. Undefined if the filter has
 * any other term than `eq` with a value joined by `and`, says two things of one sub-attribute, or asks for one that is
 * not the client's to set.
 */
export const elementTemplate = (filter: Filter): JsonObject | undefined => {
  const element: JsonObject = {};
  return describe(filter, element) ? element : undefined;
};

const describe = (filter: Filter, element: JsonObject): boolean => {
  if (filter.kind === "and") return filter.terms.every((term) => describe(term, element));
  if (filter.kind !== "compare" || filter.operator !== "eq" || filter.value === null) return false;
  const { attribute, sub } = filter.path;
  if (sub !== undefined || attribute.multiValued || !isKept(attribute)) return false;
  if (Object.hasOwn(element, attribute.name)) return false;
  element[attribute.name] = filter.literal ?? filter.value;
  return true;
};

/**
 * The template as a canonical element. 400 noTarget: nothing matches, and what would match cannot be told from the
 * filter; 400 invalidValue: the filter compares with what cannot be a value.
 */
export const templateOrNoTarget = (attribute: Attribute, filter: Filter): JsonObject => {
  const template = elementTemplate(filter);
  if (template === undefined) throw noTarget(`No value of ${attribute.name} matches the path's filter.`);
  return parseOne(attribute, template, attribute.name, { as: "whole", secrets: new Set() }) as JsonObject;
};
