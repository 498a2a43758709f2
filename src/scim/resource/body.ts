// A stored resource as JSON text: written once by the projection, sent as it stands by every read.
import type { JsonObject } from "../json.ts";
import { once } from "../once.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { attributesOf } from "../schema/lookup.ts";
import { schemasOf } from "./schemas.ts";

/** Names with their JSON text, in the schema's order; `schemas` and `id` come first and `meta` last, so they are not here. */
const orderOf = once((type: ResourceType): readonly (readonly [name: string, key: string])[] =>
  [
    ...attributesOf(type)
      .map(({ name }) => name)
      .filter((name) => !["schemas", "id", "meta"].includes(name)),
    ...type.extensions.map(({ schema }) => schema.id),
  ].map((name) => [name, `,${JSON.stringify(name)}:`]),
);

/** `{"schemas":[…],"id":"…"` and the attributes in the schema's order, without the closing brace: `meta` is to follow. */
export function bodyOf(type: ResourceType, id: string, attributes: JsonObject): string {
  let text = `{"schemas":${JSON.stringify(schemasOf(type, attributes))},"id":${JSON.stringify(id)}`;
  for (const [name, key] of orderOf(type)) {
    if (Object.hasOwn(attributes, name)) text += key + JSON.stringify(attributes[name]);
  }
  return text;
}
