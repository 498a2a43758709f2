// The schemas and resource types that a tenant defined, on top of those that every tenant has. Immutable: a change makes a
// new value, so that whatever is built from one is kept as long as it holds.
import { once } from "../once.ts";
import type { ResourceType, Schema } from "./characteristics.ts";
import { lowerAscii } from "./lookup.ts";
import type { TypeDefinition } from "./read-resource-type.ts";
import { resourceTypeSchema } from "./resource-type.ts";
import { groupMembershipType, resourceTypes } from "./resource-types.ts";
import { schemaSchema } from "./schema.ts";
import { serviceProviderConfigSchema } from "./service-provider-config.ts";
import { builtInTypes, type TypeSet, typeSetOf } from "./type-set.ts";

interface Defined<Definition> {
  readonly definition: Definition;
  /** No longer in use; what was written by it is still read by it. */
  readonly retired: boolean;
}

/** Keys are lower case. In the order of their first definition. */
export interface Definitions {
  readonly schemas: ReadonlyMap<string, Defined<Schema>>;
  readonly types: ReadonlyMap<string, Defined<TypeDefinition>>;
}

export const noDefinitions: Definitions = Object.freeze({ schemas: new Map(), types: new Map() });

/** The schemas of the service itself, by their URNs in lower case. */
export const ownSchemas: ReadonlyMap<string, Schema> = new Map(
  [
    ...builtInTypes.schemas,
    groupMembershipType.schema,
    schemaSchema,
    resourceTypeSchema,
    serviceProviderConfigSchema,
  ].map((schema) => [schema.id.toLowerCase(), schema]),
);
/** The types that every tenant has, by their names in lower case. */
export const ownTypes: ReadonlyMap<string, ResourceType> = new Map(
  resourceTypes.map((type) => [type.name.toLowerCase(), type]),
);

/** Whether every tenant has the type. */
const isBuiltIn = (name: string): boolean => ownTypes.has(lowerAscii(name) ?? "");

/** A schema that a type can stand on. */
export const findSchema = (definitions: Definitions, urn: string): Schema | undefined => {
  const key = lowerAscii(urn) ?? "";
  const own = definitions.schemas.get(key);
  return own === undefined || own.retired ? ownSchemas.get(key) : own.definition;
};

/** With one more definition, or another version of it. */
export const withSchema = (definitions: Definitions, definition: Schema, retired = false): Definitions =>
  Object.freeze({
    ...definitions,
    schemas: new Map(definitions.schemas).set(definition.id.toLowerCase(), { definition, retired }),
  });

export const withType = (definitions: Definitions, definition: TypeDefinition, retired = false): Definitions =>
  Object.freeze({
    ...definitions,
    types: new Map(definitions.types).set(definition.name.toLowerCase(), { definition, retired }),
  });

/** The types of a tenant with these definitions; the same object for the same definitions. */
export const typesOf: (definitions: Definitions) => TypeSet = once((definitions: Definitions): TypeSet => {
  if (definitions.schemas.size + definitions.types.size === 0) return builtInTypes;
  const schemaOf = (urn: string): Schema =>
    (definitions.schemas.get(urn.toLowerCase())?.definition ?? ownSchemas.get(urn.toLowerCase())) as Schema;
  const typeOf = ({ name, endpoint, description, schema, extensions }: TypeDefinition): ResourceType =>
    Object.freeze({
      id: name,
      name,
      endpoint,
      description,
      schema: schemaOf(schema),
      extensions: Object.freeze(extensions.map((one) => ({ schema: schemaOf(one.schema), required: one.required }))),
    });
  const defined = [...definitions.types.values()];
  const ofState = (wanted: boolean) =>
    defined.filter(({ retired, definition }) => retired === wanted && !isBuiltIn(definition.name));
  const extended = resourceTypes.map((own) => {
    const known = definitions.types.get(own.name.toLowerCase());
    return known === undefined ? own : typeOf(known.definition);
  });
  return typeSetOf(
    [...extended, ...ofState(false).map(({ definition }) => typeOf(definition))],
    ofState(true).map(({ definition }) => typeOf(definition)),
    [...definitions.schemas.values()].filter(({ retired }) => !retired).map(({ definition }) => definition),
  );
});
