// What a write of each resource type comes to as a command. A further type is a further implementation of `TypeCommands`.
import { idsIn } from "../../domain/membership.ts";
import type { ResourceState } from "../../domain/resource-state.ts";
import type { CommandContext, CommandOptions, Provisioning, Written } from "../../eventlog/provisioning.ts";
import type { JsonObject } from "../../scim/json.ts";
import { namesSecret, type PatchOperation } from "../../scim/patch/operation.ts";
import type { ParsedResource } from "../../scim/resource/parse.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";

type Done = Promise<Written<ResourceState>>;

/** The commands of one resource type; a creation is one by just this definition. Each resolves and throws as `Provisioning` does. */
export interface TypeCommands {
  readonly create: (id: string, resource: ParsedResource, context: CommandContext) => Done;
  readonly replace: (id: string, resource: ParsedResource, context: CommandContext, options: CommandOptions) => Done;
  readonly patch: (
    id: string,
    operations: readonly PatchOperation[],
    context: CommandContext,
    options: CommandOptions,
  ) => Done;
  readonly remove: (id: string, context: CommandContext, options: CommandOptions) => Done;
}

const PASSWORD = "password";
const secretsIn = (paths: readonly string[]) => ({
  password: paths.includes(PASSWORD),
  secrets: paths.filter((path) => path !== PASSWORD),
});
/** The paths of secrets that a PATCH names. */
const secretPaths = (operations: readonly PatchOperation[]): readonly string[] => [
  ...new Set(operations.filter(namesSecret).map(({ path }) => path.text)),
];

export const userCommands = (provisioning: Provisioning, type: ResourceType): TypeCommands => ({
  create: (id, { attributes, secrets }, context) =>
    provisioning.user({ type: "CreateUser", id, attributes, ...secretsIn(secrets) }, context, { readAs: type }),
  replace: (id, { attributes }, context, options) =>
    provisioning.user({ type: "ReplaceUser", id, attributes }, context, options),
  patch: (id, operations, context, options) =>
    provisioning.user({ type: "PatchUser", id, operations, ...secretsIn(secretPaths(operations)) }, context, options),
  remove: (id, context, options) => provisioning.user({ type: "DeleteUser", id }, context, options),
});

/** A group's own attributes, and the ids of its members. */
function apart({ members, ...attributes }: JsonObject): { attributes: JsonObject; members: readonly string[] } {
  return { attributes, members: idsIn(members) };
}

export const groupCommands = (provisioning: Provisioning, type: ResourceType): TypeCommands => ({
  create: (id, { attributes, secrets }, context) =>
    provisioning.group({ type: "CreateGroup", id, ...apart(attributes), secrets }, context, { readAs: type }),
  replace: (id, { attributes }, context, options) =>
    provisioning.group({ type: "ReplaceGroup", id, ...apart(attributes) }, context, options),
  patch: (id, operations, context, options) =>
    provisioning.group({ type: "PatchGroup", id, operations, secrets: secretPaths(operations) }, context, options),
  remove: (id, context, options) => provisioning.group({ type: "DeleteGroup", id }, context, options),
});

/** Of a type that the tenant defined. */
export const customCommands = (provisioning: Provisioning, type: ResourceType): TypeCommands => ({
  create: (id, { attributes, secrets }, context) =>
    provisioning.resource(type.name, { type: "CreateResource", id, attributes, secrets }, context, {
      readAs: type,
    }),
  replace: (id, { attributes }, context, options) =>
    provisioning.resource(type.name, { type: "ReplaceResource", id, attributes }, context, options),
  patch: (id, operations, context, options) =>
    provisioning.resource(
      type.name,
      { type: "PatchResource", id, operations, secrets: secretPaths(operations) },
      context,
      options,
    ),
  remove: (id, context, options) => provisioning.resource(type.name, { type: "DeleteResource", id }, context, options),
});
