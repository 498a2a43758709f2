// Readings of the PATCH message and its operations.
import type { AttributePath } from "../../attribute-path.ts";
import { matchesElement } from "../../filter/evaluate.ts";
import type { PatchPath } from "../../filter/patch-path.ts";
import { isObject, type Json, type JsonObject, own } from "../../json.ts";
import { patchOpUrn } from "../../messages.ts";
import { elementTemplate } from "../../patch/element-template.ts";
import { namesResources, sameValue } from "../../resource/element.ts";
import type { Attribute } from "../../schema/characteristics.ts";
import { lowerAscii } from "../../schema/lookup.ts";
import type { Work } from "../../work.ts";
import { rule, sentBy } from "../rule.ts";

export const patchSchemas = rule(
  "patch-schemas",
  { profiles: sentBy(), where: "PATCH", says: "no schemas, or others", means: "PatchOp" },
  (schemas: Json | undefined): Json[] | undefined =>
    Array.isArray(schemas) && schemas.length === 1 && schemas[0] === patchOpUrn ? undefined : [patchOpUrn],
);

export const operationsKey = rule(
  "operations-key",
  { profiles: sentBy(), where: "PATCH", says: "“operations” in any case", means: "“Operations”" },
  (body: JsonObject): string | undefined =>
    Object.hasOwn(body, "Operations") ? undefined : Object.keys(body).find((key) => lowerAscii(key) === "operations"),
);

export const bareOperation = rule(
  "bare-operation",
  {
    profiles: sentBy(),
    where: "PATCH",
    says: "one operation, without Operations around it",
    means: "Operations: [it]",
  },
  (body: JsonObject): JsonObject | undefined => {
    if (typeof own(body, "op") !== "string" || Object.keys(body).some((key) => lowerAscii(key) === "operations"))
      return undefined;
    const { schemas, ...operation } = body;
    return { ...(schemas === undefined ? {} : { schemas }), Operations: [operation] };
  },
);

export const opCase = rule(
  "op-case",
  {
    profiles: sentBy("entra", "jumpcloud"),
    where: "op of an operation",
    says: "“Add” in any case",
    means: "“add”",
  },
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

/** Whether a value says nothing that is not so already. Of a list that names resources their ids are what counts. */
const repeats = (attribute: Attribute, value: Json, now: Json | undefined): boolean => {
  if (value === null) return now === undefined;
  if (attribute.multiValued) {
    const [said, is] = [idsIn(value), idsIn(now ?? [])];
    return said !== undefined && is !== undefined && said.symmetricDifference(is).size === 0;
  }
  if (!isObject(value) || !isObject(now)) return now !== undefined && sameValue(value, now);
  return Object.keys(value).every((key) => sameValue(own(value, key), own(now, key)));
};

const idsIn = (value: Json): Set<Json> | undefined =>
  Array.isArray(value) && value.every((one) => isObject(one) && typeof own(one, "value") === "string")
    ? new Set(value.map((one) => own(one as JsonObject, "value") as Json))
    : undefined;

export const readOnlyEcho = rule(
  "read-only-echo",
  {
    profiles: sentBy("okta"),
    where: "value of an operation",
    says: "id, meta, schemas or another readOnly attribute as it is",
    means: "nothing",
  },
  (attribute: Attribute, value: Json | undefined, current: JsonObject): true | undefined => {
    // A resource without id was not found: there is nothing that a value could repeat.
    if (value === undefined || !Object.hasOwn(current, "id")) return undefined;
    const now = own(current, attribute.name);
    if (attribute.name === "schemas") return (now !== undefined && sameUrns(value, now)) || undefined;
    return (attribute.mutability === "readOnly" && repeats(attribute, value, now)) || undefined;
  },
);

const elementsAt = (resource: JsonObject, { extension, attribute }: AttributePath): Json[] => {
  const container = extension === undefined ? resource : own(resource, extension);
  const value = isObject(container) ? own(container, attribute.name) : undefined;
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
};

export const unmatchedReplace = rule(
  "unmatched-replace",
  {
    profiles: sentBy("entra"),
    where: "replace of a sub-attribute of elements that are not there, by a filter of eq terms",
    says: "replace emails[type eq “work”].value",
    means: "add emails[type eq “work”].value",
  },
  (target: PatchPath | undefined, value: Json | undefined, current: JsonObject, work: Work): "add" | undefined => {
    if (value === undefined || target === undefined) return undefined;
    if ("extension" in target || target.filter === undefined || target.sub === undefined) return undefined;
    const { filter } = target;
    if (namesResources(target.path.attribute) || elementTemplate(filter) === undefined) return undefined;
    const elements = elementsAt(current, target.path);
    work.walk(elements, filter);
    const found = elements.some((one) => isObject(one) && matchesElement(filter, one));
    return found ? undefined : "add";
  },
);
