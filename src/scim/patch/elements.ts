// One operation on a multi-valued attribute (RFC 7644 §3.5.2.1 to §3.5.2.3): elements in, elements out.
import { type AttributePath, wholeText } from "../attribute-path.ts";
import { comparable } from "../comparable.ts";
import { invalidValue, noTarget } from "../errors.ts";
import { matchesElement } from "../filter/evaluate.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import { elementKey, hasPrimary, isPrimary, pairKey } from "../resource/element.ts";
import { refuseTooMany } from "../resource/value.ts";
import type { Attribute } from "../schema/characteristics.ts";
import { asObject, merge, refuseChange, replaced, withMember } from "./assign.ts";
import { templateOrNoTarget } from "./element-template.ts";
import type { PatchOperation } from "./operation.ts";

/** The attribute's elements after the operation: each once, none empty, at most one of them primary. */
export const applyToElements = (operation: PatchOperation, elements: readonly Json[]): readonly Json[] => {
  const { attribute, sub } = operation.path;
  if (sub === undefined && operation.filter === undefined) return applyToList(operation, elements);
  const { after, primaries } = applyToMatches(operation, elements);
  return after === elements ? elements : onePrimary(attribute, distinct(attribute, after), primaries);
};

const applyToList = ({ op, path, value }: PatchOperation, elements: readonly Json[]): readonly Json[] => {
  const given = value as Json[] | undefined;
  if (op === "remove") return given === undefined ? [] : withoutElements(path.attribute, elements, given);
  return op === "add" ? append(path.attribute, path.text, elements, given ?? []) : (given ?? []);
};

/** Appends what is not there yet; what has the `(type, value)` of an element goes into the first such element. */
const append = (attribute: Attribute, name: string, elements: readonly Json[], added: readonly Json[]) => {
  const after = [...elements];
  const there = new Set<string>();
  const at = new Map<string, number>();
  for (const [index, element] of elements.entries()) {
    there.add(elementKey(attribute, element));
    const key = identity(attribute, element);
    if (!at.has(key)) at.set(key, index);
  }
  const primaries = new Set<Json>();
  for (const element of added) {
    if (there.has(elementKey(attribute, element))) continue;
    const key = identity(attribute, element);
    const index = at.get(key) ?? after.length;
    const before = after[index];
    const next = joined(attribute, name, before, element);
    at.set(key, index);
    after[index] = next;
    if (isPrimary(element) || (before !== undefined && primaries.has(before))) primaries.add(next);
  }
  return onePrimary(attribute, distinct(attribute, after), primaries);
};

const identity = (attribute: Attribute, element: Json): string =>
  pairKey(attribute, element) ?? `=${elementKey(attribute, element)}`;

const joined = (attribute: Attribute, name: string, current: Json | undefined, added: Json): Json =>
  isObject(current) && isObject(added) ? (merge("add", attribute, name, current, added) ?? added) : added;

/** An element goes if it has every sub-attribute of one of `listed`, compared as a filter would. */
const withoutElements = (attribute: Attribute, elements: readonly Json[], listed: readonly Json[]): readonly Json[] => {
  const wanted = new Map<string, Attribute[]>();
  const keys = new Set<string>();
  for (const one of listed) {
    const subs = attribute.subAttributes?.filter((sub) => isObject(one) && Object.hasOwn(one, sub.name)) ?? [];
    wanted.set(subs.map((sub) => sub.name).join(), subs);
    keys.add(comparedBy(attribute, subs, one));
  }
  const left = elements.filter((element) => {
    for (const subs of wanted.values()) if (keys.has(comparedBy(attribute, subs, element))) return false;
    return true;
  });
  return left.length === elements.length ? elements : left;
};

const comparedBy = (attribute: Attribute, subs: readonly Attribute[], element: Json): string =>
  isObject(element)
    ? JSON.stringify(subs.map((sub) => [sub.name, comparedValue(sub, own(element, sub.name) ?? null)]))
    : JSON.stringify(comparable(attribute, element));

const comparedValue = (sub: Attribute, value: Json): Json | undefined =>
  Array.isArray(value) ? value.map((one) => comparable(sub, one) ?? null) : comparable(sub, value);

interface Applied {
  readonly after: readonly Json[];
  /** The elements that this very operation made primary. */
  readonly primaries: ReadonlySet<Json>;
}

const applyToMatches = (operation: PatchOperation, elements: readonly Json[]): Applied => {
  const { op, filter } = operation;
  const primaries = new Set<Json>();
  const after: Json[] = [];
  let matched = 0;
  for (const element of elements) {
    if (filter !== undefined && !(isObject(element) && matchesElement(filter, element))) {
      after.push(element);
      continue;
    }
    matched += 1;
    const next = applyToElement(operation, asObject(element));
    if (next === undefined) continue;
    after.push(next);
    if (setsPrimary(operation)) primaries.add(next);
  }
  if (matched > 1 && setsPrimary(operation))
    throw invalidValue(`${operation.path.text} would make ${matched} values primary; at most one may be.`);
  if (matched > 0) return { after, primaries };
  if (op === "remove") return { after: elements, primaries };
  const created = create(operation);
  return { after: [...elements, created], primaries: new Set([created]) };
};

const setsPrimary = ({ op, path, value }: PatchOperation): boolean =>
  op !== "remove" && (path.sub === undefined ? isPrimary(value) : path.sub.name === "primary" && value === true);

const applyToElement = ({ op, path, filter, value }: PatchOperation, element: JsonObject | undefined) => {
  const { attribute, sub } = path;
  if (sub !== undefined) return applyToSub(op, path, sub, element, value);
  if (op === "remove" || (op === "replace" && value === undefined)) return undefined;
  return op === "replace" && filter !== undefined
    ? replaced(attribute, path.text, element ?? {}, value as JsonObject)
    : merge(op, attribute, path.text, element, value as JsonObject);
};

/** The element with one sub-attribute set, extended or removed; undefined if nothing is left of it. */
export const applyToSub = (
  op: PatchOperation["op"],
  target: AttributePath,
  sub: Attribute,
  element: JsonObject | undefined,
  value: Json | undefined,
): JsonObject | undefined => {
  if (!sub.multiValued)
    return merge(op, target.attribute, wholeText(target), element, {
      [sub.name]: op === "remove" ? null : (value ?? null),
    });
  const before = (own(element ?? {}, sub.name) as Json[] | undefined) ?? [];
  const path = { attribute: sub, text: target.text };
  const list = applyToList(value === undefined ? { op, path } : { op, path, value }, before);
  if (list.length > before.length) refuseTooMany(sub, list.length, path.text);
  const after = list.length === 0 ? undefined : [...list];
  refuseChange(sub, path.text, before.length === 0 ? undefined : before, after);
  const result = withMember(element ?? {}, sub.name, after);
  return Object.keys(result).length === 0 ? undefined : result;
};

/** The element that an `add` makes where none matches: what the filter says of it, and the value. */
const create = (operation: PatchOperation): JsonObject => {
  const { op, path, filter } = operation;
  if (op === "replace" && filter !== undefined)
    throw noTarget(`No value of ${path.attribute.name} matches the path's filter.`);
  const template = filter === undefined ? {} : templateOrNoTarget(path.attribute, filter);
  return applyToElement(operation, template) ?? template;
};

const distinct = (attribute: Attribute, elements: readonly Json[]): Json[] => {
  const seen = new Map<string, Json>();
  for (const element of elements) {
    const key = elementKey(attribute, element);
    if (!seen.has(key)) seen.set(key, element);
  }
  return seen.size === elements.length ? [...elements] : [...seen.values()];
};

/** RFC 7644 §3.5.2: when an operation sets `primary` on one element, the other that had it loses it. */
const onePrimary = (attribute: Attribute, elements: readonly Json[], primaries: ReadonlySet<Json>): readonly Json[] => {
  if (!hasPrimary(attribute) || elements.filter(isPrimary).length < 2) return elements;
  const kept = elements.find((element) => isPrimary(element) && primaries.has(element)) ?? elements.find(isPrimary);
  return elements.map((element) =>
    isObject(element) && isPrimary(element) && element !== kept ? { ...element, primary: false } : element,
  );
};
