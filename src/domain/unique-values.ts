// Values that one resource of a tenant may bear at a time (RFC 7643 §7 `uniqueness`), and what names their claim.
import { comparisonKey } from "../scim/comparison-key.ts";
import { isObject, type JsonObject } from "../scim/json.ts";
import { once } from "../scim/once.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";

interface UniqueAttribute {
  /** Canonical path, the key of `claims` in events. */
  readonly path: string;
  readonly schema: string;
  readonly name: string;
  readonly container?: string;
  readonly caseExact: boolean;
}

const uniqueAttributes = once((type: ResourceType): readonly UniqueAttribute[] => [
  ...type.schema.attributes
    .filter((attribute) => attribute.uniqueness !== "none")
    .map(({ name, caseExact }) => ({ path: name, schema: type.schema.id, name, caseExact })),
  ...type.extensions.flatMap(({ schema }) =>
    schema.attributes
      .filter((attribute) => attribute.uniqueness !== "none")
      .map(({ name, caseExact }) => ({
        path: `${schema.id}:${name}`,
        schema: schema.id,
        name,
        container: schema.id,
        caseExact,
      })),
  ),
]);

export interface UniqueValue {
  readonly path: string;
  /** What the claim stream's name is the HMAC of: attribute URN ‖ 0x00 ‖ prepared value (DESIGN §6). */
  readonly claim: string;
}

/** The prepared form under which a value is unique: `uniqueKey()` of DESIGN §6. */
export const uniqueKey = (value: string, caseExact: boolean): string => (caseExact ? value : comparisonKey(value));

/** The unique values that these attributes bear. */
export function uniqueValues(type: ResourceType, attributes: JsonObject): readonly UniqueValue[] {
  const found: UniqueValue[] = [];
  for (const { path, schema, name, container, caseExact } of uniqueAttributes(type)) {
    const holder = container === undefined ? attributes : attributes[container];
    const value = isObject(holder) ? holder[name] : undefined;
    if (typeof value === "string") found.push({ path, claim: `${schema}:${name}\0${uniqueKey(value, caseExact)}` });
  }
  return found;
}

/** The values of `after` that `before` does not bear yet. */
export function newlyBorne(type: ResourceType, before: JsonObject, after: JsonObject): readonly UniqueValue[] {
  const old = new Set(uniqueValues(type, before).map(({ claim }) => claim));
  return uniqueValues(type, after).filter(({ claim }) => !old.has(claim));
}
