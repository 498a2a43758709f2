// What a tenant may define: whether a definition is its to make, fits with the others, and may change as it would.
import { conflict, invalidValue, notFound } from "../errors.ts";
import type { Json } from "../json.ts";
import { quote } from "../quote.ts";
import { sameValue } from "../resource/element.ts";
import type { ResourceType, Schema } from "./characteristics.ts";
import { type Definitions, findSchema, ownSchemas, ownTypes, withSchema, withType } from "./definitions.ts";
import { type Population, refuseSchemaChange, refuseTypeChange } from "./evolution.ts";
import { refuseTooMuch } from "./extent.ts";
import { findAttribute, lowerAscii } from "./lookup.ts";
import type { TypeDefinition } from "./read-resource-type.ts";
import { resourceTypes } from "./resource-types.ts";

/** How many a tenant may have, retired ones included. */
export const DEFINITION_LIMITS = { schemas: 100, types: 50 } as const;

/** Names of other things than resources of a tenant: in `meta.resourceType`, in the audit trail. */
const TAKEN_NAMES = ["Schema", "ResourceType", "ServiceProviderConfig", "GroupMembership", "Tenant", "Credential"];
/** First segments under the SCIM base that are no resource type's. */
const TAKEN_ENDPOINTS = ["Bulk", "Me", "Schemas", "ResourceTypes", "ServiceProviderConfig", "GroupMemberships"];

const isAmong = (names: readonly string[], name: string): boolean =>
  names.some((one) => one.toLowerCase() === name.toLowerCase());

const isSame = (one: object, other: object): boolean => sameValue(one as Json, other as Json);

/** What is known of a type's resources, by the type's name in lower case. */
export type Populations = ReadonlyMap<string, Population>;
const RANK: readonly Population[] = ["none", "past", "live"];

/** Of the types, retired ones too, that use the schema: the most. */
function populationOf(definitions: Definitions, urn: string, populations: Populations): Population {
  const uses = ({ schema, extensions }: TypeDefinition) =>
    [schema, ...extensions.map((one) => one.schema)].some((one) => one.toLowerCase() === urn.toLowerCase());
  const ranks = [...definitions.types]
    .filter(([, { definition }]) => uses(definition))
    .map(([name]) => RANK.indexOf(populations.get(name) ?? "none"));
  return RANK[Math.max(0, ...ranks)] as Population;
}

/** False if the schema is defined just so already. 400 invalidValue for a URN that is not a tenant's to define, 409. */
export function admitsSchema(definitions: Definitions, schema: Schema, populations: Populations): boolean {
  const key = schema.id.toLowerCase();
  if (ownSchemas.has(key)) throw invalidValue(`${schema.id} is a schema of the service itself: define another URN.`);
  if (key.startsWith("urn:ietf:params:scim:api:"))
    throw invalidValue(`${schema.id} is the URN of a message of the protocol: define another one.`);
  const known = definitions.schemas.get(key);
  if (known === undefined) {
    if (definitions.schemas.size >= DEFINITION_LIMITS.schemas)
      throw conflict(`The tenant has ${definitions.schemas.size} schemas, which is all that it may have.`);
    refuseTooMuch(withSchema(definitions, schema));
    return true;
  }
  const before = known.definition;
  if (before.id !== schema.id) throw conflict(`The schema is defined as ${before.id}: its URN cannot change its case.`);
  refuseSchemaChange(before, schema, populationOf(definitions, key, populations));
  for (const { definition, retired } of definitions.types.values())
    if (!retired)
      refuseAmbiguity(definition, (urn) => (urn.toLowerCase() === key ? schema : findSchema(definitions, urn)));
  if (!known.retired && isSame(before, schema)) return false;
  refuseTooMuch(withSchema(definitions, schema));
  return true;
}

/** 404 for a schema that the tenant has not, 409 while a type uses it. */
export function admitsSchemaRetirement(definitions: Definitions, urn: string): Schema {
  const known = definitions.schemas.get(lowerAscii(urn) ?? "");
  if (known === undefined || known.retired) throw noSuchSchema(urn);
  for (const { definition, retired } of definitions.types.values())
    if (
      !retired &&
      [definition.schema, ...definition.extensions.map((one) => one.schema)].includes(known.definition.id)
    )
      throw conflict(`The resource type ${definition.name} uses ${known.definition.id}.`);
  return known.definition;
}

export const noSuchSchema = (urn: string) => notFound(`The tenant has no schema ${quote(urn)}.`);
export const noSuchType = (name: string) => notFound(`The tenant has no resource type ${quote(name)} of its own.`);

/** The definition with URNs as they were defined; undefined if the type is defined just so already. 400, 409. */
export function admittedType(
  definitions: Definitions,
  given: TypeDefinition,
  populations: Populations,
): TypeDefinition | undefined {
  const type = withExactUrns(definitions, given);
  const key = type.name.toLowerCase();
  const own = ownTypes.get(key);
  if (own === undefined) refuseForeign(definitions, type);
  else refuseOwnChanged(own, type);
  refuseAmbiguity(type, (urn) => findSchema(definitions, urn));
  const known = definitions.types.get(key);
  const before = known?.definition ?? (own && definitionOf(own));
  if (known === undefined && definitions.types.size >= DEFINITION_LIMITS.types)
    throw conflict(`The tenant has ${definitions.types.size} resource types, which is all that it may have.`);
  if (before !== undefined) {
    if (before.name !== type.name)
      throw conflict(`The type is defined as ${before.name}: its name cannot change its case.`);
    refuseTypeChange(before, type, populations.get(key) ?? "none");
    if (known?.retired !== true && isSame(before, type)) return undefined;
  }
  refuseTooMuch(withType(definitions, type));
  return type;
}

/** 404 for a type that the tenant has not, 409 while there are resources of it. */
export function admitsTypeRetirement(definitions: Definitions, name: string, populations: Populations): TypeDefinition {
  const key = lowerAscii(name) ?? "";
  if (ownTypes.has(key))
    throw conflict(`${quote(name)} is a resource type of the service itself: it cannot be deleted.`);
  const known = definitions.types.get(key);
  if (known === undefined || known.retired) throw noSuchType(name);
  if (populations.get(key) === "live")
    throw conflict(`There are resources of the type ${known.definition.name}: delete them first.`);
  return known.definition;
}

function withExactUrns(definitions: Definitions, type: TypeDefinition): TypeDefinition {
  const exact = (urn: string): string => {
    const found = findSchema(definitions, urn);
    if (found === undefined) throw invalidValue(`There is no schema ${quote(urn)}: define it first.`);
    return found.id;
  };
  const extensions = type.extensions.map(({ schema, required }) => Object.freeze({ schema: exact(schema), required }));
  return Object.freeze({ ...type, schema: exact(type.schema), extensions: Object.freeze(extensions) });
}

/** A type of the tenant's own stands on schemas of the tenant's own, and takes nobody's name or place. */
function refuseForeign(definitions: Definitions, type: TypeDefinition): void {
  const { name, endpoint } = type;
  if (isAmong(TAKEN_NAMES, name))
    throw invalidValue(`name: ${quote(name)} has another meaning here; choose another one.`);
  const taken = [...TAKEN_ENDPOINTS, ...resourceTypes.map((own) => own.endpoint.slice(1))];
  if (isAmong(taken, endpoint.slice(1)))
    throw invalidValue(`endpoint: ${quote(endpoint)} is an endpoint of the service itself; choose another one.`);
  for (const [key, { definition }] of definitions.types)
    if (key !== name.toLowerCase() && definition.endpoint.toLowerCase() === endpoint.toLowerCase())
      throw conflict(`endpoint: ${quote(endpoint)} is that of the resource type ${definition.name}.`);
  for (const urn of [type.schema, ...type.extensions.map((one) => one.schema)])
    if (ownSchemas.has(urn.toLowerCase()))
      throw invalidValue(`${urn} is a schema of the service itself: a type of your own needs schemas of your own.`);
}

/** To a built-in type extensions may be added, none of them required: its clients know nothing of them. */
function refuseOwnChanged(own: ResourceType, type: TypeDefinition): void {
  if (type.endpoint !== own.endpoint || type.schema !== own.schema.id)
    throw invalidValue(`${own.name} is built in: its endpoint is ${own.endpoint}, its schema ${own.schema.id}.`);
  for (const { schema, required } of own.extensions)
    if (!type.extensions.some((one) => one.schema === schema.id && one.required === required))
      throw invalidValue(`${own.name} is built in: its extension ${schema.id} stays, with required ${required}.`);
  for (const { schema, required } of type.extensions) {
    if (required)
      throw invalidValue(`${schema} cannot be required: identity providers do not send it with a ${own.name}.`);
    const isOwn = own.extensions.some((one) => one.schema.id === schema);
    if (!isOwn && ownSchemas.has(schema.toLowerCase()))
      throw invalidValue(`${schema} is a schema of the service itself: it extends no ${own.name}.`);
  }
}

/** Every path of a type has one meaning: a schema is named once, and no URN reads like another's attribute. */
function refuseAmbiguity(type: TypeDefinition, find: (urn: string) => Schema | undefined): void {
  const urns = [type.schema, ...type.extensions.map(({ schema }) => schema)];
  if (new Set(urns.map((urn) => urn.toLowerCase())).size < urns.length)
    throw invalidValue(`${type.name} has its schema as an extension too.`);
  for (const urn of urns)
    for (const other of urns) {
      const name = other.toLowerCase().startsWith(`${urn.toLowerCase()}:`) ? other.slice(urn.length + 1) : undefined;
      if (name !== undefined && findAttribute(find(urn)?.attributes ?? [], name) !== undefined)
        throw invalidValue(`${other} reads like the attribute ${quote(name)} of ${urn}: one type cannot have both.`);
    }
}

/** A resource type, its schemas by their URNs. */
const definitionOf = ({ name, endpoint, description, schema, extensions }: ResourceType): TypeDefinition => ({
  name,
  endpoint,
  description,
  schema: schema.id,
  extensions: extensions.map((one) => ({ schema: one.schema.id, required: one.required })),
});
