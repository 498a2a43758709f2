// RFC 7643 §6 and §8.7.2. `schemaExtensions` is multi-valued and optional as §6 has it; the listing contradicts both.
import { boolean, multiValued, reference, schema, string } from "./define.ts";

const readOnly = { mutability: "readOnly" } as const;
const given = { mutability: "readOnly", required: true } as const;

export const resourceTypeSchema = schema(
  "urn:ietf:params:scim:schemas:core:2.0:ResourceType",
  "ResourceType",
  "A kind of resource, its endpoint and its schemas.",
  [
    string("id", "The resource type's identifier, often the same as its name.", readOnly),
    string("name", "The resource type's name, as in meta.resourceType.", given),
    string("description", "What the resources are.", readOnly),
    reference("endpoint", "The endpoint, relative to the service's base URL.", ["uri"], given),
    reference("schema", "The URN of the resource type's own schema.", ["uri"], given),
    multiValued(
      "schemaExtensions",
      "The schemas that may extend a resource.",
      [
        reference("schema", "The URN of the extension.", ["uri"], given),
        boolean("required", "Whether every resource must have the extension.", given),
      ],
      readOnly,
    ),
  ],
);
