// What the routes of the admin API share: where they are, the scope that they need, and who manages which tenant.
import type { TenantDirectory } from "../../access/tenant-directory.ts";
import { DEFAULT_TENANT } from "../../access/tenant-name.ts";
import { notFound } from "../../scim/errors.ts";
import { quote } from "../../scim/quote.ts";
import type { Exchange } from "../exchange.ts";
import type { Route } from "../route.ts";
import type { Method } from "../route-description.ts";

export const ADMIN_PATH = "/admin/v1";

/** A route of the admin API; its path is below that. */
export const adminRoute = (method: Method, path: string, handle: Route["handle"]): Route => ({
  method,
  path: ADMIN_PATH + path,
  scope: "admin",
  handle,
});

/** Whether whoever asks may know of a tenant: administrators of `default` of each, others of their own. */
export const manages = ({ admitted }: Exchange, tenant: string): boolean =>
  admitted.tenant === DEFAULT_TENANT || admitted.tenant === tenant;

/** The tenant of this id, by default of that in the path. 404 for one that the asking administrator does not manage. */
export function managedTenant(
  exchange: Exchange,
  directory: Pick<TenantDirectory, "tenant">,
  id: string = exchange.param("tenant"),
): string {
  if (!manages(exchange, id) || directory.tenant(id) === undefined) throw notFound(`there is no tenant ${quote(id)}`);
  return id;
}
