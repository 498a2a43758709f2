// The `schemas` attribute (RFC 7643 §3): checked on the way in, computed on the way out.
import { invalidSyntax } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import { quote } from "../quote.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { findExtension, lowerAscii } from "../schema/lookup.ts";

/** The URN of the type's own schema or of one of its extensions, in exact case; undefined for any other text. */
export const knownSchema = (type: ResourceType, urn: string): string | undefined =>
  lowerAscii(urn) === type.schema.id.toLowerCase() ? type.schema.id : findExtension(type, urn)?.id;

/** The URNs that a body declares, in exact case. 400 invalidSyntax if they are not what RFC 7643 §3 asks for. */
export const parseSchemas = (type: ResourceType, schemas: Json | undefined): ReadonlySet<string> => {
  if (!Array.isArray(schemas) || schemas.length === 0)
    throw invalidSyntax(`schemas must be an array of URNs that holds ${quote(type.schema.id)}.`);
  const declared = new Set<string>();
  for (const urn of schemas) {
    if (typeof urn !== "string") throw invalidSyntax("schemas must be an array of strings, each the URN of a schema.");
    const known = knownSchema(type, urn);
    if (known === undefined) throw invalidSyntax(`schemas holds ${quote(urn)}, which is no schema of a ${type.name}.`);
    declared.add(known);
  }
  if (!declared.has(type.schema.id)) throw invalidSyntax(`schemas must hold ${quote(type.schema.id)}.`);
  return declared;
};

/** What `schemas` says of a resource with these attributes: its own schema and the extensions that have a value. */
export const schemasOf = (type: ResourceType, attributes: JsonObject): string[] => {
  const urns = [type.schema.id];
  for (const { schema } of type.extensions) if (Object.hasOwn(attributes, schema.id)) urns.push(schema.id);
  return urns;
};
