// What RFC 7644 §3.5.2 makes of one operation as a client sends it, from the characteristics of its target alone: the step
// that it means, nothing, or a refusal. Where the RFC leaves the error's keyword open, each that fits is allowed.
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { Failed, referencePatch, type Step } from "./patch.ts";
import { type Attribute, isSecret, named, type Target } from "./schema.ts";

export interface Sent {
  readonly op: Step["op"];
  readonly target: Target;
  readonly filter?: Step["filter"];
  /** Absent where the operation has no `value`. */
  readonly value?: Json;
}

/** The attributes after the operation, or the keywords (table 9) of which the refusal has one. */
export type Outcome = { readonly after: JsonObject } | { readonly refused: readonly string[] };

class Refused extends Error {
  readonly keywords: readonly string[];
  constructor(...keywords: string[]) {
    super(keywords.join());
    this.keywords = keywords;
  }
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** RFC 7643 §2.5; that a text without characters, or octets, is none either is a choice. */
const isUnassigned = ({ type }: Attribute, value: Json): boolean =>
  value === null || (value === "" && ["string", "reference", "binary"].includes(type));

/** RFC 7643 §2.3, type by type. */
const isOfType = (type: string, value: Json): boolean => {
  switch (type) {
    case "boolean":
      return typeof value === "boolean";
    case "decimal":
      return typeof value === "number";
    case "integer":
      return Number.isSafeInteger(value);
    case "binary":
      return typeof value === "string" && /^([\w+/-]{4})*([\w+/-]{2}(==)?|[\w+/-]{3}=?)?$/.test(value);
    case "dateTime":
      return (
        typeof value === "string" &&
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.test(value) &&
        new Date(`${value.slice(0, 10)}T00:00:00Z`).getUTCDate() === Number(value.slice(8, 10))
      );
    default:
      return typeof value === "string";
  }
};

/** The `members` of a group: what is kept of an element is its `value`, from which `$ref`, `type` and `display` follow. */
const isMembers = ({ name, multiValued, subAttributes }: Attribute): boolean =>
  name === "members" && multiValued && named(subAttributes, "value")?.mutability === "immutable";

/** All there is, what goes into another value, or a part of a new resource: there, what is readOnly is ignored (§3.3). */
type As = "whole" | "merge" | "created";

const parts = (attribute: Attribute, value: JsonObject, as: As): JsonObject | undefined => {
  const kept: JsonObject = {};
  let readOnly = 0;
  let secrets = 0;
  for (const [name, given] of Object.entries(value)) {
    const sub = named(attribute.subAttributes, name);
    if (sub === undefined) throw new Refused("invalidSyntax", "invalidPath", "invalidValue");
    if (sub.mutability === "readOnly" || (isMembers(attribute) && sub.name !== "value")) readOnly += 1;
    else if (isUnassigned(sub, given)) {
      if (sub.required || isMembers(attribute)) throw new Refused("invalidValue", "mutability");
      if (as === "merge" && !isSecret(sub)) kept[sub.name] = null;
    } else {
      const read = whole(sub, given, as);
      if (isSecret(sub)) secrets += 1;
      else kept[sub.name] = read;
    }
  }
  if (isMembers(attribute) && kept["value"] === undefined) throw new Refused("invalidValue");
  if (Object.keys(kept).length > 0) return kept;
  // What is given to an element that a filter selects or makes, if nothing is kept of it.
  if (secrets > 0 && as === "merge") return kept;
  if (readOnly > 0 && as !== "created") throw new Refused("mutability");
  return undefined;
};

/** A value that has to be of the attribute's type. */
const whole = (attribute: Attribute, value: Json, as: As): Json => {
  const within = as === "merge" ? "whole" : as;
  if (attribute.multiValued) return elements(attribute, value, within);
  return single(attribute, value, within) ?? {};
};

const single = (attribute: Attribute, value: Json, as: As): Json | undefined => {
  if (attribute.type !== "complex") {
    if (!isOfType(attribute.type, value)) throw new Refused("invalidValue");
    return value;
  }
  if (!isObject(value)) throw new Refused("invalidValue");
  return parts(attribute, value, as);
};

const elements = (attribute: Attribute, value: Json, as: As = "whole"): Json[] => {
  if (!Array.isArray(value)) throw new Refused("invalidValue");
  const given = value.filter((one) => isMembers(attribute) || !isUnassigned(attribute, one));
  return given.map((one) => single(attribute, one, as)).filter((one) => one !== undefined);
};

/** The step that the operation means; undefined if it means nothing. */
const stepOf = ({ op, target, filter, value }: Sent): Step | undefined => {
  const { attribute, sub } = target;
  const leaf = sub ?? attribute;
  const isElement = filter !== undefined && sub === undefined;
  const isList = leaf.multiValued && !isElement;
  const within = filter === undefined ? {} : { filter };
  // Nobody sets what is readOnly, nor what follows from a member's value.
  if (attribute.mutability === "readOnly" || leaf.mutability === "readOnly") throw new Refused("mutability");
  if (isMembers(attribute) && sub !== undefined && sub.name !== "value") throw new Refused("mutability");
  if (op === "remove") return isSecret(leaf) ? undefined : { op, target, ...within };
  // “The operation MUST contain a "value" member”.
  if (value === undefined) throw new Refused("invalidValue", "invalidSyntax");
  const clear = (): Step | undefined => {
    if (op === "add" && (isList || isElement)) return undefined;
    if (leaf.required && !isElement) throw new Refused("invalidValue", "mutability");
    // To replace what a filter selects by nothing, it has to select something (§3.5.2.3, noTarget).
    return op === "replace" && filter !== undefined
      ? { op, target, filter, value: null }
      : { op: "remove", target, ...within };
  };
  if (isList ? value === null : isUnassigned(leaf, value)) return clear();
  const read = isList
    ? elements(leaf, op === "add" && !Array.isArray(value) ? [value] : value)
    : single(leaf, value, isElement && op === "replace" ? "whole" : "merge");
  if (isSecret(leaf)) return { op, target, ...within, value: null };
  if (Array.isArray(read) && read.length === 0) return clear();
  if (read === undefined) return isElement && op === "replace" ? clear() : undefined;
  return { op, target, ...within, value: read };
};

/** What a new resource has of a value that its creation gives to an attribute (§3.3); undefined if it has none. */
const createdBy = (attribute: Attribute, value: Json): Json | undefined => {
  if (attribute.mutability === "readOnly") return undefined;
  const isNothing = attribute.multiValued ? value === null : isUnassigned(attribute, value);
  const read = isNothing
    ? undefined
    : attribute.multiValued
      ? elements(attribute, value, "created")
      : single(attribute, value, "created");
  if (read === undefined || (Array.isArray(read) && read.length === 0)) {
    // “A required value was missing” (table 9, invalidValue).
    if (attribute.required) throw new Refused("invalidValue");
    return undefined;
  }
  for (const one of attribute.multiValued ? (read as Json[]) : [read])
    for (const sub of attribute.subAttributes ?? [])
      if (sub.required && sub.mutability !== "readOnly" && isObject(one) && one[sub.name] === undefined)
        throw new Refused("invalidValue");
  return isSecret(attribute) ? undefined : read;
};

/** The attributes of a resource that is created with these and one more, or a refusal. */
export const creationOf = (others: JsonObject, { urn, attribute }: Target, value: Json): Outcome => {
  try {
    const read = createdBy(attribute, value);
    if (read === undefined) return { after: others };
    if (urn === undefined) return { after: { ...others, [attribute.name]: read } };
    return { after: { ...others, [urn]: { ...(others[urn] as JsonObject | undefined), [attribute.name]: read } } };
  } catch (error) {
    if (error instanceof Refused) return { refused: error.keywords };
    throw error;
  }
};

/** What the operation comes to on a resource that has these attributes. */
export const outcomeOf = (type: ResourceType, attributes: JsonObject, sent: Sent): Outcome => {
  try {
    const step = stepOf(sent);
    return { after: step === undefined ? attributes : referencePatch(type, attributes, [step]) };
  } catch (error) {
    if (error instanceof Refused) return { refused: error.keywords };
    if (error instanceof Failed) return { refused: [error.scimType] };
    throw error;
  }
};
