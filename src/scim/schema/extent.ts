// How much all definitions of a tenant come to. What is made of them is made at once, on the thread that serves everybody.
import { conflict } from "../errors.ts";
import { once } from "../once.ts";
import type { Schema } from "./characteristics.ts";
import { type Definitions, findSchema } from "./definitions.ts";

/** Of one tenant, retired definitions included. */
const EXTENT_LIMITS = {
  /** Of all schemas; and of all types, each with its own schema and its extensions. Sub-attributes count too. */
  attributes: 10_000,
  /** UTF-16 units of all schemas as JSON. */
  length: 4_000_000,
} as const;

interface Extent {
  readonly attributes: number;
  readonly length: number;
}

const extentOf = once(
  (schema: Schema): Extent => ({
    attributes: schema.attributes.reduce((sum, { subAttributes = [] }) => sum + 1 + subAttributes.length, 0),
    length: JSON.stringify(schema).length,
  }),
);

const total = (schemas: readonly Schema[], of: keyof Extent): number =>
  schemas.reduce((sum, schema) => sum + extentOf(schema)[of], 0);

/** 409 for definitions that come to more than a tenant may have. */
export function refuseTooMuch(definitions: Definitions): void {
  const schemas = [...definitions.schemas.values()].map(({ definition }) => definition);
  const used = [...definitions.types.values()].flatMap(({ definition: { schema, extensions } }) =>
    [schema, ...extensions.map((one) => one.schema)].flatMap((urn) => findSchema(definitions, urn) ?? []),
  );
  const rows: readonly (readonly [what: string, comesTo: number, limit: number])[] = [
    ["attributes of its schemas", total(schemas, "attributes"), EXTENT_LIMITS.attributes],
    ["attributes of its resource types, each with its extensions", total(used, "attributes"), EXTENT_LIMITS.attributes],
    ["characters of its schemas as JSON", total(schemas, "length"), EXTENT_LIMITS.length],
  ];
  for (const [what, comesTo, limit] of rows)
    if (comesTo > limit) throw conflict(`The tenant would have ${comesTo} ${what}; it may have ${limit}.`);
}
