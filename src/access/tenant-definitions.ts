// What administrators do with a tenant's schemas and resource types. Each is one command, and in effect when it is answered.
import type { DefinitionCommand } from "../domain/definition-commands.ts";
import type { SharedLock } from "../eventlog/shared-lock.ts";
import type { Populations } from "../scim/schema/admission.ts";
import type { Schema } from "../scim/schema/characteristics.ts";
import { type Definitions, noDefinitions } from "../scim/schema/definitions.ts";
import type { Population } from "../scim/schema/evolution.ts";
import { readResourceType, type TypeDefinition } from "../scim/schema/read-resource-type.ts";
import { readSchema } from "../scim/schema/read-schema.ts";
import { resourceTypes } from "../scim/schema/resource-types.ts";
import type { TenantDirectory } from "./tenant-directory.ts";
import type { TenantCommands, TenantContext } from "./tenants.ts";

export interface TenantDefinitionsOptions {
  readonly commands: TenantCommands;
  readonly directory: TenantDirectory;
  /** Whether there are or were resources of a type. */
  readonly population: (tenant: string, type: string) => Population | Promise<Population>;
  /** Held by tenant: shared while a resource of a type that it defined or extended is created, so that none slips past a definition. */
  readonly lock: SharedLock;
  /** Where other nodes write too: takes in what they did to a tenant, and waits until what they created is counted. */
  readonly confirm?: (tenant: string) => Promise<void>;
}

/** What defining something came to. */
export interface Defined<Definition> {
  readonly definition: Definition;
  readonly outcome: "created" | "changed" | "same";
}

type Change = DefinitionCommand extends infer Command
  ? Command extends DefinitionCommand
    ? Omit<Command, "tenant" | "populations">
    : never
  : never;

export class TenantDefinitions {
  readonly #options: TenantDefinitionsOptions;

  constructor(options: TenantDefinitionsOptions) {
    this.#options = options;
  }

  /** `json` as `/Schemas` shows it. Throws ScimError: 400 for what is no schema, 409 for what stored data does not allow. */
  async defineSchema(tenant: string, json: unknown, context: TenantContext): Promise<Defined<Schema>> {
    const schema = readSchema(json);
    const was = this.#definitions(tenant).schemas.get(schema.id.toLowerCase());
    const isChanged = await this.#execute(tenant, { type: "DefineSchema", schema }, context);
    return { definition: schema, outcome: outcomeOf(was, isChanged) };
  }

  /** `json` as `/ResourceTypes` shows it. Throws ScimError: 400, 409. */
  async defineType(tenant: string, json: unknown, context: TenantContext): Promise<Defined<TypeDefinition>> {
    return this.#defineType(tenant, readResourceType(json), context);
  }

  /** Like `defineType`, but what the type has of extensions stays: for definitions that come from several files. */
  async extendType(tenant: string, json: unknown, context: TenantContext): Promise<Defined<TypeDefinition>> {
    const given = readResourceType(json);
    const before = this.#type(tenant, given.name)?.definition.extensions ?? [];
    const extensions = new Map([...before, ...given.extensions].map((one) => [one.schema.toLowerCase(), one]));
    return this.#defineType(tenant, { ...given, extensions: [...extensions.values()] }, context);
  }

  async #defineType(tenant: string, resourceType: TypeDefinition, context: TenantContext) {
    const was = this.#type(tenant, resourceType.name);
    const isChanged = await this.#execute(tenant, { type: "DefineResourceType", resourceType }, context);
    return { definition: resourceType, outcome: outcomeOf(was, isChanged) };
  }

  /** Throws ScimError: 404, 409 while a type uses it. */
  async retireSchema(tenant: string, urn: string, context: TenantContext): Promise<void> {
    await this.#execute(tenant, { type: "RetireSchema", urn }, context);
  }

  /** Throws ScimError: 404, 409 while there are resources of it. */
  async retireType(tenant: string, name: string, context: TenantContext): Promise<void> {
    await this.#execute(tenant, { type: "RetireResourceType", name }, context);
  }

  #type(tenant: string, name: string) {
    return this.#definitions(tenant).types.get(name.toLowerCase());
  }

  #definitions(tenant: string): Definitions {
    return this.#options.directory.tenant(tenant)?.definitions ?? noDefinitions;
  }

  /** Whether anything changed. */
  #execute(tenant: string, change: Change, context: TenantContext): Promise<boolean> {
    const { commands, lock, confirm } = this.#options;
    return lock.alone(tenant, async () => {
      await confirm?.(tenant);
      const before = this.#definitions(tenant);
      const populations = await this.#populations(tenant, before);
      await commands.execute(tenant, { ...change, tenant, populations }, { ...context, tenant });
      return this.#definitions(tenant) !== before;
    });
  }

  async #populations(tenant: string, { types }: Definitions): Promise<Populations> {
    const names = new Set(
      [...resourceTypes, ...[...types.values()].map((one) => one.definition)].map(({ name }) => name),
    );
    const populations = new Map<string, Population>();
    for (const name of names) populations.set(name.toLowerCase(), await this.#options.population(tenant, name));
    return populations;
  }
}

/** What was retired is created anew. */
const outcomeOf = (was: { readonly retired: boolean } | undefined, isChanged: boolean): Defined<unknown>["outcome"] =>
  was === undefined || was.retired ? "created" : isChanged ? "changed" : "same";
