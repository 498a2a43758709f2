// The tenant as its own events left it at a position: its credentials, and what administrators marked.
import type { Fact } from "../../domain/event.ts";
import type { TenantEvent } from "../../domain/events.ts";
import { absentTenant, evolve, type TenantState } from "../../domain/tenant.ts";
import { type Position, START } from "../../eventlog/event-log.ts";
import { factsOf } from "../../eventlog/facts.ts";
import type { Sources } from "../sources.ts";
import { activityIn } from "./happened.ts";

export async function tenantAt(sources: Sources, tenant: string, position: Position): Promise<TenantState> {
  let state = absentTenant;
  const stretch = { after: START, until: position, resourceType: "Tenant" };
  for await (const batch of activityIn(sources, tenant, stretch)) {
    const recorded = await sources.log.readAt(batch.map((one) => one.position));
    for (const fact of await factsOf(recorded, sources.findKey)) state = evolve(state, fact as Fact<TenantEvent>);
  }
  return state;
}
