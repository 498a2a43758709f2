// Marks on groups over the admin API: privileged groups, and pairs that exclude each other.
import type { TenantDirectory } from "../../access/tenant-directory.ts";
import { DEFAULT_TENANT } from "../../access/tenant-name.ts";
import type { Tenants } from "../../access/tenants.ts";
import type { MarkCommand, Pair } from "../../domain/marks.ts";
import type { ReadStore } from "../../readstore/read-store.ts";
import { notFound } from "../../scim/errors.ts";
import { quote } from "../../scim/quote.ts";
import type { Exchange } from "../exchange.ts";
import type { Route } from "../route.ts";
import type { Method } from "../route-description.ts";

export interface MarkOptions {
  readonly tenants: Pick<Tenants, "mark">;
  readonly directory: Pick<TenantDirectory, "tenant">;
  readonly readStore: Pick<ReadStore, "lifetime">;
}

/** `base`: the path of the admin API. */
export function markRoutes(base: string, options: MarkOptions): readonly Route[] {
  const route = (method: Method, path: string, handle: Route["handle"]): Route => ({
    method,
    path: `${base}/tenants/:tenant${path}`,
    scope: "admin",
    handle,
  });
  const privileged = (type: "MarkPrivileged" | "UnmarkPrivileged") => (exchange: Exchange) =>
    mark(exchange, options, [exchange.param("group")], (tenant) => ({ type, tenant, group: exchange.param("group") }));
  const exclusive = (type: "MarkExclusive" | "UnmarkExclusive") => (exchange: Exchange) => {
    const groups: Pair = [exchange.param("group"), exchange.param("other")];
    return mark(exchange, options, groups, (tenant) => ({ type, tenant, groups }));
  };
  return [
    route("GET", "/marks", (exchange) => list(exchange, options)),
    route("PUT", "/privileged/:group", privileged("MarkPrivileged")),
    route("DELETE", "/privileged/:group", privileged("UnmarkPrivileged")),
    route("PUT", "/exclusive/:group/:other", exclusive("MarkExclusive")),
    route("DELETE", "/exclusive/:group/:other", exclusive("UnmarkExclusive")),
  ];
}

function list(exchange: Exchange, { directory }: MarkOptions): void {
  const { marks } = directory.tenant(tenantOf(exchange, directory))!;
  const privileged = [...marks.privileged];
  exchange.answer(200, JSON.stringify({ privileged, exclusive: [...marks.exclusive.values()] }));
}

/** Who is marked must be, or have been, a group of the tenant. */
async function mark(
  exchange: Exchange,
  { tenants, directory, readStore }: MarkOptions,
  groups: readonly string[],
  command: (tenant: string) => MarkCommand,
): Promise<void> {
  const tenant = tenantOf(exchange, directory);
  for (const group of groups)
    if ((await readStore.lifetime(tenant, group))?.type !== "Group")
      throw notFound(`there never was a Group with id ${quote(group)}`);
  await tenants.mark(command(tenant), exchange.context());
  exchange.answerEmpty(204);
}

/** What is not theirs does not exist for an administrator. */
function tenantOf(exchange: Exchange, directory: MarkOptions["directory"]): string {
  const tenant = exchange.param("tenant");
  const own = exchange.admitted.tenant;
  if ((own !== DEFAULT_TENANT && own !== tenant) || directory.tenant(tenant) === undefined)
    throw notFound(`there is no tenant ${quote(tenant)}`);
  return tenant;
}
