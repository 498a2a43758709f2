// The body of a POST or PUT as the strict engine reads it.
import { isObject, type Json, type JsonObject } from "../json.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { lowerAscii } from "../schema/lookup.ts";
import { normaliseAttributes } from "./attributes.ts";
import { Normalisation, type Normalised, type Profile } from "./rule.ts";
import { undeclaredExtension, unknownSchema } from "./rules/schemas.ts";

/** What is no object, and whatever else is wrong beyond the rules, stays as it is: `parseResource` says what. */
export const normaliseResource = (type: ResourceType, body: unknown, profile: Profile): Normalised => {
  if (profile === "rfc" || !isObject(body)) return { body, rules: [] };
  const n = new Normalisation(profile);
  const result = normaliseSchemas(n, type, normaliseAttributes(n, type, body, "dropped"));
  return { body: result, rules: n.rules };
};

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
