// Everything under `/scim/v2`, the busiest first: Express tries routes in their order.
import type { Provisioning } from "../../eventlog/provisioning.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { groupType, userType } from "../../scim/schema/resource-types.ts";
import { notImplemented } from "../refusal.ts";
import type { Route } from "../route.ts";
import { Bulk, type BulkOptions } from "./bulk.ts";
import { bulkType } from "./bulk-type.ts";
import { checked } from "./checked.ts";
import { discoveryRoutes } from "./discovery.ts";
import { meRoutes } from "./me.ts";
import { membershipRoutes, membershipsOfBulk } from "./memberships/routes.ts";
import { Reading, type ReadingOptions } from "./reading.ts";
import { Representation } from "./representation.ts";
import { type OperationsOptions, SchemaOperations } from "./resource-operations.ts";
import { groupCommands, type TypeCommands, userCommands } from "./type-commands.ts";
import { type PatchAnswer, type WritableType, Writing, type WritingOptions } from "./writing.ts";

export const SCIM_PATH = "/scim/v2";

export interface ScimOptions extends ReadingOptions, WritingOptions, OperationsOptions, BulkOptions {
  readonly provisioning: Provisioning;
  /** How clients reach the service, without a slash at its end. */
  readonly baseUrl: string;
}

interface Served {
  readonly type: ResourceType;
  readonly commands: (provisioning: Provisioning) => TypeCommands;
  readonly patchAnswer: PatchAnswer;
}

/** The resource types that are served, the busiest first. */
const served: readonly Served[] = [
  { type: userType, commands: userCommands, patchAnswer: "resource" },
  { type: groupType, commands: groupCommands, patchAnswer: "tag" },
];

function writable({ type, commands, patchAnswer }: Served, options: ScimOptions, base: string): WritableType {
  const representation = new Representation(type, base);
  const operations = new SchemaOperations(representation, commands(options.provisioning), options);
  return { representation, reading: new Reading(representation, options), operations, patchAnswer };
}

/** What SCIM defines and this service does not offer; its configuration says so too. */
const unsupported = (path: string, what: string, method: Route["method"] = "ALL"): Route => ({
  method,
  path: SCIM_PATH + path,
  scope: "scim:read",
  handle: () => {
    throw notImplemented(what);
  },
});

/** The routes of one resource of a type. */
const onOne = (path: string, routes: readonly Route[]) => routes.filter((route) => route.path === `${path}/:id`);

export function scimRoutes(options: ScimOptions): readonly Route[] {
  const base = options.baseUrl + SCIM_PATH;
  const types = served.map((one) => writable(one, options, base));
  const resourceRoutes = types.flatMap((one) => {
    const path = SCIM_PATH + one.representation.type.endpoint;
    return [...one.reading.routes(path), ...new Writing(one, options).routes(path)].map(checked);
  });
  const bulkTypes = [...types.map(({ operations }) => bulkType(operations)), membershipsOfBulk(options)];
  return [
    ...resourceRoutes,
    ...membershipRoutes(SCIM_PATH, base, options).map(checked),
    new Bulk(bulkTypes, SCIM_PATH, base, options).route(`${SCIM_PATH}/Bulk`),
    ...discoveryRoutes(SCIM_PATH, { base, maxResults: options.pages.maxPageSize, ...options.bulk }),
    ...meRoutes(`${SCIM_PATH}/Me`, onOne(SCIM_PATH + userType.endpoint, resourceRoutes)),
    unsupported("/.search", "The query by POST", "POST"),
    ...served.map(({ type }) => unsupported(`${type.endpoint}/.search`, "The query by POST", "POST")),
  ];
}
