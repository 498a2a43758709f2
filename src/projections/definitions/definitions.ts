// `definitions`: each tenant's own schemas and resource types as its events left them, one text a tenant. The projector
// knows at each event which definition holds: it takes them up here after a restart and folds on.
import { evolveDefinitions } from "../../domain/definition-commands.ts";
import type { DefinitionEvent } from "../../domain/events.ts";
import { Fatal } from "../../eventlog/event-log.ts";
import type { ResourceKey, StoredDefinitions } from "../../readstore/view-writer.ts";
import type { ResourceType, Schema } from "../../scim/schema/characteristics.ts";
import { type Definitions, noDefinitions, typesOf, withSchema, withType } from "../../scim/schema/definitions.ts";
import type { TypeDefinition } from "../../scim/schema/read-resource-type.ts";

interface Text {
  readonly schemas: readonly { readonly definition: Schema; readonly retired: boolean }[];
  readonly types: readonly { readonly definition: TypeDefinition; readonly retired: boolean }[];
}

/** The definitions as the read models keep them. */
export const definitionsText = ({ schemas, types }: Definitions): string =>
  JSON.stringify({ schemas: [...schemas.values()], types: [...types.values()] } satisfies Text);

/** The definitions that such a text stands for. */
export function readDefinitions(text: string): Definitions {
  const { schemas, types } = JSON.parse(text) as Text;
  const withSchemas = schemas.reduce(
    (all, { definition, retired }) => withSchema(all, definition, retired),
    noDefinitions,
  );
  return types.reduce((all, { definition, retired }) => withType(all, definition, retired), withSchemas);
}

/** The definitions of tenants in the course of a batch. */
export class DefinitionsInBatch {
  readonly #before: ReadonlyMap<string, Definitions>;
  readonly #changed = new Map<string, Definitions>();

  /** A tenant that is missing has none. */
  constructor(before: ReadonlyMap<string, Definitions>) {
    this.#before = before;
  }

  fold(tenant: string, event: DefinitionEvent): void {
    this.#changed.set(tenant, evolveDefinitions(this.#of(tenant), event));
  }

  /** The type of a resource as it is defined by now. Throws Fatal where it never was: nothing can be made of its events. */
  typeOf({ tenant, type }: ResourceKey): ResourceType {
    const types = typesOf(this.#of(tenant));
    const found = type === "User" ? types.user : type === "Group" ? types.group : types.ever(type);
    if (found === undefined) throw new Fatal(`the log has a resource of the type ${type}, which was never defined`);
    return found;
  }

  result(): StoredDefinitions[] {
    return [...this.#changed].map(([tenant, definitions]) => ({ tenant, text: definitionsText(definitions) }));
  }

  #of(tenant: string): Definitions {
    return this.#changed.get(tenant) ?? this.#before.get(tenant) ?? noDefinitions;
  }
}
