// Which attributes an answer holds: `returned` (RFC 7643 §7), `attributes` and `excludedAttributes` (RFC 7644 §3.9).
import type { AttributePath } from "./attribute-path.ts";
import { invalidValue } from "./errors.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { once } from "./once.ts";
import type { Attribute, ResourceType } from "./schema/characteristics.ts";
import { attributesOf, pathsOf, resolveExtension, resolvePath } from "./schema/lookup.ts";

/** What a request asks of an answer; the same for every resource of its type. */
export interface Selection {
  readonly type: ResourceType;
  readonly mode: "default" | "only" | "except";
  /** Canonical texts of the paths named, and of every attribute of an extension that was named as a whole. */
  readonly named: ReadonlySet<string>;
  /** Canonical texts of the attributes of which a sub-attribute was named. */
  readonly partly: ReadonlySet<string>;
}

/** The parameters of a request: a comma list as in a URL, or an array as in a SearchRequest. */
export interface SelectionParameters {
  readonly attributes?: string | readonly string[] | undefined;
  readonly excludedAttributes?: string | readonly string[] | undefined;
}

const NOTHING: ReadonlySet<string> = new Set();

const defaultSelection = once(
  (type: ResourceType): Selection => ({ type, mode: "default", named: NOTHING, partly: NOTHING }),
);

/** Names in any case, fully qualified or not; unknown ones are ignored. 400 invalidValue if both parameters are given. */
export const parseSelection = (type: ResourceType, parameters: SelectionParameters): Selection => {
  const attributes = namesIn(parameters.attributes);
  const excluded = namesIn(parameters.excludedAttributes);
  if (attributes.length > 0 && excluded.length > 0)
    throw invalidValue("attributes and excludedAttributes cannot be used together.");
  if (attributes.length === 0 && excluded.length === 0) return defaultSelection(type);
  const named = new Set<string>();
  const partly = new Set<string>();
  for (const name of attributes.length > 0 ? attributes : excluded) addName(type, name, named, partly);
  return { type, mode: attributes.length > 0 ? "only" : "except", named, partly };
};

const namesIn = (parameter: string | readonly string[] | undefined): string[] => {
  const names: string[] = [];
  for (const list of typeof parameter === "string" ? [parameter] : (parameter ?? []))
    for (const name of list.split(",")) if (name.trim() !== "") names.push(name.trim());
  return names;
};

const addName = (type: ResourceType, name: string, named: Set<string>, partly: Set<string>): void => {
  const path = resolvePath(type, name);
  if (path !== undefined) {
    named.add(path.text);
    if (path.sub !== undefined) partly.add(path.text.slice(0, -(path.sub.name.length + 1)));
    return;
  }
  const urn = resolveExtension(type, name);
  if (urn === undefined) return;
  for (const { extension, sub, text } of pathsOf(type)) if (extension === urn && sub === undefined) named.add(text);
};

const NOT_SENT: ReadonlySet<string> = new Set();

/** Whether an answer holds an attribute, at least in part. `sent` as in `select`. */
const includes = (selection: Selection, attribute: Attribute, text: string, sent: ReadonlySet<string>): boolean => {
  if (attribute.returned === "always") return true;
  if (attribute.returned === "never") return false;
  switch (selection.mode) {
    case "only":
      return selection.named.has(text) || selection.partly.has(text);
    case "except":
      if (selection.named.has(text)) return false;
      break;
    case "default":
      break;
    default:
      selection.mode satisfies never;
  }
  return attribute.returned === "default" || sent.has(text) || hasPartSent(attribute, text, sent);
};

const hasPartSent = ({ subAttributes = [] }: Attribute, text: string, sent: ReadonlySet<string>): boolean =>
  sent.size > 0 && subAttributes.some(({ name }) => sent.has(`${text}.${name}`));

/** Whether an answer would hold the path: what it would not hold need not be loaded (`members`, `groups`). */
export const isSelected = (selection: Selection, path: AttributePath): boolean => {
  const { attribute, sub, text } = path;
  if (sub === undefined) return includes(selection, attribute, text, NOT_SENT);
  const whole = text.slice(0, -(sub.name.length + 1));
  return includes(selection, attribute, whole, NOT_SENT) && includesSub(selection, whole, sub, NOT_SENT);
};

/** A sub-attribute of an attribute that is included. */
const includesSub = (selection: Selection, whole: string, sub: Attribute, sent: ReadonlySet<string>): boolean => {
  const text = `${whole}.${sub.name}`;
  if (sub.returned === "always") return true;
  if (sub.returned === "never") return false;
  if (selection.mode === "except" && selection.named.has(text)) return false;
  if (selection.mode === "only" && selection.partly.has(whole) && !selection.named.has(whole))
    return selection.named.has(text);
  return sub.returned === "default" || selection.named.has(text) || sent.has(text) || sent.has(whole);
};

/** What is kept of a value: all of it, or of an object (of each element of a list) these members. */
type Part = "whole" | ReadonlyMap<string, Part>;

const partOf = (attribute: Attribute, text: string, selection: Selection, sent: ReadonlySet<string>): Part => {
  const subAttributes = attribute.subAttributes ?? [];
  const kept = subAttributes.filter((sub) => includesSub(selection, text, sub, sent));
  return kept.length === subAttributes.length ? "whole" : new Map(kept.map((sub) => [sub.name, "whole"]));
};

const partsOf = (
  attributes: readonly Attribute[],
  prefix: string,
  selection: Selection,
  sent: ReadonlySet<string>,
): Map<string, Part> => {
  const parts = new Map<string, Part>();
  for (const attribute of attributes) {
    const text = prefix + attribute.name;
    if (includes(selection, attribute, text, sent)) parts.set(attribute.name, partOf(attribute, text, selection, sent));
  }
  return parts;
};

const compile = (selection: Selection, sent: ReadonlySet<string>): ReadonlyMap<string, Part> => {
  const parts = partsOf(attributesOf(selection.type), "", selection, sent);
  for (const { schema } of selection.type.extensions) {
    const own = partsOf(schema.attributes, `${schema.id}:`, selection, sent);
    const whole = own.size === schema.attributes.length && [...own.values()].every((part) => part === "whole");
    parts.set(schema.id, whole ? "whole" : own);
  }
  return parts;
};

const compiled = once((selection: Selection) => compile(selection, NOT_SENT));

/** Whether what a client sent makes any difference to an answer: the type has an attribute of `returned: request`. */
export const showsOnRequest = once((type: ResourceType): boolean =>
  pathsOf(type).some(({ attribute, sub }) => (sub ?? attribute).returned === "request"),
);

/**
 * The part of a resource that an answer holds; the very same object if that is all of it. `sent` holds the canonical
 * texts of what the client set in this very request, by which `returned: request` shows it: an attribute's is all of it.
 */
export const select = (
  resource: JsonObject,
  selection: Selection,
  sent: ReadonlySet<string> = NOT_SENT,
): JsonObject => {
  const parts = sent.size > 0 && showsOnRequest(selection.type) ? compile(selection, sent) : compiled(selection);
  return members(resource, parts) ?? {};
};

const project = (value: Json, part: Part): Json | undefined => {
  if (part === "whole") return value;
  if (isObject(value)) return members(value, part);
  return Array.isArray(value) ? elements(value, part) : undefined;
};

/** The members that are kept; undefined if none is. */
const members = (object: JsonObject, parts: ReadonlyMap<string, Part>): JsonObject | undefined => {
  const names = Object.keys(object);
  if (names.every((name) => parts.get(name) === "whole")) return object;
  const result: JsonObject = {};
  let same = true;
  for (const name of names) {
    const part = parts.get(name);
    const kept = part === undefined ? undefined : project(object[name] as Json, part);
    same &&= kept === object[name];
    if (kept !== undefined) result[name] = kept;
  }
  if (same) return object;
  return Object.keys(result).length === 0 ? undefined : result;
};

const elements = (list: Json[], part: Part): Json[] | undefined => {
  const kept: Json[] = [];
  for (const element of list) {
    const one = project(element, part);
    if (one !== undefined) kept.push(one);
  }
  if (kept.length === list.length && kept.every((one, i) => one === list[i])) return list;
  return kept.length === 0 ? undefined : kept;
};
