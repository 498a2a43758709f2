// Values that one resource of a tenant may bear at a time (RFC 7643 §7 `uniqueness`), and what names their claim.
import { comparable } from "../scim/comparable.ts";
import { isObject, type Json, type JsonObject } from "../scim/json.ts";
import { once } from "../scim/once.ts";
import type { Attribute, ResourceType } from "../scim/schema/characteristics.ts";

interface UniqueAttribute {
  /** Canonical path, the key of `claims` in events. */
  readonly path: string;
  readonly schema: string;
  readonly attribute: Attribute;
  readonly container?: string;
}

const uniqueAttributes = once((type: ResourceType): readonly UniqueAttribute[] => [
  ...type.schema.attributes
    .filter((attribute) => attribute.uniqueness !== "none")
    .map((attribute) => ({ path: attribute.name, schema: type.schema.id, attribute })),
  ...type.extensions.flatMap(({ schema }) =>
    schema.attributes
      .filter((attribute) => attribute.uniqueness !== "none")
      .map((attribute) => ({
        path: `${schema.id}:${attribute.name}`,
        schema: schema.id,
        attribute,
        container: schema.id,
      })),
  ),
]);

export interface UniqueValue {
  readonly path: string;
  /** What the claim stream's name is the HMAC of: attribute URN ‖ 0x00 ‖ prepared value. */
  readonly claim: string;
}

/** The prepared form under which a value is unique, which is how filters compare it; undefined for what is no value. */
function uniqueKey(attribute: Attribute, value: Json | undefined): string | undefined {
  const prepared = value === undefined ? null : (comparable(attribute, value) ?? null);
  return prepared === null ? undefined : String(prepared);
}

/** The unique values that these attributes bear. */
export function uniqueValues(type: ResourceType, attributes: JsonObject): readonly UniqueValue[] {
  const found: UniqueValue[] = [];
  for (const { path, schema, attribute, container } of uniqueAttributes(type)) {
    const holder = container === undefined ? attributes : attributes[container];
    const key = isObject(holder) ? uniqueKey(attribute, holder[attribute.name]) : undefined;
    if (key !== undefined) found.push({ path, claim: `${schema}:${attribute.name}\0${key}` });
  }
  return found;
}

/** The values of `after` that `before` does not bear yet. */
export function newlyBorne(type: ResourceType, before: JsonObject, after: JsonObject): readonly UniqueValue[] {
  const old = new Set(uniqueValues(type, before).map(({ claim }) => claim));
  return uniqueValues(type, after).filter(({ claim }) => !old.has(claim));
}

/** The claim id that a path's new value will be reserved under. */
export type ClaimIds = (path: string) => string;

/** What an event says of the values that it begins to bear: their claims by their paths. */
export const claimsOf = (values: readonly UniqueValue[], claimId: ClaimIds): Record<string, string> =>
  Object.fromEntries(values.map(({ path }) => [path, claimId(path)]));
