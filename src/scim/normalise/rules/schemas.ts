// Readings of the `schemas` of a resource.
import { isObject, type Json, type JsonObject } from "../../json.ts";
import { knownSchema } from "../../resource/schemas.ts";
import type { ResourceType } from "../../schema/characteristics.ts";
import { findExtension } from "../../schema/lookup.ts";
import { rule, sentBy } from "../rule.ts";

export const unknownSchema = rule(
  "unknown-schema",
  {
    profiles: sentBy("entra", "okta", "google"),
    where: "schemas of a resource",
    says: "a URN that the type does not have (SCIM 1.0, ADSCIM, enterprise:2.0User)",
    means: "nothing",
  },
  (type: ResourceType, schemas: readonly Json[]): Json[] | undefined => {
    const known = schemas.filter((urn) => typeof urn !== "string" || knownSchema(type, urn) !== undefined);
    return known.length === schemas.length ? undefined : known;
  },
);

export const undeclaredExtension = rule(
  "undeclared-extension",
  {
    profiles: sentBy("entra", "okta"),
    where: "schemas of a resource",
    says: "values of an extension whose URN is not listed",
    means: "its URN is listed",
  },
  (type: ResourceType, schemas: readonly Json[], body: JsonObject): Json[] | undefined => {
    const listed = new Set(schemas.map((urn) => (typeof urn === "string" ? knownSchema(type, urn) : undefined)));
    const missing: string[] = [];
    for (const key of Object.keys(body)) {
      const urn = findExtension(type, key)?.id;
      const values = body[key];
      if (urn !== undefined && !listed.has(urn) && isObject(values) && Object.keys(values).length > 0)
        missing.push(urn);
    }
    return missing.length === 0 ? undefined : [...schemas, ...missing];
  },
);
