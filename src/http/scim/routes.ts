// Everything under `/scim/v2`, the busiest first: Express tries routes in their order. The resource types of a tenant's own
// come last.
import type { Provisioning } from "../../eventlog/provisioning.ts";
import { once } from "../../scim/once.ts";
import { groupType, userType } from "../../scim/schema/resource-types.ts";
import type { TypeSet, TypesOfTenants } from "../../scim/schema/type-set.ts";
import { requireAcceptance } from "../media-type.ts";
import type { Route } from "../route.ts";
import { Bulk, type BulkOptions } from "./bulk.ts";
import { bulkType } from "./bulk-type.ts";
import { checked } from "./checked.ts";
import { type CursorOptions, Cursors } from "./cursor.ts";
import { customRoutes, rootRoutes, tenantTypeRoutes } from "./custom-routes.ts";
import { type DiscoveryOptions, discoveryRoutes } from "./discovery.ts";
import type { ListingOptions } from "./listing.ts";
import { meRoutes } from "./me.ts";
import { membershipRoutes, membershipsOfBulk } from "./memberships/routes.ts";
import type { OperationsOptions } from "./resource-operations.ts";
import { SCIM_PATH } from "./scim-path.ts";
import { ServedTypes } from "./served-types.ts";
import type { WritingOptions } from "./writing.ts";

export interface ScimOptions extends Omit<ListingOptions, "cursors">, WritingOptions, OperationsOptions, BulkOptions {
  readonly cursor: CursorOptions;
  readonly provisioning: Provisioning;
  readonly types: TypesOfTenants;
  readonly typesAt: DiscoveryOptions["typesAt"];
  /** How clients reach the service, without a slash at its end. */
  readonly baseUrl: string;
}

/** The routes of one resource of a type. */
const onOne = (path: string, routes: readonly Route[]) => routes.filter((route) => route.path === `${path}/:id`);

/** Every route of RFC 7644 §3.2 for the built-in types and for those that tenants defined. */
export function scimRoutes(given: ScimOptions): readonly Route[] {
  const base = given.baseUrl + SCIM_PATH;
  const options = { ...given, cursors: new Cursors(given.cursor) };
  const served = new ServedTypes(options, base);
  const users = tenantTypeRoutes(SCIM_PATH, userType, served);
  const memberships = membershipsOfBulk(options);
  const inBulk = once((types: TypeSet) => [
    ...types.all.map((type) => bulkType(served.of(type).operations)),
    memberships,
  ]);
  const routes = [
    ...users,
    ...tenantTypeRoutes(SCIM_PATH, groupType, served),
    ...membershipRoutes(SCIM_PATH, base, options).map(checked),
    new Bulk((tenant) => inBulk(options.types.typesOf(tenant)), SCIM_PATH, base, options).route(`${SCIM_PATH}/Bulk`),
    ...discoveryRoutes(SCIM_PATH, { ...options, base, cursorSeconds: given.cursor.seconds, ...options.bulk }),
    ...rootRoutes(SCIM_PATH, served, options),
    ...meRoutes(`${SCIM_PATH}/Me`, onOne(SCIM_PATH + userType.endpoint, users)),
    ...customRoutes(SCIM_PATH, served),
  ];
  return routes.map(accepted);
}

/** The route, for whoever takes an answer of its type. */
const accepted = (route: Route): Route => ({
  ...route,
  handle: (exchange) => {
    requireAcceptance(exchange.request.headers.accept);
    return route.handle(exchange);
  },
});
