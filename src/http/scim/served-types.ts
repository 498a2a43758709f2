// What serves each resource type: its reads and its writes, made once a type. A tenant's types are values that never change,
// so what is made of one holds until the tenant defines another.
import type { Provisioning } from "../../eventlog/provisioning.ts";
import { once } from "../../scim/once.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { groupType, userType } from "../../scim/schema/resource-types.ts";
import type { TypeSet, TypesOfTenants } from "../../scim/schema/type-set.ts";
import type { Exchange } from "../exchange.ts";
import type { Route } from "../route.ts";
import { checked } from "./checked.ts";
import type { ListingOptions } from "./listing.ts";
import { Reading } from "./reading.ts";
import { Representation } from "./representation.ts";
import { type OperationsOptions, type ResourceOperations, SchemaOperations } from "./resource-operations.ts";
import { customCommands, groupCommands, type TypeCommands, userCommands } from "./type-commands.ts";
import { type WritableType, Writing, type WritingOptions } from "./writing.ts";

export interface ServingOptions extends ListingOptions, WritingOptions, OperationsOptions {
  readonly provisioning: Provisioning;
  readonly types: TypesOfTenants;
}

/** All that serves one resource type. */
export interface ServedType {
  readonly type: ResourceType;
  readonly representation: Representation;
  readonly operations: ResourceOperations;
  /** Their paths are relative to the endpoint: `` and `/:id`. */
  readonly routes: readonly Route[];
  /** By method and relative path: `GET /:id`. */
  readonly handlers: ReadonlyMap<string, Route["handle"]>;
}

export class ServedTypes {
  readonly #types: TypesOfTenants;
  /** The reads and writes of a type. */
  readonly of: (type: ResourceType) => ServedType;

  /** `base`: the URI of the SCIM service, without a slash at its end. */
  constructor(options: ServingOptions, base: string) {
    this.#types = options.types;
    this.of = once((type: ResourceType) => serve(type, options, base));
  }

  /** The types of the tenant that asks. */
  typesFor({ admitted }: Exchange): TypeSet {
    return this.#types.typesOf(admitted.tenant);
  }
}

function serve(type: ResourceType, options: ServingOptions, base: string): ServedType {
  const representation = new Representation(type, base);
  const operations = new SchemaOperations(representation, commandsOf(type, options.provisioning), options);
  const reading = new Reading(representation, options);
  const patchAnswer = type.name === groupType.name ? "tag" : "resource";
  const writable: WritableType = { representation, reading, operations, patchAnswer };
  const routes = [...reading.routes(""), ...new Writing(writable, options).routes("")].map(checked);
  const handlers = new Map(routes.map(({ method, path, handle }) => [`${method} ${path}`, handle]));
  return { type, representation, operations, routes, handlers };
}

function commandsOf(type: ResourceType, provisioning: Provisioning): TypeCommands {
  switch (type.name) {
    case userType.name:
      return userCommands(provisioning, type);
    case groupType.name:
      return groupCommands(provisioning, type);
    default:
      return customCommands(provisioning, type);
  }
}
