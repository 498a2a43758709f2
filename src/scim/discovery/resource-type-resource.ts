import type { JsonObject } from "../json.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { resourceTypeSchema } from "../schema/resource-type.ts";

/** A resource type as `/ResourceTypes` shows it (RFC 7643 §6). `location` is its absolute URI. */
export const resourceTypeResource = (type: ResourceType, location: string): JsonObject => ({
  schemas: [resourceTypeSchema.id],
  id: type.id,
  name: type.name,
  description: type.description,
  endpoint: type.endpoint,
  schema: type.schema.id,
  ...(type.extensions.length > 0 && {
    schemaExtensions: type.extensions.map(({ schema, required }) => ({ schema: schema.id, required })),
  }),
  meta: { resourceType: "ResourceType", location },
});
