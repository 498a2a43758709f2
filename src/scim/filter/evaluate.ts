// Whether a filter is true of a resource. This is the definition that every database compiler must agree with:
//
//   values of a path   the path's assigned values: one or none; for a multi-valued attribute those of all its elements.
//                      null, "", [], {}, an element without any value, and a value that is not of its attribute's type
//                      are no values (RFC 7643 §2.5). Values are compared as `comparable` gives them.
//   pr                 there is a value; a complex attribute: any of its sub-attributes has one
//   eq v, gt v, co v   ANY value is equal to, above, … v; false without values
//   ne v               ANY value differs from v; true without values. So `emails.type ne "work"` is true of a user with a
//                      work and a home address, and `not (emails.type eq "work")` is not
//   eq null            not pr. The parser reads `eq ""` as `eq null`, because "" is no value
//   ne null            pr, likewise `ne ""`
//   co, sw, ew ""      pr: every value contains the empty string
//   gt, ge, lt, le     strings in code point order, numbers and instants by size
//   not                the opposite; there is no third truth value
//   path[filter]       ANY one element (for a single-valued attribute: its value) satisfies the whole filter. Elements
//                      without any value are passed over, so no `path[…]` is true of an attribute without values
import { assignedValue, compareText, isFilterable } from "../comparable.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import type { Attribute } from "../schema/characteristics.ts";
import type { Comparable, Comparison, Filter, Operator } from "./filter.ts";

type Assigned = Exclude<Comparable, null>;
/** How a stored simple value becomes what is compared; undefined if it is no value. */
type Read = (attribute: Attribute, value: Json) => Assigned | undefined;

const order = (left: Assigned, right: Assigned): number =>
  typeof left === "string" ? compareText(left, right as string) : Number(left) - Number(right);

const compares = (operator: Operator, left: Assigned, right: Assigned): boolean => {
  switch (operator) {
    case "eq":
      return left === right;
    case "ne":
      return left !== right;
    case "gt":
      return order(left, right) > 0;
    case "ge":
      return order(left, right) >= 0;
    case "lt":
      return order(left, right) < 0;
    case "le":
      return order(left, right) <= 0;
    case "co":
      return (left as string).includes(right as string);
    case "sw":
      return (left as string).startsWith(right as string);
    case "ew":
      return (left as string).endsWith(right as string);
    default:
      return operator satisfies never;
  }
};

const hasValue = (attribute: Attribute, value: Json | undefined, read: Read): boolean => {
  if (value === undefined) return false;
  if (!attribute.multiValued) return isValue(attribute, value, read);
  return Array.isArray(value) && value.some((element) => isValue(attribute, element, read));
};

const isValue = (attribute: Attribute, value: Json, read: Read): boolean => {
  if (attribute.type !== "complex") return read(attribute, value) !== undefined;
  if (!isObject(value) || attribute.subAttributes === undefined) return false;
  return attribute.subAttributes.some((sub) => isFilterable(sub) && hasValue(sub, own(value, sub.name), read));
};

/** What a search among the values of a path found. */
type Found = "nothing" | "others" | "match";

const search = (
  test: Comparison,
  at: Attribute,
  sub: Attribute | undefined,
  value: Json | undefined,
  read: Read,
): Found => {
  if (value === undefined) return "nothing";
  if (!at.multiValued) return searchOne(test, at, sub, value, read);
  if (!Array.isArray(value)) return "nothing";
  let found: Found = "nothing";
  for (const element of value) {
    const one = searchOne(test, at, sub, element, read);
    if (one === "match") return one;
    if (one === "others") found = one;
  }
  return found;
};

const searchOne = (test: Comparison, at: Attribute, sub: Attribute | undefined, value: Json, read: Read): Found => {
  if (sub !== undefined) return isObject(value) ? search(test, sub, undefined, own(value, sub.name), read) : "nothing";
  const assigned = read(at, value);
  if (assigned === undefined) return "nothing";
  return compares(test.operator, assigned, test.value as Assigned) ? "match" : "others";
};

const holds = (filter: Filter, resource: JsonObject, read: Read): boolean => {
  switch (filter.kind) {
    case "and":
      return filter.terms.every((term) => holds(term, resource, read));
    case "or":
      return filter.terms.some((term) => holds(term, resource, read));
    case "not":
      return !holds(filter.term, resource, read);
  }
  const { attribute, sub, extension } = filter.path;
  const container = extension === undefined ? resource : own(resource, extension);
  const value = isObject(container) ? own(container, attribute.name) : undefined;
  switch (filter.kind) {
    case "present":
      return isPresent(attribute, sub, value, read);
    case "compare": {
      if (filter.value === null) return isPresent(attribute, sub, value, read) === (filter.operator === "ne");
      const found = search(filter, attribute, sub, value, read);
      return found === "match" || (found === "nothing" && filter.operator === "ne");
    }
    case "element":
      return elements(attribute, value).some(
        (element) => isObject(element) && isValue(attribute, element, read) && holds(filter.filter, element, read),
      );
    default:
      return filter satisfies never;
  }
};

const elements = (attribute: Attribute, value: Json | undefined): readonly Json[] =>
  attribute.multiValued ? (Array.isArray(value) ? value : []) : value === undefined ? [] : [value];

const isPresent = (attribute: Attribute, sub: Attribute | undefined, value: Json | undefined, read: Read): boolean =>
  sub === undefined
    ? hasValue(attribute, value, read)
    : elements(attribute, value).some((element) => isObject(element) && hasValue(sub, own(element, sub.name), read));

const asStored: Read = (_attribute, value) => value as Assigned;

/** Whether the filter is true of a full resource in canonical form: names in schema case, extensions under their URN. */
export const matches = (filter: Filter, resource: JsonObject): boolean => holds(filter, resource, assignedValue);

/** Whether a filter whose paths are relative, as in `emails[type eq "work"]`, is true of one element. */
export const matchesElement = (filter: Filter, element: JsonObject): boolean => holds(filter, element, assignedValue);

/** `matches` on the resource's shadow (`shadowOf`), whose values need no preparation. */
export const matchesShadow = (filter: Filter, shadow: JsonObject): boolean => holds(filter, shadow, asStored);
