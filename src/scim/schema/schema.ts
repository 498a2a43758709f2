// RFC 7643 §7 and §8.7.2: the schema of schemas.
import type { Attribute } from "./characteristics.ts";
import { boolean, multiValued, schema, string } from "./define.ts";

const readOnly = { mutability: "readOnly" } as const;
const given = { mutability: "readOnly", required: true } as const;

const characteristics: readonly Attribute[] = [
  string("name", "The attribute's name.", { ...given, caseExact: true }),
  string("type", "The attribute's data type.", {
    ...given,
    canonicalValues: ["string", "complex", "boolean", "decimal", "integer", "dateTime", "reference", "binary"],
  }),
  boolean("multiValued", "Whether the attribute may have several values.", given),
  string("description", "What the attribute holds.", { ...readOnly, caseExact: true }),
  boolean("required", "Whether the attribute must have a value.", readOnly),
  string("canonicalValues", "Values suggested for the attribute.", { ...readOnly, multiValued: true, caseExact: true }),
  boolean("caseExact", "Whether case matters when values are compared.", readOnly),
  string("mutability", "Who may set the attribute, and when.", {
    ...readOnly,
    caseExact: true,
    canonicalValues: ["readOnly", "readWrite", "immutable", "writeOnly"],
  }),
  string("returned", "When an answer holds the attribute.", {
    ...readOnly,
    caseExact: true,
    canonicalValues: ["always", "never", "default", "request"],
  }),
  string("uniqueness", "Among which resources a value may occur only once.", {
    ...readOnly,
    caseExact: true,
    canonicalValues: ["none", "server", "global"],
  }),
  string("referenceTypes", "What a reference may point to.", { ...readOnly, multiValued: true, caseExact: true }),
];

export const schemaSchema = schema(
  "urn:ietf:params:scim:schemas:core:2.0:Schema",
  "Schema",
  "A set of attributes and their characteristics.",
  [
    string("id", "The schema's URN.", given),
    string("name", "The schema's name.", given),
    string("description", "What the schema describes.", readOnly),
    multiValued(
      "attributes",
      "The schema's attributes.",
      [
        ...characteristics,
        multiValued("subAttributes", "The attributes within a complex attribute.", characteristics, readOnly),
      ],
      given,
    ),
  ],
);
