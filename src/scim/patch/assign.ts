// Setting, merging and removing within one value (RFC 7644 §3.5.2), with what mutability allows. Nothing is changed in
// place: an unchanged value is the same object.
import { mutability } from "../errors.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import { once } from "../once.ts";
import { elementKey, sameAttribute, sameValue } from "../resource/element.ts";
import { isImmutable, refuseTooMany } from "../resource/value.ts";
import { type Attribute, isSecret } from "../schema/characteristics.ts";
import { findSubAttribute } from "../schema/lookup.ts";
import type { PatchOperation } from "./operation.ts";

/** `object` with `name` set to `value`, or without it if that is undefined. The same object if nothing changes. */
export const withMember = (object: JsonObject, name: string, value: Json | undefined): JsonObject => {
  if (sameValue(own(object, name), value)) return object;
  if (value !== undefined) return { ...object, [name]: value };
  const { [name]: _, ...rest } = object;
  return rest;
};

/** 400 mutability if the change from `before` to `after` is not the client's to make. */
export const refuseChange = (attribute: Attribute, name: string, before: Json | undefined, after: Json | undefined) => {
  if (before === undefined || isSecret(attribute) || sameAttribute(attribute, before, after)) return;
  if (attribute.mutability === "immutable") throw mutability(`${name} is immutable and already set.`);
  if (attribute.required && after === undefined) throw mutability(`${name} is required and cannot be removed.`);
};

const immutableSubs = once(
  (attribute: Attribute): readonly Attribute[] => attribute.subAttributes?.filter(isImmutable) ?? [],
);

/** 400 mutability if an immutable sub-attribute is set in a complex value that would go. */
export const refuseRemoval = (attribute: Attribute, name: string, before: Json | undefined): void => {
  for (const sub of immutableSubs(attribute))
    refuseChange(sub, `${name}.${sub.name}`, own(asObject(before) ?? {}, sub.name), undefined);
};

/** What takes the place of an element: what is immutable in that stays, and `value` may repeat it or leave it out. */
export const replaced = (attribute: Attribute, name: string, before: JsonObject, value: JsonObject): JsonObject => {
  let result = value;
  for (const sub of immutableSubs(attribute)) {
    const [was, given] = [own(before, sub.name), own(value, sub.name)];
    if (given === undefined) result = withMember(result, sub.name, was);
    else refuseChange(sub, `${name}.${sub.name}`, was, given);
  }
  return result;
};

/**
 * The sub-attributes of `value` go into `current`, null clears one, the others stay. An add to a multi-valued one adds to its
 * values (RFC 7644 §3.5.2.1). Undefined if nothing is left.
 */
export const merge = (
  op: PatchOperation["op"],
  attribute: Attribute,
  name: string,
  current: JsonObject | undefined,
  value: JsonObject,
): JsonObject | undefined => {
  let result = current ?? {};
  for (const key of Object.keys(value)) {
    const sub = findSubAttribute(attribute, key) as Attribute;
    const before = own(result, sub.name);
    const after = op === "add" ? added(sub, before, value[key]) : (value[key] ?? undefined);
    const path = `${name}.${sub.name}`;
    if (Array.isArray(after) && after.length > lengthOf(before)) refuseTooMany(sub, after.length, path);
    refuseChange(sub, path, before, after);
    result = withMember(result, sub.name, after);
  }
  result = withoutStaleReference(attribute, name, current, result, value);
  return Object.keys(result).length === 0 ? undefined : result;
};

const lengthOf = (list: Json | undefined): number => (Array.isArray(list) ? list.length : 0);

const added = (sub: Attribute, before: Json | undefined, given: Json | undefined): Json | undefined => {
  if (!Array.isArray(before) || !Array.isArray(given)) return given ?? undefined;
  const there = new Set(before.map((one) => elementKey(sub, one)));
  return [...before, ...given.filter((one) => !there.has(elementKey(sub, one)))];
};

/** A `$ref` that was not given anew with another `value` still names the old one (`manager.$ref`): it goes. */
const withoutStaleReference = (
  attribute: Attribute,
  name: string,
  current: JsonObject | undefined,
  result: JsonObject,
  given: JsonObject,
): JsonObject => {
  if (current === undefined || Object.hasOwn(given, "$ref") || !Object.hasOwn(current, "$ref")) return result;
  const ref = findSubAttribute(attribute, "$ref");
  if (ref?.type !== "reference" || own(current, "value") === own(result, "value")) return result;
  if (isImmutable(ref)) refuseChange(ref, `${name}.$ref`, own(result, "$ref"), undefined);
  return withMember(result, "$ref", undefined);
};

/** Narrows a complex value that was checked when it was parsed. */
export const asObject = (value: Json | undefined): JsonObject | undefined => (isObject(value) ? value : undefined);
