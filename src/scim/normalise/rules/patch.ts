// Readings of the PATCH message and its operations.
import type { AttributePath } from "../../attribute-path.ts";
import { matchesElement } from "../../filter/evaluate.ts";
import { parsePatchPath } from "../../filter/patch-path.ts";
import { isObject, type Json, type JsonObject } from "../../json.ts";
import { patchOpUrn } from "../../messages.ts";
import { elementTemplate } from "../../patch/element-template.ts";
import { namesResources, own, sameValue } from "../../resource/element.ts";
import { isUnassigned } from "../../resource/value.ts";
import type { Attribute, ResourceType } from "../../schema/characteristics.ts";
import { lowerAscii } from "../../schema/lookup.ts";
import type { Work } from "../../work.ts";
import { rule } from "../rule.ts";

const lenient = ["lenient"] as const;

export const patchSchemas = rule(
  "patch-schemas",
  { profiles: lenient, where: "PATCH", says: "no schemas, or others", means: "PatchOp" },
  (schemas: Json | undefined): Json[] | undefined =>
    Array.isArray(schemas) && schemas.length === 1 && schemas[0] === patchOpUrn ? undefined : [patchOpUrn],
);

export const operationsKey = rule(
  "operations-key",
  { profiles: lenient, where: "PATCH", says: "“operations” in any case", means: "“Operations”" },
  (body: JsonObject): string | undefined =>
    Object.hasOwn(body, "Operations") ? undefined : Object.keys(body).find((key) => lowerAscii(key) === "operations"),
);

export const opCase = rule(
  "op-case",
  { profiles: lenient, where: "op of an operation", says: "“Add” in any case", means: "“add”" },
  (op: Json | undefined): string | undefined => {
    if (typeof op !== "string" || op.length > 7) return undefined;
    const lower = op.toLowerCase();
    return lower !== op && (lower === "add" || lower === "remove" || lower === "replace") ? lower : undefined;
  },
);

/** A list of URNs as a set in lower case; undefined if it is anything else. */
const urnsOf = (value: Json): Set<string> | undefined =>
  Array.isArray(value) && value.every((urn) => typeof urn === "string")
    ? new Set(value.map((urn) => urn.toLowerCase()))
    : undefined;

/** Whether two lists of URNs name the same schemas, in any order and case. */
const sameUrns = (a: Json, b: Json): boolean => {
  const [left, right] = [urnsOf(a), urnsOf(b)];
  return left !== undefined && right !== undefined && left.symmetricDifference(right).size === 0;
};

export const readOnlyEcho = rule(
  "read-only-echo",
  { profiles: lenient, where: "value of an operation", says: "id, meta or schemas as they are", means: "nothing" },
  (attribute: Attribute, value: Json | undefined, current: JsonObject): true | undefined => {
    const now = own(current, attribute.name);
    if (value === undefined || now === undefined) return undefined;
    if (attribute.name === "schemas") return sameUrns(value, now) || undefined;
    return ((attribute.name === "id" || attribute.name === "meta") && sameValue(value, now)) || undefined;
  },
);

export const removeWithValue = rule(
  "remove-with-value",
  {
    profiles: lenient,
    where: "remove of a multi-valued attribute without filter",
    says: "a value",
    means: "exactly these elements, not all",
  },
  (op: Json | undefined, target: Attribute, path: string, value: Json | undefined): true | undefined =>
    (op === "remove" && target.multiValued && !path.includes("[") && value !== undefined && value !== null) ||
    undefined,
);

const elementsAt = (resource: JsonObject, { extension, attribute }: AttributePath): Json[] => {
  const container = extension === undefined ? resource : own(resource, extension);
  const value = isObject(container) ? own(container, attribute.name) : undefined;
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
};

export const unmatchedReplace = rule(
  "unmatched-replace",
  {
    profiles: lenient,
    where: "replace of a sub-attribute of elements that are not there, by a filter of eq terms",
    says: "replace emails[type eq “work”].value",
    means: "add emails[type eq “work”].value",
  },
  (type: ResourceType, path: string, value: Json | undefined, current: JsonObject, work: Work): "add" | undefined => {
    if (value === undefined || isUnassigned(value) || !path.includes("[")) return undefined;
    const target = parsePatchPath(type, path);
    if ("extension" in target || target.filter === undefined || target.sub === undefined) return undefined;
    const { filter } = target;
    if (namesResources(target.path.attribute) || elementTemplate(filter) === undefined) return undefined;
    const elements = elementsAt(current, target.path);
    work.walk(elements, filter);
    const found = elements.some((one) => isObject(one) && matchesElement(filter, one));
    return found ? undefined : "add";
  },
);
