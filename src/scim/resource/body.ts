// A stored resource as JSON text: written once by the projection, sent as it stands by every read.
import type { JsonObject } from "../json.ts";
import { once } from "../once.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { attributesOf } from "../schema/lookup.ts";

const orderOf = once((type: ResourceType): readonly string[] => [
  ...attributesOf(type)
    .map(({ name }) => name)
    .filter((name) => !["schemas", "id", "meta"].includes(name)),
  ...type.extensions.map(({ schema }) => schema.id),
]);

/** The URNs of a resource's schema and of the extensions that it has values of (RFC 7643 §3). */
export const schemasIn = (type: ResourceType, attributes: JsonObject): string[] => [
  type.schema.id,
  ...type.extensions.filter(({ schema }) => attributes[schema.id] !== undefined).map(({ schema }) => schema.id),
];

/** `{"schemas":[…],"id":"…"` and the attributes in the schema's order, without the closing brace (`meta` comes last). */
export function bodyOf(type: ResourceType, id: string, attributes: JsonObject): string {
  let text = `{"schemas":${JSON.stringify(schemasIn(type, attributes))},"id":${JSON.stringify(id)}`;
  for (const name of orderOf(type)) {
    const value = attributes[name];
    if (value !== undefined) text += `,${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }
  return text;
}
