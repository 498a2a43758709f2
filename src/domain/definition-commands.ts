// Commands on a tenant's schemas and resource types, into which events, and what these come to. Whether a definition may
// change is said in `scim/schema`; here a change becomes a fact.

import {
  admitsSchema,
  admitsSchemaRetirement,
  admitsTypeRetirement,
  admittedType,
  type Populations,
} from "../scim/schema/admission.ts";
import type { Schema } from "../scim/schema/characteristics.ts";
import { type Definitions, withSchema, withType } from "../scim/schema/definitions.ts";
import type { TypeDefinition } from "../scim/schema/read-resource-type.ts";
import type { DomainEvent } from "./event.ts";
import type { DefinitionEvent } from "./events.ts";
import { ResourceTypeDefined, ResourceTypeRetired, SchemaDefined, SchemaRetired } from "./tenant-events.ts";

/** `populations`: what is known of the resources of each type at the moment of the command. */
export type DefinitionCommand = { readonly tenant: string; readonly populations: Populations } & (
  | { readonly type: "DefineSchema"; readonly schema: Schema }
  | { readonly type: "RetireSchema"; readonly urn: string }
  | { readonly type: "DefineResourceType"; readonly resourceType: TypeDefinition }
  | { readonly type: "RetireResourceType"; readonly name: string }
);

/** The events of a command; none where it changes nothing. Throws ScimError (400, 404, 409). */
export function decideDefinition(command: DefinitionCommand, definitions: Definitions): readonly DefinitionEvent[] {
  const { populations } = command;
  switch (command.type) {
    case "DefineSchema":
      return admitsSchema(definitions, command.schema, populations) ? [SchemaDefined({ schema: command.schema })] : [];
    case "RetireSchema":
      return [SchemaRetired({ schema: admitsSchemaRetirement(definitions, command.urn).id })];
    case "DefineResourceType": {
      const resourceType = admittedType(definitions, command.resourceType, populations);
      return resourceType === undefined ? [] : [ResourceTypeDefined({ resourceType })];
    }
    case "RetireResourceType":
      return [ResourceTypeRetired({ resourceType: admitsTypeRetirement(definitions, command.name, populations).name })];
    default:
      return command satisfies never;
  }
}

/** The definitions after one more event. */
export function evolveDefinitions(definitions: Definitions, event: DefinitionEvent): Definitions {
  switch (event.type) {
    case "SchemaDefined":
      return withSchema(definitions, event.data.schema);
    case "SchemaRetired": {
      const known = definitions.schemas.get(event.data.schema.toLowerCase());
      return known === undefined ? definitions : withSchema(definitions, known.definition, true);
    }
    case "ResourceTypeDefined":
      return withType(definitions, event.data.resourceType);
    case "ResourceTypeRetired": {
      const known = definitions.types.get(event.data.resourceType.toLowerCase());
      return known === undefined ? definitions : withType(definitions, known.definition, true);
    }
    default:
      return event satisfies never;
  }
}

const TYPES: ReadonlySet<string> = new Set(
  [SchemaDefined, SchemaRetired, ResourceTypeDefined, ResourceTypeRetired].map(({ type }) => type),
);

/** Whether an event changes a tenant's definitions. */
export const changesDefinitions = (event: DomainEvent): event is DefinitionEvent => TYPES.has(event.type);
