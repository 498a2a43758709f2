// PATCH (RFC 7644 §3.5.2) on canonical attributes: pure, in order, all or nothing.
import { type AttributePath, wholeText } from "../attribute-path.ts";
import { mutability, noTarget } from "../errors.ts";
import { matchesElement } from "../filter/evaluate.ts";
import type { Filter } from "../filter/filter.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import { sameElements, sameValue } from "../resource/element.ts";
import { requireAttributes } from "../resource/parse.ts";
import { isImmutable, refuseTooMany, requireSubAttributes } from "../resource/value.ts";
import { type Attribute, isSecret, type ResourceType } from "../schema/characteristics.ts";
import { Work } from "../work.ts";
import { asObject, merge, refuseChange, refuseRemoval, withMember } from "./assign.ts";
import { templateOrNoTarget } from "./element-template.ts";
import { applyToElements, applyToSub } from "./elements.ts";
import { namesSecret, type PatchOperation } from "./operation.ts";

/**
 * The attributes after all operations, or the very same object if they come to nothing. Throws ScimError and changes
 * nothing otherwise: noTarget, mutability, invalidValue, 413 for too many operations on lists that are too long. The
 * input is never written to; unchanged parts are shared.
 */
export const applyPatch = (
  type: ResourceType,
  attributes: JsonObject,
  operations: readonly PatchOperation[],
): JsonObject => {
  let result = attributes;
  const work = new Work();
  for (const operation of operations) {
    const before = read(result, operation.path);
    if (before !== undefined && walks(operation)) work.walk(before, operation.filter);
    result = applyOperation(result, operation);
  }
  if (result === attributes) return attributes;
  for (const path of touchedLists(operations)) result = settle(path, attributes, result);
  if (sameValue(result, attributes)) return attributes;
  for (const { path } of operations) refuseIncomplete(path, attributes, result);
  requireAttributes(type, result);
  return result;
};

/** Each operation on a list walks all of it. */
const walks = ({ path, filter }: PatchOperation): boolean => path.attribute.multiValued || filter !== undefined;

const containerOf = (attributes: JsonObject, { extension }: AttributePath): JsonObject =>
  extension === undefined ? attributes : (asObject(own(attributes, extension)) ?? {});

const read = (attributes: JsonObject, path: AttributePath): Json | undefined =>
  own(containerOf(attributes, path), path.attribute.name);

const write = (attributes: JsonObject, path: AttributePath, value: Json | undefined): JsonObject => {
  const container = withMember(containerOf(attributes, path), path.attribute.name, value);
  if (path.extension === undefined) return container;
  return withMember(attributes, path.extension, Object.keys(container).length === 0 ? undefined : container);
};

/** One path for each multi-valued attribute among the targets. */
const touchedLists = (operations: readonly PatchOperation[]): Iterable<AttributePath> => {
  const paths = new Map<Attribute, AttributePath>();
  for (const { path } of operations) if (path.attribute.multiValued) paths.set(path.attribute, path);
  return paths.values();
};

/** What an operation took and a later one gave back has not changed, not even if it now stands elsewhere in its list. */
const settle = (path: AttributePath, before: JsonObject, after: JsonObject): JsonObject => {
  const [was, is] = [read(before, path), read(after, path)];
  if (was === is || !Array.isArray(was) || !Array.isArray(is) || !sameElements(path.attribute, was, is)) return after;
  return write(after, path, was);
};

/** What an extension requires is required as long as the resource has the extension: it may go as a whole. */
const refuseIncomplete = (path: AttributePath, before: JsonObject, after: JsonObject): void => {
  const { extension, attribute } = path;
  if (extension === undefined || !attribute.required || !Object.hasOwn(after, extension)) return;
  if (read(before, path) !== undefined && read(after, path) === undefined)
    throw mutability(`${wholeText(path)} is required and cannot be removed.`);
};

const applyOperation = (attributes: JsonObject, operation: PatchOperation): JsonObject => {
  if (comesToNothing(operation)) return attributes;
  const { path } = operation;
  const { attribute } = path;
  const name = wholeText(path);
  const before = read(attributes, path);
  const after = attribute.multiValued ? nextElements(operation, before) : nextValue(operation, before);
  if (after === before) return attributes;
  if (Array.isArray(after)) refuseTooMany(attribute, after.length, name);
  const mayGo = path.extension !== undefined && after === undefined && !isImmutable(attribute);
  if (!mayGo) refuseChange(attribute, name, before, after);
  if (after === undefined && !attribute.multiValued) refuseRemoval(attribute, name, before);
  requireSubAttributes(attribute, after, name);
  return write(attributes, path, after);
};

/**
 * A secret is kept nowhere, and an operation that gives one has no value any more. What is left of it is its filter, which has
 * to select something. One that an older log holds goes where its removal is asked for.
 */
const comesToNothing = (operation: PatchOperation): boolean =>
  namesSecret(operation) &&
  operation.op !== "remove" &&
  (operation.filter === undefined || isSecret(operation.path.attribute));

const nextElements = (operation: PatchOperation, before: Json | undefined): Json[] | undefined => {
  const elements = Array.isArray(before) ? before : [];
  const after = applyToElements(operation, elements);
  if (after === elements) return before as Json[] | undefined;
  return after.length === 0 ? undefined : (after as Json[]);
};

const nextValue = (operation: PatchOperation, before: Json | undefined): Json | undefined => {
  const { op, path, filter, value } = operation;
  const { attribute, text } = path;
  const misses = filter !== undefined && !(isObject(before) && matchesElement(filter, before));
  if (misses && op === "remove") return before;
  const current = misses ? template(operation, filter, before) : asObject(before);
  if (path.sub !== undefined) return applyToSub(op, path, path.sub, current, value);
  if (op === "remove" || value === undefined) return undefined;
  return attribute.type === "complex" ? merge(op, attribute, text, current, value as JsonObject) : value;
};

/** `manager[value eq "u1"]` where there is no manager: an `add` makes it, as it would make an element of a list. */
const template = ({ op, path }: PatchOperation, filter: Filter, before: Json | undefined): JsonObject => {
  if (op === "replace" || before !== undefined)
    throw noTarget(`The value of ${path.attribute.name} does not match the path's filter.`);
  return templateOrNoTarget(path.attribute, filter);
};
