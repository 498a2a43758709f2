// The body of a creation or a replacement (RFC 7644 §3.3, §3.5.1) becomes canonical attributes: names in schema case,
// extensions under their URN, values checked, nothing that is readOnly, unassigned or secret, and no `schemas`.
import { invalidSyntax, invalidValue, mutability } from "../errors.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import { once } from "../once.ts";
import { quote } from "../quote.ts";
import { type Attribute, isSecret, type ResourceType } from "../schema/characteristics.ts";
import { attributesOf, findAttribute, findExtension, pathsOf } from "../schema/lookup.ts";
import { namesResources, sameAttribute } from "./element.ts";
import { parseSchemas } from "./schemas.ts";
import { isImmutable, isKept, parseValue, type Reading, refuseTwin, requireSubAttributes } from "./value.ts";

export interface ParsedResource {
  readonly attributes: JsonObject;
  /** The paths of secrets that the body set (`password`). Their values were checked and dropped. */
  readonly secrets: readonly string[];
}

/**
 * `current` are the canonical attributes that a replacement replaces: an immutable value in them stays, and a body that
 * says otherwise is 400 mutability. Where they are not at hand, `replacement` has to follow. Other refusals: 400
 * invalidSyntax (shape, names, schemas), 400 invalidValue (types, required), 413 (a list that is too long).
 */
export const parseResource = (
  type: ResourceType,
  body: unknown,
  mode: "create" | "replace",
  current?: JsonObject,
): ParsedResource => {
  if (!isObject(body)) throw invalidSyntax(`The body must be a JSON object that describes a ${type.name}.`);
  const reading: Reading = { as: "whole", secrets: new Set(), isNew: mode === "create" };
  const attributes: JsonObject = {};
  const extensions = new Set<string>();
  let schemas: Json | undefined;
  for (const key of Object.keys(body)) {
    const value = body[key] as Json;
    const attribute = findAttribute(attributesOf(type), key);
    if (attribute !== undefined) {
      refuseTwin(body, key, attribute.name);
      if (attribute.name === "schemas") schemas = value;
      else parseAttribute(attribute, value, attribute.name, attributes, reading);
      continue;
    }
    const extension = findExtension(type, key);
    if (extension === undefined) throw invalidSyntax(`A ${type.name} has no attribute ${quote(key)}.`);
    refuseTwin(body, key, extension.id);
    const values = parseExtension(extension, value, reading);
    if (values === undefined) continue;
    attributes[extension.id] = values;
    extensions.add(extension.id);
  }
  const declared = parseSchemas(type, schemas);
  for (const urn of extensions)
    if (!declared.has(urn)) throw invalidValue(`The body has values of ${quote(urn)}, which schemas does not list.`);
  if (mode === "replace" && current !== undefined) keepImmutable(type, attributes, current);
  // What is immutable may be left out of a replacement: whether it is missing is known beside what it replaces.
  if (mode === "create" || current !== undefined || !hasImmutable(type)) requireAttributes(type, attributes);
  if (mode === "create") requireSecrets(type, attributes, reading.secrets);
  return { attributes, secrets: [...reading.secrets] };
};

/** Nobody can tell later whether a secret was ever given: a creation must have it, a replacement need not repeat it. */
const requireSecrets = (type: ResourceType, attributes: JsonObject, given: ReadonlySet<string>): void => {
  for (const { extension, sub, text } of requiredSecrets(type))
    if (sub === undefined && (extension === undefined || Object.hasOwn(attributes, extension)) && !given.has(text))
      throw invalidValue(`${text} is required.`);
};

const requiredSecrets = once((type: ResourceType) =>
  pathsOf(type).filter(({ attribute }) => attribute.required && isSecret(attribute)),
);

const parseAttribute = (attribute: Attribute, value: Json, name: string, into: JsonObject, reading: Reading): void => {
  if (attribute.mutability === "readOnly") return;
  const parsed = parseValue(attribute, value, name, reading);
  if (parsed === undefined) {
    if (attribute.required) throw invalidValue(`${name} is required and cannot be empty.`);
    return;
  }
  // Of one complex value, `requireAttributes` says what is missing: a replacement may leave out what is immutable in it.
  if (attribute.multiValued || !isKept(attribute)) requireSubAttributes(attribute, parsed, name);
  if (isKept(attribute)) into[attribute.name] = parsed;
  else reading.secrets.add(name);
};

const parseExtension = (
  { id, attributes }: ResourceType["schema"],
  value: Json,
  reading: Reading,
): JsonObject | undefined => {
  if (value === null) return undefined;
  if (!isObject(value)) throw invalidValue(`${id} must be an object with the extension's attributes.`);
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const attribute = findAttribute(attributes, key);
    if (attribute === undefined) throw invalidSyntax(`${id} has no attribute ${quote(key)}.`);
    refuseTwin(value, key, attribute.name);
    parseAttribute(attribute, value[key] as Json, `${id}:${attribute.name}`, result, reading);
  }
  return Object.keys(result).length === 0 ? undefined : result;
};

/** 400 invalidValue if a required attribute or extension is missing, or a required sub-attribute of one complex value. */
export const requireAttributes = (type: ResourceType, attributes: JsonObject): void => {
  requireAll(attributesOf(type), attributes, "");
  for (const { schema, required } of type.extensions) {
    const values = own(attributes, schema.id);
    if (isObject(values)) requireAll(schema.attributes, values, `${schema.id}:`);
    else if (required) throw invalidValue(`The extension ${schema.id} is required.`);
  }
};

const requireAll = (attributes: readonly Attribute[], values: JsonObject, prefix: string): void => {
  for (const attribute of attributes) {
    const name = `${prefix}${attribute.name}`;
    if (Object.hasOwn(values, attribute.name)) {
      if (!attribute.multiValued) requireSubAttributes(attribute, values[attribute.name], name);
    } else if (attribute.required && isKept(attribute) && attribute.name !== "schemas")
      throw invalidValue(`${name} is required.`);
  }
};

const hasImmutable = once((type: ResourceType): boolean =>
  pathsOf(type).some(({ attribute, sub }) => isImmutable(sub ?? attribute) && !namesResources(attribute)),
);

/**
 * The attributes that `next`, parsed without it, makes of what it replaces (RFC 7644 §3.5.1). 400 mutability where it says
 * otherwise of an immutable value, 400 invalidValue where a required one is missing.
 */
export const replacement = (type: ResourceType, next: JsonObject, current: JsonObject): JsonObject => {
  if (!hasImmutable(type)) return next;
  const result = structuredClone(next);
  keepImmutable(type, result, current);
  requireAttributes(type, result);
  return result;
};

/** RFC 7644 §3.5.1: an immutable value that is set stays as it is; `next` may repeat it or leave it out. */
const keepImmutable = (type: ResourceType, next: JsonObject, current: JsonObject): void => {
  keepAll(attributesOf(type), next, current, "");
  for (const { schema } of type.extensions) {
    const before = own(current, schema.id);
    if (!isObject(before)) continue;
    const after = own(next, schema.id);
    const kept = isObject(after) ? after : {};
    keepAll(schema.attributes, kept, before, `${schema.id}:`);
    if (Object.keys(kept).length > 0) next[schema.id] = kept;
  }
};

const keepAll = (attributes: readonly Attribute[], next: JsonObject, current: JsonObject, prefix: string): void => {
  for (const attribute of attributes) {
    const before = own(current, attribute.name);
    if (before === undefined || isSecret(attribute)) continue;
    const after = own(next, attribute.name);
    const name = `${prefix}${attribute.name}`;
    if (isImmutable(attribute)) {
      if (after !== undefined && !sameAttribute(attribute, before, after))
        throw mutability(`${name} is immutable and already set.`);
      next[attribute.name] = before;
    } else if (isObject(before)) {
      const kept = isObject(after) ? after : {};
      keepAll(attribute.subAttributes ?? [], kept, before, `${name}.`);
      if (Object.keys(kept).length > 0) next[attribute.name] = kept;
    }
  }
};
