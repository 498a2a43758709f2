// A second reading of RFC 7644 §3.5.2, made from its text alone: every operation copies the resource and does what the
// sentence says. Where the RFC is silent, the choices of the engine are named beside the line that takes them over.
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { referenceFilter } from "./filter.ts";
import { type Attribute, isSecret, named, type Target, targets, textOf } from "./schema.ts";

export class Failed extends Error {
  readonly scimType: string;
  constructor(scimType: string) {
    super(scimType);
    this.scimType = scimType;
  }
}

export interface Step {
  readonly op: "add" | "remove" | "replace";
  readonly target: Target;
  /** What stands between brackets, and what its terms say if all of them are `eq` joined by `and`. */
  readonly filter?: { readonly text: string; readonly says?: JsonObject };
  readonly value?: Json;
}

type Element = Json;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON with sorted names: equal exactly if the values are. */
export const canonical = (value: Json | undefined): string =>
  JSON.stringify(value, (_, inner: Json) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  ) ?? "undefined";

const asSet = (value: Json | undefined): string =>
  Array.isArray(value) ? canonical(value.map((one) => canonical(one)).sort()) : canonical(value);

const isEmpty = (value: Json | undefined): boolean =>
  value === undefined || value === null || value === "" || canonical(value) === "{}" || canonical(value) === "[]";

const without = (list: readonly Element[]): Element[] =>
  list.filter((one, i) => !isEmpty(one) && list.findIndex((other) => canonical(other) === canonical(one)) === i);

const guard = (attribute: Attribute, before: Json | undefined, after: Json | undefined): void => {
  if (isEmpty(before) || asSet(before) === asSet(after)) return;
  if (attribute.mutability === "immutable") throw new Failed("mutability");
  if (attribute.required && isEmpty(after)) throw new Failed("mutability");
};

/** The sub-attributes of which RFC 7643 §7 says “The attribute SHALL NOT be updated”, as far as they are set. */
const settled = ({ subAttributes = [] }: Attribute, before: Json | undefined): Attribute[] =>
  subAttributes.filter(({ name, mutability }) => {
    const value = isObject(before) ? before[name] : undefined;
    return mutability === "immutable" && !isEmpty(value);
  });

/** What takes the place of an element repeats what is immutable in it, or leaves it out, and then it stays. */
const inPlaceOf = (attribute: Attribute, before: Json | undefined, given: JsonObject): JsonObject => {
  const after = { ...given };
  for (const sub of settled(attribute, before)) {
    const was = (before as JsonObject)[sub.name] as Json;
    if (after[sub.name] === undefined) after[sub.name] = was;
    guard(sub, was, after[sub.name]);
  }
  return after;
};

/** “Sub-attributes that are not specified in the "value" parameter are left unchanged.” */
const merged = (attribute: Attribute, before: Json | undefined, given: JsonObject): JsonObject => {
  const after: JsonObject = isObject(before) ? { ...before } : {};
  for (const [name, value] of Object.entries(given)) {
    guard(named(attribute.subAttributes, name) as Attribute, after[name], isEmpty(value) ? undefined : value);
    if (isEmpty(value)) delete after[name];
    else after[name] = value;
  }
  return withoutStale(attribute, before, after, given);
};

/** The RFC is silent on the `$ref` of a value that is now another one: unless it is given anew, it goes. */
const withoutStale = (
  { subAttributes }: Attribute,
  before: Json | undefined,
  after: JsonObject,
  given: JsonObject,
): JsonObject => {
  const isStale = isObject(before) && canonical(before["value"]) !== canonical(after["value"]) && !("$ref" in given);
  const ref = named(subAttributes, "$ref");
  if (!isStale || ref?.type !== "reference") return after;
  if (ref.mutability === "immutable" && !isEmpty(after["$ref"])) throw new Failed("mutability");
  const { $ref: _, ...rest } = after;
  return rest;
};

const isPrimary = (element: Element): boolean => isObject(element) && element["primary"] === true;

/** “… SHALL cause the server to automatically set "primary" to "false" for any other values in the array.” */
const onlyPrimary = (list: Element[], chosen: string | undefined): Element[] =>
  chosen === undefined || list.filter(isPrimary).length < 2
    ? list
    : list.map((one) =>
        isPrimary(one) && canonical(one) !== chosen ? { ...(one as JsonObject), primary: false } : one,
      );

const pair = (element: Element): string | undefined =>
  !isObject(element)
    ? canonical(element)
    : element["value"] === undefined
      ? undefined
      : canonical([element["type"] ?? null, element["value"]]);

const addAll = (attribute: Attribute, list: readonly Element[], given: readonly Element[]): Element[] => {
  const after = [...list];
  let primary: number | undefined;
  for (const element of given) {
    if (list.some((one) => canonical(one) === canonical(element))) continue;
    // The RFC is silent on an element with the (type, value) of another: its sub-attributes are added to that one.
    const at = after.findIndex((one) => pair(element) !== undefined && pair(one) === pair(element));
    const next = at >= 0 && isObject(element) ? merged(attribute, after[at], element) : element;
    if (at >= 0) after[at] = next;
    else after.push(next);
    if (isPrimary(element)) primary = at >= 0 ? at : after.length - 1;
  }
  return onlyPrimary(without(after), primary === undefined ? undefined : canonical(after[primary]));
};

const onMatches = (type: ResourceType, step: Step, list: readonly Element[]): Element[] => {
  const { op, target, filter, value } = step;
  const { attribute, sub } = target;
  const whole = textOf(target.urn === undefined ? { attribute } : { urn: target.urn, attribute });
  const test = filter === undefined ? () => true : referenceFilter(type, `${whole}[${filter.text}]`);
  const alone = (element: Element): JsonObject =>
    target.urn === undefined ? { [attribute.name]: [element] } : { [target.urn]: { [attribute.name]: [element] } };
  const matching = list.filter((element) => test(alone(element)));
  const change = (element: Element | undefined): Element => {
    if (sub !== undefined) return merged(attribute, element, { [sub.name]: op === "remove" ? null : (value as Json) });
    if (op === "remove" || (op === "replace" && filter !== undefined && isEmpty(value))) return null;
    return op === "replace" && filter !== undefined
      ? inPlaceOf(attribute, element, value as JsonObject)
      : merged(attribute, element, value as JsonObject);
  };
  const makesPrimary =
    op !== "remove" && (sub === undefined ? isPrimary(value as Json) : sub.name === "primary" && value === true);
  // Two values cannot both be the only one that is primary.
  if (makesPrimary && matching.length > 1) throw new Failed("invalidValue");
  if (matching.length === 0) {
    if (op === "remove") return [...list];
    if (filter !== undefined && (op === "replace" || filter.says === undefined)) throw new Failed("noTarget");
    // The RFC is silent on an `add` that matches nothing: the element that the filter describes is made.
    const changed = change(filter?.says ?? {});
    const made = isEmpty(changed) ? (filter?.says ?? {}) : changed;
    return onlyPrimary(without([...list, made]), isPrimary(made) ? canonical(made) : undefined);
  }
  const chosen = makesPrimary ? canonical(change(matching[0])) : undefined;
  return onlyPrimary(without(list.map((element) => (matching.includes(element) ? change(element) : element))), chosen);
};

const onList = (type: ResourceType, step: Step, before: Json | undefined): Json | undefined => {
  const { op, target, filter, value } = step;
  const list = Array.isArray(before) ? before : [];
  if (filter !== undefined || target.sub !== undefined) return onMatches(type, step, list);
  if (op === "remove") return undefined;
  const given = without(value as Json[]);
  return op === "add" ? addAll(target.attribute, list, given) : given;
};

const onValue = ({ op, target: { attribute, sub }, value }: Step, before: Json | undefined): Json | undefined => {
  if (sub !== undefined) return merged(attribute, before, { [sub.name]: op === "remove" ? null : (value as Json) });
  if (op === "remove" && settled(attribute, before).length > 0) throw new Failed("mutability");
  if (op === "remove") return undefined;
  return attribute.type === "complex" ? merged(attribute, before, value as JsonObject) : value;
};

const requireSubs = ({ subAttributes = [] }: Attribute, value: Json | undefined): void => {
  for (const one of Array.isArray(value) ? value : [value])
    for (const sub of subAttributes)
      if (sub.required && isObject(one) && one[sub.name] === undefined) throw new Failed("invalidValue");
};

const applyStep = (type: ResourceType, resource: JsonObject, given: Step): JsonObject => {
  const { urn, attribute, sub } = given.target;
  const isOnSecret = isSecret(sub ?? attribute);
  // A secret is not kept. What is left of the operation is its filter, which has to select something.
  if (isOnSecret && given.filter === undefined) return resource;
  const step = isOnSecret ? { ...given, value: null } : given;
  const copy = structuredClone(resource);
  const container = urn === undefined ? copy : ((copy[urn] as JsonObject | undefined) ?? {});
  const before = container[attribute.name];
  const after = attribute.multiValued ? onList(type, step, before) : onValue(step, before);
  // What an optional extension requires is required as long as the resource has the extension: see `requireWithin`.
  guard(urn === undefined ? attribute : { ...attribute, required: false }, before, after);
  requireSubs(attribute, isEmpty(after) ? undefined : after);
  if (isEmpty(after)) delete container[attribute.name];
  else container[attribute.name] = after as Json;
  if (urn !== undefined && isEmpty(container)) delete copy[urn];
  else if (urn !== undefined) copy[urn] = container;
  return copy;
};

const requireWithin = (type: ResourceType, before: JsonObject, after: JsonObject): void => {
  for (const { urn, attribute, sub } of targets(type)) {
    const values = urn === undefined ? undefined : after[urn];
    if (urn === undefined || sub !== undefined || !attribute.required || !isObject(values)) continue;
    // A secret is not kept: whether it was given cannot be seen.
    if (isSecret(attribute) || values[attribute.name] !== undefined) continue;
    const was = before[urn];
    throw new Failed(isObject(was) && was[attribute.name] !== undefined ? "mutability" : "invalidValue");
  }
};

/** The resource after all steps; throws Failed: for what can be told from the message alone, then for the first step. */
export const referencePatch = (type: ResourceType, resource: JsonObject, steps: readonly Step[]): JsonObject => {
  for (const { attribute, sub } of steps.map(({ target }) => target))
    if (attribute.mutability === "readOnly" || sub?.mutability === "readOnly") throw new Failed("mutability");
  const after = steps.reduce((before, step) => applyStep(type, before, step), resource);
  requireWithin(type, resource, after);
  return after;
};

/** A resource in which the order of a list's elements does not show. */
export const unordered = (resource: JsonObject): string =>
  canonical(
    Object.fromEntries(
      Object.entries(resource).map(([name, value]) => [name, isObject(value) ? canonical(value) : asSet(value)]),
    ),
  );
