// Marks on groups over the admin API: privileged groups, and pairs that exclude each other.
import type { TenantDirectory } from "../../access/tenant-directory.ts";
import type { Tenants } from "../../access/tenants.ts";
import type { MarkCommand, Pair } from "../../domain/marks.ts";
import type { ReadStore } from "../../readstore/read-store.ts";
import { notFound } from "../../scim/errors.ts";
import { quote } from "../../scim/quote.ts";
import type { Exchange } from "../exchange.ts";
import type { Route } from "../route.ts";
import { adminRoute, managedTenant } from "./managing.ts";

export interface MarkOptions {
  readonly tenants: Pick<Tenants, "mark">;
  readonly directory: Pick<TenantDirectory, "tenant">;
  readonly readStore: Pick<ReadStore, "lifetime">;
}

export function markRoutes(options: MarkOptions): readonly Route[] {
  const privileged = (type: "MarkPrivileged" | "UnmarkPrivileged") => (exchange: Exchange) =>
    mark(exchange, options, [exchange.param("group")], (tenant) => ({ type, tenant, group: exchange.param("group") }));
  const exclusive = (type: "MarkExclusive" | "UnmarkExclusive") => (exchange: Exchange) => {
    const groups: Pair = [exchange.param("group"), exchange.param("other")];
    return mark(exchange, options, groups, (tenant) => ({ type, tenant, groups }));
  };
  const ofTenant = "/tenants/:tenant";
  return [
    adminRoute("GET", `${ofTenant}/marks`, (exchange) => list(exchange, options)),
    adminRoute("PUT", `${ofTenant}/privileged/:group`, privileged("MarkPrivileged")),
    adminRoute("DELETE", `${ofTenant}/privileged/:group`, privileged("UnmarkPrivileged")),
    adminRoute("PUT", `${ofTenant}/exclusive/:group/:other`, exclusive("MarkExclusive")),
    adminRoute("DELETE", `${ofTenant}/exclusive/:group/:other`, exclusive("UnmarkExclusive")),
  ];
}

function list(exchange: Exchange, { directory }: MarkOptions): void {
  const { marks } = directory.tenant(managedTenant(exchange, directory))!;
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
  const tenant = managedTenant(exchange, directory);
  for (const group of groups)
    if ((await readStore.lifetime(tenant, group))?.type !== "Group")
      throw notFound(`there never was a Group with id ${quote(group)}`);
  await tenants.mark(command(tenant), exchange.context());
  exchange.answerEmpty(204);
}
