// The body of a POST or PUT as the strict engine reads it.
import { isObject, type Json, type JsonObject } from "../json.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { lowerAscii } from "../schema/lookup.ts";
import { normaliseAttributes } from "./attributes.ts";
import type { Normalisation } from "./rule.ts";
import { undeclaredExtension, unknownSchema } from "./rules/schemas.ts";

/**
 * The body, the very same if no rule applied. What is no object, and whatever else is wrong beyond the rules, stays as it
 * is: `parseResource` says what.
 */
export const normaliseResource = (n: Normalisation, type: ResourceType, body: unknown): unknown =>
  n.isStrict || !isObject(body) ? body : normaliseSchemas(n, type, normaliseAttributes(n, type, body, "resource"));

const normaliseSchemas = (n: Normalisation, type: ResourceType, body: JsonObject): JsonObject => {
  const key = Object.hasOwn(body, "schemas")
    ? "schemas"
    : Object.keys(body).find((name) => lowerAscii(name) === "schemas");
  const schemas = key === undefined ? undefined : body[key];
  if (key === undefined || !Array.isArray(schemas)) return body;
  const known: Json[] = n.use(unknownSchema, type, schemas) ?? schemas;
  const declared = n.use(undeclaredExtension, type, known, body) ?? known;
  return declared === schemas ? body : { ...body, [key]: declared };
};
