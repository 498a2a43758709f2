// The body of a PATCH as the strict engine reads it.
import type { AttributePath } from "../attribute-path.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { own } from "../resource/element.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { attributesOf, findAttribute, findExtension, resolvePath } from "../schema/lookup.ts";
import { normaliseAttributes, normaliseMembers, normaliseOne, normaliseValue } from "./attributes.ts";
import { Normalisation, type Normalised, type Profile } from "./rule.ts";
import { opCase, operationsKey, patchSchemas, readOnlyEcho, removeWithValue, unmatchedReplace } from "./rules/patch.ts";

/**
 * `current` is the resource before the PATCH: `id`, `schemas`, `meta` and its attributes. An operation is read against
 * it, whatever the operations before it do. Without it, rules that compare have nothing to say.
 */
export const normalisePatch = (
  type: ResourceType,
  body: unknown,
  profile: Profile,
  current: JsonObject = {},
): Normalised => {
  if (profile === "rfc" || !isObject(body)) return { body, rules: [] };
  const n = new Normalisation(profile);
  const result = normaliseOperations(n, type, normaliseMessage(n, body), current);
  return { body: result, rules: n.rules };
};

const normaliseMessage = (n: Normalisation, body: JsonObject): JsonObject => {
  const schemas = n.use(patchSchemas, own(body, "schemas"));
  const key = n.use(operationsKey, body);
  const declared = schemas === undefined ? body : { ...body, schemas };
  if (key === undefined) return declared;
  const { [key]: operations, ...rest } = declared;
  return { ...rest, Operations: operations as Json };
};

const normaliseOperations = (
  n: Normalisation,
  type: ResourceType,
  body: JsonObject,
  current: JsonObject,
): JsonObject => {
  const operations = own(body, "Operations");
  if (!Array.isArray(operations)) return body;
  let result: Json[] | undefined;
  for (let i = 0; i < operations.length; i++) {
    const before = operations[i] as Json;
    const after = isObject(before) ? normaliseOperation(n, type, before, current) : before;
    if (after === before) continue;
    result ??= [...operations];
    result[i] = after;
  }
  return result === undefined ? body : { ...body, Operations: result };
};

const normaliseOperation = (
  n: Normalisation,
  type: ResourceType,
  operation: JsonObject,
  current: JsonObject,
): JsonObject => {
  const op = n.use(opCase, own(operation, "op"));
  const named = op === undefined ? operation : { ...operation, op };
  const path = own(named, "path") ?? null;
  if (path === null) return onResource(n, type, named, current);
  return typeof path === "string" ? onPath(n, type, named, path, current) : named;
};

/** The operation with another member; the very same if it is what it was. */
const having = (operation: JsonObject, name: string, value: Json | undefined): JsonObject =>
  value === undefined || operation[name] === value ? operation : { ...operation, [name]: value };

const onResource = (n: Normalisation, type: ResourceType, operation: JsonObject, current: JsonObject): JsonObject => {
  const value = own(operation, "value");
  if (!isObject(value)) return operation;
  return having(operation, "value", withoutEchoes(n, type, normaliseAttributes(n, type, value, "refused"), current));
};

const withoutEchoes = (n: Normalisation, type: ResourceType, value: JsonObject, current: JsonObject): JsonObject => {
  let result = value;
  for (const key of Object.keys(value)) {
    const attribute = findAttribute(attributesOf(type), key);
    if (attribute === undefined || !n.use(readOnlyEcho, attribute, value[key], current)) continue;
    const { [key]: _, ...rest } = result;
    result = rest;
  }
  return result;
};

/** What stands in the place of an operation that means nothing: a PATCH must have one. */
const nothing: JsonObject = Object.freeze({ op: "replace", value: Object.freeze({}) as JsonObject });

const onPath = (
  n: Normalisation,
  type: ResourceType,
  operation: JsonObject,
  path: string,
  current: JsonObject,
): JsonObject => {
  const value = own(operation, "value");
  const extension = findExtension(type, path);
  if (extension !== undefined)
    return isObject(value)
      ? having(operation, "value", normaliseMembers(n, extension.attributes, undefined, value, "refused"))
      : operation;
  const target = targetOf(type, path);
  if (target === undefined || value === undefined) return operation;
  if (n.use(readOnlyEcho, target.attribute, value, current)) return nothing;
  return onTarget(n, type, having(operation, "value", valueAt(n, target, path, value)), target, path, current);
};

/** Where a path leads, its brackets left out; undefined if nowhere. */
const targetOf = (type: ResourceType, path: string): AttributePath | undefined => {
  const opening = path.indexOf("[");
  return resolvePath(type, opening < 0 ? path : path.slice(0, opening) + path.slice(path.lastIndexOf("]") + 1));
};

const valueAt = (n: Normalisation, { attribute, sub }: AttributePath, path: string, value: Json): Json =>
  sub === undefined && path.includes("[")
    ? normaliseOne(n, attribute, value, "refused")
    : normaliseValue(n, sub ?? attribute, value, "refused");

const onTarget = (
  n: Normalisation,
  type: ResourceType,
  operation: JsonObject,
  { attribute, sub }: AttributePath,
  path: string,
  current: JsonObject,
): JsonObject => {
  const value = own(operation, "value");
  if (own(operation, "op") !== "replace") {
    n.use(removeWithValue, own(operation, "op"), sub ?? attribute, path, value);
    return operation;
  }
  return having(operation, "op", n.use(unmatchedReplace, type, path, value, current, n.work));
};
