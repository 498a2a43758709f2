// A schema as `/Schemas` shows it (RFC 7643 §7). Every characteristic is written out: clients read defaults differently.
import type { JsonObject } from "../json.ts";
import type { Attribute, Schema } from "../schema/characteristics.ts";
import { schemaSchema } from "../schema/schema.ts";

const attributeJson = (attribute: Attribute): JsonObject => ({
  name: attribute.name,
  type: attribute.type,
  multiValued: attribute.multiValued,
  description: attribute.description,
  required: attribute.required,
  ...(attribute.canonicalValues && { canonicalValues: [...attribute.canonicalValues] }),
  caseExact: attribute.caseExact,
  mutability: attribute.mutability,
  returned: attribute.returned,
  uniqueness: attribute.uniqueness,
  ...(attribute.referenceTypes && { referenceTypes: [...attribute.referenceTypes] }),
  ...(attribute.subAttributes && { subAttributes: attribute.subAttributes.map(attributeJson) }),
});

/** `location` is the absolute URI of this schema. */
export const schemaResource = (schema: Schema, location: string): JsonObject => ({
  schemas: [schemaSchema.id],
  id: schema.id,
  name: schema.name,
  description: schema.description,
  attributes: schema.attributes.map(attributeJson),
  meta: { resourceType: "Schema", location },
});
