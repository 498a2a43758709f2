// The PATCH operations that make what is at the target as it is at the source (RFC 7644 §3.5.2).
import { comparable } from "../../../scim/comparable.ts";
import { isObject, type Json, type JsonObject, own } from "../../../scim/json.ts";
import { sameAttribute } from "../../../scim/resource/element.ts";
import type { Attribute, ResourceType } from "../../../scim/schema/characteristics.ts";
import { attributesOf } from "../../../scim/schema/lookup.ts";
import type { Reference } from "./project.ts";

export type Operation = { readonly op: "add" | "replace" | "remove"; readonly path: string; readonly value?: Json };

/** What is never cleared: a name, the client's own id, and `active`, which when absent means enabled. */
const KEPT: ReadonlySet<string> = new Set(["userName", "displayName", "externalId", "active", "schemas"]);

export interface Difference {
  readonly operations: readonly Operation[];
  /** What differs and cannot be changed at the target. */
  readonly immutable: readonly string[];
}

/**
 * An attribute that the source has is written whole, but of a single complex one only the sub-attributes that the source
 * has. What the source does not have stays, or is cleared where `exact`. Both sides are projections.
 */
export function difference(
  type: ResourceType,
  wanted: JsonObject,
  current: JsonObject,
  { exact }: { readonly exact: boolean },
): Difference {
  const operations: Operation[] = [];
  const immutable: string[] = [];
  const walk = (attributes: readonly Attribute[], want: JsonObject, have: JsonObject, prefix: string): void => {
    for (const attribute of attributes) {
      const [to, from] = [own(want, attribute.name), own(have, attribute.name)];
      const path = prefix + attribute.name;
      if (same(attribute, to, from)) continue;
      if (attribute.mutability === "immutable" && from !== undefined) {
        if (to !== undefined) immutable.push(`${path} cannot be changed at the target`);
      } else if (to === undefined) {
        if (exact && !attribute.required && !KEPT.has(path)) operations.push({ op: "remove", path });
      } else if (from === undefined) operations.push({ op: "add", path, value: to });
      else if (isObject(to) && isObject(from)) walk(attribute.subAttributes ?? [], to, from, `${path}.`);
      else operations.push({ op: "replace", path, value: to });
    }
  };
  walk(attributesOf(type), wanted, current, "");
  for (const { schema } of type.extensions)
    walk(schema.attributes, within(wanted, schema.id), within(current, schema.id), `${schema.id}:`);
  return { operations, immutable };
}

const within = (object: JsonObject, urn: string): JsonObject => {
  const extension = own(object, urn);
  return isObject(extension) ? extension : {};
};

function same(attribute: Attribute, a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (attribute.type === "dateTime" && !attribute.multiValued) {
    const [left, right] = [comparable(attribute, a), comparable(attribute, b)];
    if (left !== undefined && right !== undefined) return left === right;
  }
  return sameAttribute(attribute, a, b);
}

/** The operations for attributes that refer to other resources; `wanted` and `current` have ids of the target. */
export function referenceDifference(
  wanted: readonly Reference[],
  current: readonly Reference[],
  { exact }: { readonly exact: boolean },
): readonly Operation[] {
  const have = new Map(current.map((reference) => [reference.path, reference.ids]));
  const operations: Operation[] = [];
  for (const { path, multiValued, ids } of wanted) {
    const before = have.get(path);
    have.delete(path);
    if (before !== undefined && sameIds(before, ids)) continue;
    const values = ids.map((value) => ({ value }));
    operations.push({ op: before === undefined ? "add" : "replace", path, value: multiValued ? values : values[0]! });
  }
  if (exact) for (const path of have.keys()) operations.push({ op: "remove", path });
  return operations;
}

const sameIds = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id) => b.includes(id));
