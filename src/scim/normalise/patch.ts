// The body of a PATCH as the strict engine reads it.
import type { AttributePath } from "../attribute-path.ts";
import type { Accepts } from "../beyond.ts";
import { FILTER_LIMITS } from "../filter/limits.ts";
import { type PatchPath, parsePatchPath } from "../filter/patch-path.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { attributesOf, findAttribute, findExtension, resolvePath } from "../schema/lookup.ts";
import { normaliseAttributes, normaliseMembers, normaliseOne, normaliseValue, type Place } from "./attributes.ts";
import type { Normalisation } from "./rule.ts";
import { acceptsOf } from "./rules/engine.ts";
import { bareOperation, opCase, operationsKey, patchSchemas, readOnlyEcho, unmatchedReplace } from "./rules/patch.ts";

/**
 * The body, the very same if no rule applied. `current` is the resource before the PATCH: `id`, `schemas`, `meta` and its
 * attributes. An operation is read against it, whatever the operations before it do. Without it, rules that compare have
 * nothing to say.
 */
export const normalisePatch = (
  n: Normalisation,
  type: ResourceType,
  body: unknown,
  current: JsonObject = {},
): unknown => {
  if (n.isStrict || !isObject(body)) return body;
  return new PatchNormalisation(n, type, current).body(body);
};

/** What stands in the place of an operation that means nothing: a PATCH must have one. */
const nothing: JsonObject = Object.freeze({ op: "replace", value: Object.freeze({}) as JsonObject });

/** The operation with another member; the very same if it is what it was. */
const having = (operation: JsonObject, name: string, value: Json | undefined): JsonObject =>
  value === undefined || operation[name] === value ? operation : { ...operation, [name]: value };

class PatchNormalisation {
  readonly #n: Normalisation;
  readonly #type: ResourceType;
  readonly #current: JsonObject;
  readonly #accepts: Accepts;

  constructor(n: Normalisation, type: ResourceType, current: JsonObject) {
    this.#n = n;
    this.#type = type;
    this.#current = current;
    this.#accepts = acceptsOf(n);
  }

  body(sent: JsonObject): JsonObject {
    const message = this.#message(sent);
    const operations = own(message, "Operations");
    if (!Array.isArray(operations)) return message;
    let result: Json[] | undefined;
    for (let i = 0; i < operations.length; i++) {
      const before = operations[i] as Json;
      const after = isObject(before) ? this.#operation(before) : before;
      if (after === before) continue;
      result ??= [...operations];
      result[i] = after;
    }
    return result === undefined ? message : { ...message, Operations: result };
  }

  #message(sent: JsonObject): JsonObject {
    const n = this.#n;
    const schemas = n.use(patchSchemas, own(sent, "schemas"));
    const declared = schemas === undefined ? sent : { ...sent, schemas };
    const wrapped = n.use(bareOperation, declared);
    if (wrapped !== undefined) return wrapped;
    const key = n.use(operationsKey, sent);
    if (key === undefined) return declared;
    const { [key]: operations, ...rest } = declared;
    return { ...rest, Operations: operations as Json };
  }

  #operation(operation: JsonObject): JsonObject {
    const op = this.#n.use(opCase, own(operation, "op"));
    const named = op === undefined ? operation : { ...operation, op };
    const path = own(named, "path") ?? null;
    if (path === null) return this.#onResource(named);
    return typeof path === "string" ? this.#onPath(named, path) : named;
  }

  #onResource(operation: JsonObject): JsonObject {
    const value = own(operation, "value");
    if (!isObject(value)) return operation;
    const attributes = normaliseAttributes(this.#n, this.#type, value, placeOf(operation));
    return having(operation, "value", this.#withoutEchoes(attributes));
  }

  #withoutEchoes(value: JsonObject): JsonObject {
    let result = value;
    for (const key of Object.keys(value)) {
      const attribute = findAttribute(attributesOf(this.#type), key);
      if (attribute === undefined || !this.#n.use(readOnlyEcho, attribute, value[key], this.#current)) continue;
      const { [key]: _, ...rest } = result;
      result = rest;
    }
    return result;
  }

  #onPath(operation: JsonObject, path: string): JsonObject {
    const n = this.#n;
    const value = own(operation, "value");
    const place = placeOf(operation);
    const extension = findExtension(this.#type, path);
    if (extension !== undefined)
      return isObject(value)
        ? having(operation, "value", normaliseMembers(n, extension.attributes, undefined, value, place))
        : operation;
    const target = targetOf(this.#type, path);
    if (target === undefined || value === undefined) return operation;
    if (place !== "remove" && target.sub === undefined && n.use(readOnlyEcho, target.attribute, value, this.#current))
      return nothing;
    const read = having(operation, "value", valueAt(n, target, path, value, place));
    if (place !== "replace" || !path.includes("[")) return read;
    return having(read, "op", n.use(unmatchedReplace, this.#parsed(path), own(read, "value"), this.#current, n.work));
  }

  /** The path as the engine reads it; where it refuses it, it will say so itself. */
  #parsed(path: string): PatchPath | undefined {
    try {
      return parsePatchPath(this.#type, path, FILTER_LIMITS, this.#accepts);
    } catch {
      return undefined;
    }
  }
}

const placeOf = (operation: JsonObject): Place => {
  const op = own(operation, "op");
  return op === "add" || op === "remove" ? op : "replace";
};

/** Where a path leads, its brackets left out; undefined if nowhere. */
const targetOf = (type: ResourceType, path: string): AttributePath | undefined => {
  const opening = path.indexOf("[");
  return resolvePath(type, opening < 0 ? path : path.slice(0, opening) + path.slice(path.lastIndexOf("]") + 1));
};

const valueAt = (n: Normalisation, { attribute, sub }: AttributePath, path: string, value: Json, place: Place): Json =>
  sub === undefined && path.includes("[")
    ? normaliseOne(n, attribute, value, place)
    : normaliseValue(n, sub ?? attribute, value, place);
