// The body of a PATCH (RFC 7644 §3.5.2) becomes typed operations, each on one attribute.
import type { AttributePath } from "../attribute-path.ts";
import { type Accepts, strictly } from "../beyond.ts";
import { invalidPath, invalidSyntax, invalidValue, mutability, noTarget, tooLarge } from "../errors.ts";
import type { Filter } from "../filter/filter.ts";
import { FILTER_LIMITS } from "../filter/limits.ts";
import { parsePatchPath } from "../filter/patch-path.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import { declares, patchOpUrn } from "../messages.ts";
import { quote } from "../quote.ts";
import { namesResources } from "../resource/element.ts";
import { isUnassigned, parseElements, parseOne, type Reading, refuseTwin } from "../resource/value.ts";
import { type Attribute, isSecret, type ResourceType, type Schema } from "../schema/characteristics.ts";
import {
  attributesOf,
  findAttribute,
  findExtension,
  findSubAttribute,
  lowerAscii,
  resolvePath,
} from "../schema/lookup.ts";
import type { PatchOperation } from "./operation.ts";

export type { PatchOperation } from "./operation.ts";

export interface PatchLimits {
  readonly operations: number;
}

export const defaultPatchLimits: PatchLimits = { operations: 1_000 };

/**
 * 400 invalidSyntax: not a PatchOp, or an unknown name. invalidPath: no such path. invalidFilter: a path's filter.
 * noTarget: a removal without path. invalidValue: a value of another type. mutability: a readOnly target. More
 * operations than the limit are 413 without scimType: `tooMany` of table 9 is about the results of a filter.
 */
export const parsePatch = (
  type: ResourceType,
  body: unknown,
  limits = defaultPatchLimits,
  accepts: Accepts = strictly,
): PatchOperation[] => {
  if (!isObject(body) || !declares(body, patchOpUrn))
    throw invalidSyntax(`The body of a PATCH must be a JSON object whose schemas hold “${patchOpUrn}”.`);
  const operations = own(body, "Operations");
  if (!Array.isArray(operations) || operations.length === 0)
    throw invalidSyntax("Operations must be an array of at least one operation.");
  refuseTooMany(operations, limits);
  return operations.flatMap((operation) => parseOperation(type, operation, accepts));
};

/** UTF-16 units of all paths: ten times as many as a thousand operations on elements need, read in some hundredths of a second. */
const MOST_OF_PATHS = 1_000_000;

/** 413 without scimType for more operations than the limit, and for paths that it would take too long to read. */
const refuseTooMany = (operations: readonly Json[], limits: PatchLimits): void => {
  if (operations.length > limits.operations)
    throw tooLarge(`The PATCH has ${operations.length} operations; one request may hold ${limits.operations}.`);
  let left = MOST_OF_PATHS;
  for (const operation of operations) {
    const path = isObject(operation) ? own(operation, "path") : undefined;
    if (typeof path === "string") left -= path.length;
  }
  if (left < 0) throw tooLarge(`The paths of the PATCH have more than ${MOST_OF_PATHS} characters in all.`);
};

/** The same before anything of the body is read, in whatever case it has its “Operations”. */
export const refuseTooLargePatch = (body: unknown, limits: PatchLimits): void => {
  if (!isObject(body)) return;
  for (const key of Object.keys(body)) {
    const operations = body[key];
    if (lowerAscii(key) === "operations" && Array.isArray(operations)) refuseTooMany(operations, limits);
  }
};

type Op = PatchOperation["op"];

const parseOp = (op: Json | undefined): Op => {
  if (op === "add" || op === "remove" || op === "replace") return op;
  throw invalidSyntax(
    typeof op === "string"
      ? `${quote(op)} is no operation; op must be add, remove or replace.`
      : "Each operation must have an op: add, remove or replace.",
  );
};

const parseOperation = (type: ResourceType, operation: Json, accepts: Accepts): PatchOperation[] => {
  if (!isObject(operation)) throw invalidSyntax("Each operation must be a JSON object.");
  const op = parseOp(own(operation, "op"));
  const path = own(operation, "path") ?? null;
  const value = own(operation, "value");
  if (path === null) return onResource(type, op, value);
  if (typeof path !== "string") throw invalidPath("path must be a string.");
  const target = parsePatchPath(type, path, FILTER_LIMITS, accepts);
  if ("extension" in target) return onExtension(type, op, findExtension(type, target.extension) as Schema, value);
  const whole = target.sub === undefined ? target.path : subPath(type, target.path, target.sub);
  if (op === "remove" && isList(whole, target.filter) && (value ?? null) !== null && !accepts("remove-with-value"))
    throw invalidValue(`A remove has no value: name the elements of ${whole.text} in the path, as “[value eq …]”.`);
  return onAttribute(type, op, whole, target.filter, value);
};

const subPath = (type: ResourceType, path: AttributePath, sub: Attribute): AttributePath =>
  resolvePath(type, `${path.text}.${sub.name}`) as AttributePath;

const pathOf = (type: ResourceType, attribute: Attribute, extension: Schema | undefined): AttributePath =>
  resolvePath(type, extension === undefined ? attribute.name : `${extension.id}:${attribute.name}`) as AttributePath;

/** An operation without path is one on each attribute in its value. */
const onResource = (type: ResourceType, op: Op, value: Json | undefined): PatchOperation[] => {
  if (op === "remove") throw noTarget("A remove must have a path.");
  if (!isObject(value)) throw invalidValue(`The value of ${op} without path must be an object of attributes.`);
  return Object.keys(value).flatMap((key) => {
    const attribute = findAttribute(attributesOf(type), key);
    const extension = attribute === undefined ? findExtension(type, key) : undefined;
    if (extension === undefined) return onMember(type, op, attribute, undefined, value, key);
    refuseTwin(value, key, extension.id);
    return onExtension(type, op, extension, value[key]);
  });
};

/** An operation on a whole extension is one on each of its attributes. */
const onExtension = (type: ResourceType, op: Op, extension: Schema, value: Json | undefined): PatchOperation[] => {
  if (op === "remove" || (op === "replace" && value === null)) return removeAll(type, extension);
  if (value === null) return [];
  if (!isObject(value)) throw invalidValue(`The value of ${op} on ${extension.id} must be an object of attributes.`);
  return Object.keys(value).flatMap((key) =>
    onMember(type, op, findAttribute(extension.attributes, key), extension, value, key),
  );
};

const removeAll = (type: ResourceType, extension: Schema): PatchOperation[] =>
  extension.attributes
    .filter(({ mutability }) => mutability !== "readOnly")
    .map((attribute) => ({ op: "remove", path: pathOf(type, attribute, extension) }));

const onMember = (
  type: ResourceType,
  op: Op,
  attribute: Attribute | undefined,
  extension: Schema | undefined,
  value: JsonObject,
  key: string,
): PatchOperation[] => {
  if (attribute === undefined)
    throw invalidSyntax(`${extension?.id ?? `A ${type.name}`} has no attribute ${quote(key)}.`);
  refuseTwin(value, key, attribute.name);
  return onAttribute(type, op, pathOf(type, attribute, extension), undefined, value[key]);
};

/** `members.type` and its like follow from `value`, and so does `schemas` from the attributes: nobody sets them. */
const isDerived = ({ attribute, sub }: AttributePath): boolean =>
  attribute.name === "schemas" || (sub !== undefined && namesResources(attribute) && sub.name !== "value");

const refuseReadOnly = (path: AttributePath): void => {
  if (path.attribute.mutability === "readOnly" || path.sub?.mutability === "readOnly" || isDerived(path))
    throw mutability(`${path.text} is readOnly.`);
};

/** readOnly sub-attributes beside others are passed over, as in the RFC's `members`; alone they are all that is asked. */
const refuseOnlyReadOnly = (target: Attribute, value: Json, name: string): void => {
  const keys = isObject(value) ? Object.keys(value) : [];
  if (keys.length > 0 && keys.every((key) => findSubAttribute(target, key)?.mutability === "readOnly"))
    throw mutability(`${name} is given nothing but what is readOnly.`);
};

const onAttribute = (
  type: ResourceType,
  op: Op,
  path: AttributePath,
  filter: Filter | undefined,
  value: Json | undefined,
): PatchOperation[] => {
  refuseReadOnly(path);
  const as = op === "replace" && isElement(path, filter) ? "whole" : "merge";
  const reading: Reading = { as, secrets: new Set() };
  const operation = op === "remove" ? remove(path, filter, value, reading) : assign(op, path, filter, value, reading);
  const secrets = [...reading.secrets].map((text) => resolvePath(type, text) as AttributePath);
  // Before the rest, which may change what the filter selects.
  const given = secrets.map((secret) => ({ op, path: secret, ...within(filter) }));
  return operation === undefined ? given : [...given, operation];
};

/** Whether the target is elements of a multi-valued attribute, not the attribute nor a sub-attribute. */
const isElement = (path: AttributePath, filter: Filter | undefined): boolean =>
  filter !== undefined && path.sub === undefined && path.attribute.multiValued;

/** Whether the target is a list as a whole. */
const isList = (path: AttributePath, filter: Filter | undefined): boolean =>
  path.sub === undefined ? path.attribute.multiValued && filter === undefined : path.sub.multiValued;

const targetOf = (path: AttributePath): Attribute => path.sub ?? path.attribute;

/** A list, or one element in its place: “a new value is added to the attribute” (RFC 7644 §3.5.2.1). */
const listed = (op: Op, value: Json): Json => (Array.isArray(value) || op !== "add" ? value : [value]);

const within = (filter: Filter | undefined) => (filter === undefined ? {} : { filter });

/**
 * RFC 7644 gives a removal no value. Entra ID and JumpCloud send one, meaning these elements; to pass over it would empty
 * the list. Null is no value; an empty list names nothing. On other targets a value says nothing that the path has not.
 */
const remove = (
  path: AttributePath,
  filter: Filter | undefined,
  value: Json | undefined,
  reading: Reading,
): PatchOperation | undefined => {
  if (value === undefined || value === null || !isList(path, filter)) return { op: "remove", path, ...within(filter) };
  const elements = parseElements(targetOf(path), value, path.text, { as: "whole", secrets: reading.secrets });
  reading.secrets.clear();
  if (elements.length > 0) return { op: "remove", path, ...within(filter), value: elements };
  if (Array.isArray(value) && value.length > 0)
    throw invalidValue(`The value of remove on ${path.text} names no element.`);
  return undefined;
};

const assign = (
  op: "add" | "replace",
  path: AttributePath,
  filter: Filter | undefined,
  value: Json | undefined,
  reading: Reading,
): PatchOperation | undefined => {
  const target = targetOf(path);
  if (value === undefined) throw invalidValue(`The ${op} on ${path.text} has no value.`);
  if (value === null || (!isList(path, filter) && isUnassigned(target, value))) return clear(op, path, filter);
  const parsed = isList(path, filter)
    ? parseElements(target, listed(op, value), path.text, reading)
    : parseOne(target, value, path.text, reading);
  if (isSecret(target) || isSecret(path.attribute)) return { op, path, ...within(filter) };
  for (const one of Array.isArray(value) ? value : [value]) refuseOnlyReadOnly(target, one, path.text);
  if (parsed === undefined) return isElement(path, filter) ? clear(op, path, filter) : undefined;
  if (Array.isArray(parsed) && parsed.length === 0) return clear(op, path, filter);
  return { op, path, ...within(filter), value: parsed };
};

/**
 * To set a target to nothing is to remove it; to add nothing to a list, or to its elements, is nothing. What is replaced by
 * nothing has to be there where a filter selects it (RFC 7644 §3.5.2.3).
 */
const clear = (op: "add" | "replace", path: AttributePath, filter: Filter | undefined): PatchOperation | undefined => {
  if (op === "add" && (isList(path, filter) || isElement(path, filter))) return undefined;
  if (targetOf(path).required && !isElement(path, filter))
    throw invalidValue(`${path.text} is required and cannot be empty.`);
  return { op: op === "replace" && filter !== undefined ? op : "remove", path, ...within(filter) };
};
