// The resource types over which the generated tests run: whatever is added here has every attribute, operator and
// operation tried. Those in `schemas/`, and thus User with an extension of a tenant's own, are among them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { noDefinitions, typesOf, withSchema, withType } from "../../../src/scim/schema/definitions.ts";
import { readResourceType } from "../../../src/scim/schema/read-resource-type.ts";
import { readSchema } from "../../../src/scim/schema/read-schema.ts";
import { groupMembershipType } from "../../../src/scim/schema/resource-types.ts";
import { badgeType } from "../engine.ts";

/** Examples of what a tenant may define. */
export const SCHEMAS = join(import.meta.dirname, "../../../schemas");

interface File {
  readonly schemas?: readonly unknown[];
  readonly resourceTypes?: readonly unknown[];
}

const files = readdirSync(SCHEMAS).map((name) => JSON.parse(readFileSync(join(SCHEMAS, name), "utf8")) as File);

/** The types of a tenant that defined all of `schemas/`: the built-in ones first. */
export const servedTypes: readonly ResourceType[] = typesOf(
  files
    .flatMap(({ resourceTypes = [] }) => resourceTypes)
    .reduce(
      (definitions: typeof noDefinitions, json) => withType(definitions, readResourceType(json)),
      files
        .flatMap(({ schemas = [] }) => schemas)
        .reduce((definitions: typeof noDefinitions, json) => withSchema(definitions, readSchema(json)), noDefinitions),
    ),
).all;

/** Types that PATCH changes. */
export const patchableTypes: readonly ResourceType[] = [...servedTypes, badgeType];

/** Types that filters select from. */
export const filterableTypes: readonly ResourceType[] = [...patchableTypes, groupMembershipType];

/** For `describe.each`. */
export const named = (types: readonly ResourceType[]): [string, ResourceType][] =>
  types.map((type) => [type.name, type]);
