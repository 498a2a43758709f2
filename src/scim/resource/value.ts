// The value of one attribute as a client sent it: checked against the schema, in the schema's names, with what is
// unassigned left out (RFC 7643 §2.3 to §2.5).
import { invalidSyntax, invalidValue, tooLarge } from "../errors.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { once } from "../once.ts";
import { quote } from "../quote.ts";
import { type Attribute, isSecret } from "../schema/characteristics.ts";
import { findSubAttribute, lowerAscii } from "../schema/lookup.ts";
import { elementKey, hasPrimary, isPrimary, namesResources } from "./element.ts";
import { parseSimple, wrongType } from "./simple-value.ts";

/** More elements than this in one list are refused with 413: of `members`, and of any other attribute. */
const maxMembers = 100_000;
const maxElements = 5_000;

/** How a complex value is read. */
export interface Reading {
  /**
   * `whole`: the value is all there is, and what is unassigned is left out. `merge`: the value goes into another one,
   * and an unassigned sub-attribute stays as null, which clears it there.
   */
  readonly as: "whole" | "merge";
  /** Collects the paths of secrets that were set: their values are checked, and end here. */
  readonly secrets: Set<string>;
  /** The value is part of a new resource: what it must have, secrets too, has to be in it. */
  readonly isNew?: boolean;
}

/** Whether what a client sends for the attribute is kept: readOnly is the service's, a secret is checked and dropped. */
export const isKept = (attribute: Attribute): boolean => attribute.mutability !== "readOnly" && !isSecret(attribute);

/** Whether a value that is set has to stay as it is. That of a secret is unknown, so nothing can be said against another one. */
export const isImmutable = (attribute: Attribute): boolean =>
  attribute.mutability === "immutable" && !isSecret(attribute);

/**
 * RFC 7643 §2.5; `""` too where a text may be, since no provider tells an empty text from none. An empty object is found
 * out later, and so is an empty array, which is unassigned only where an array may be.
 */
export const isUnassigned = ({ type }: Attribute, value: Json): boolean =>
  value === null || (value === "" && (type === "string" || type === "reference" || type === "binary"));

const unknown = (name: string, key: string) => invalidSyntax(`${name} has no sub-attribute ${quote(key)}.`);

/** Refuses `Value` next to `value`: which of them counts would depend on their order (RFC 7643 §2.1). */
export const refuseTwin = (object: JsonObject, key: string, name: string): void => {
  if (key === name) return;
  const lower = name.toLowerCase();
  for (const other of Object.keys(object))
    if (other !== key && lowerAscii(other) === lower)
      throw invalidSyntax(`${quote(key)} and ${quote(other)} name the same attribute.`);
};

const subAttribute = (attribute: Attribute, object: JsonObject, key: string, name: string): Attribute => {
  const sub = findSubAttribute(attribute, key);
  if (sub === undefined) throw unknown(name, key);
  refuseTwin(object, key, sub.name);
  return sub;
};

const unassignedSub = (sub: Attribute, name: string): void => {
  if (sub.required) throw invalidValue(`${name}.${sub.name} is required and cannot be empty.`);
};

const parseComplex = (attribute: Attribute, value: Json, name: string, reading: Reading): JsonObject | undefined => {
  if (!isObject(value)) throw wrongType(attribute, name, value);
  const result: JsonObject = {};
  const secrets = new Set<Attribute>();
  for (const key of Object.keys(value)) {
    const sub = subAttribute(attribute, value, key, name);
    if (sub.mutability === "readOnly") continue;
    const path = `${name}.${sub.name}`;
    const parsed = parseValue(sub, value[key] as Json, path, reading);
    if (parsed === undefined) unassignedSub(sub, name);
    // What stands in a secret goes with it.
    if (isSecret(sub) && !isSecret(attribute)) {
      if (parsed === undefined) continue;
      secrets.add(sub);
      reading.secrets.add(path);
    } else if (parsed !== undefined || reading.as === "merge") {
      result[sub.name] = parsed ?? null;
    }
  }
  const isAssigned = Object.keys(result).length > 0;
  if (reading.isNew && !isSecret(attribute) && (isAssigned || secrets.size > 0))
    requireSecretsWithin(attribute, secrets, name);
  return isAssigned ? result : undefined;
};

const requiredSecretsWithin = once(
  (attribute: Attribute): readonly Attribute[] =>
    attribute.subAttributes?.filter((sub) => sub.required && isSecret(sub)) ?? [],
);

const requireSecretsWithin = (attribute: Attribute, given: ReadonlySet<Attribute>, name: string): void => {
  for (const sub of requiredSecretsWithin(attribute))
    if (!given.has(sub)) throw invalidValue(`${name}.${sub.name} is required.`);
};

/** An element of `members`: what is kept is its `value`, and without one it names nothing. */
const parseNamed = (attribute: Attribute, value: Json, name: string): JsonObject => {
  if (!isObject(value)) throw wrongType(attribute, name, value);
  let named: Json = null;
  for (const key of Object.keys(value))
    if (subAttribute(attribute, value, key, name).name === "value") named = value[key] as Json;
  if (named === null || named === "") throw invalidValue(`Each element of ${name} must have a value.`);
  if (typeof named !== "string") throw invalidValue(`${name}.value must be a string, not a ${typeof named}.`);
  if (!named.isWellFormed()) throw invalidValue(`${name}.value is not Unicode text.`);
  return { value: named };
};

/** One value, or one element of a multi-valued attribute; undefined if nothing is assigned in it. */
export const parseOne = (attribute: Attribute, value: Json, name: string, reading: Reading): Json | undefined => {
  if (namesResources(attribute)) return parseNamed(attribute, value, name);
  if (isUnassigned(attribute, value)) return undefined;
  return attribute.type === "complex"
    ? parseComplex(attribute, value, name, reading)
    : parseSimple(attribute, value, name);
};

const refuseTwoPrimaries = (attribute: Attribute, elements: readonly Json[], name: string): void => {
  if (!hasPrimary(attribute)) return;
  let primaries = 0;
  for (const element of elements) if (isPrimary(element)) primaries += 1;
  if (primaries > 1)
    throw invalidValue(`${name} has ${primaries} elements with primary true; at most one may have it.`);
};

/** 413 for a list that is longer than its attribute may be. */
export const refuseTooMany = (attribute: Attribute, elements: number, name: string): void => {
  const limit = namesResources(attribute) ? maxMembers : maxElements;
  if (elements > limit) throw tooLarge(`${name} has ${elements} elements; one request may hold ${limit}.`);
};

/** The elements of a list, each once; empty ones are left out. */
export const parseElements = (attribute: Attribute, values: Json, name: string, reading: Reading): Json[] => {
  if (!Array.isArray(values)) throw wrongType(attribute, name, values);
  refuseTooMany(attribute, values.length, name);
  const whole: Reading = reading.as === "whole" ? reading : { as: "whole", secrets: reading.secrets };
  const elements: Json[] = [];
  const seen = new Set<string>();
  for (const value of values) {
    const element = parseOne(attribute, value, name, whole);
    if (element === undefined) continue;
    const key = elementKey(attribute, element);
    if (seen.has(key)) continue;
    seen.add(key);
    elements.push(element);
  }
  refuseTwoPrimaries(attribute, elements, name);
  return elements;
};

/**
 * The canonical value of a whole attribute or sub-attribute; undefined if it is unassigned. 400 invalidValue for a value of
 * another type, 400 invalidSyntax for an unknown name. `name` is the path that errors name.
 */
export function parseValue(attribute: Attribute, value: Json, name: string, reading: Reading): Json | undefined {
  if (value === null) return undefined;
  if (!attribute.multiValued) return parseOne(attribute, value, name, reading);
  const elements = parseElements(attribute, value, name, reading);
  return elements.length === 0 ? undefined : elements;
}

const requiredSubAttributes = once(
  (attribute: Attribute): readonly Attribute[] =>
    attribute.subAttributes?.filter((sub) => sub.required && (isSecret(attribute) || !isSecret(sub))) ?? [],
);

/** 400 invalidValue if a required sub-attribute is missing from the value, or from one of its elements. */
export const requireSubAttributes = (attribute: Attribute, value: Json | undefined, name: string): void => {
  const required = requiredSubAttributes(attribute);
  if (value === undefined || required.length === 0) return;
  for (const one of Array.isArray(value) ? value : [value])
    for (const sub of required)
      if (isObject(one) && !Object.hasOwn(one, sub.name)) throw invalidValue(`${name}.${sub.name} is required.`);
};
