// Bulk requests on the service without its HTTP edge.
import { randomUUIDv7 } from "node:crypto";
import { refusalOf } from "../../src/http/error-table.ts";
import { BulkRun, type BulkRunOptions } from "../../src/http/scim/bulk-run.ts";
import { type BulkType, bulkType } from "../../src/http/scim/bulk-type.ts";
import { Representation } from "../../src/http/scim/representation.ts";
import { SchemaOperations } from "../../src/http/scim/resource-operations.ts";
import { groupCommands, userCommands } from "../../src/http/scim/type-commands.ts";
import { type BulkPlan, planBulk } from "../../src/scim/bulk/plan.ts";
import { parseBulkRequest } from "../../src/scim/bulk/request.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { bulkRequestUrn } from "../../src/scim/messages.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { context, type Embedded } from "./embedded.ts";

export const planOf = (operations: readonly JsonObject[], newId: () => string = randomUUIDv7): BulkPlan => {
  const body = { schemas: [bulkRequestUrn], Operations: [...operations] };
  const { operations: parsed } = parseBulkRequest(body, { maxOperations: 10_000 });
  return planBulk(parsed, { types: [userType, groupType], prefix: "/scim/v2", newId });
};

/** Carries out a plan; the status of each operation, undefined where it was not begun. */
export async function carryOut(
  embedded: Embedded,
  plan: BulkPlan,
  options: Partial<BulkRunOptions> = {},
): Promise<readonly (number | undefined)[]> {
  const { provisioning } = embedded.service;
  const { readStore } = embedded.stores;
  const types = new Map<ResourceType, BulkType>(
    (
      [
        [userType, userCommands(provisioning, userType)],
        [groupType, groupCommands(provisioning, groupType)],
      ] as const
    ).map(([type, commands]) => [
      type,
      bulkType(
        new SchemaOperations(new Representation(type, ""), commands, { readStore, patches: { operations: 1_000 } }),
      ),
    ]),
  );
  const outcomes = await new BulkRun(plan, {
    context: context("acme"),
    admit: () => {},
    onRefused: () => {},
    typeOf: (type) => types.get(type)!,
    concurrency: 16,
    isStopped: () => false,
    ...options,
  }).run();
  return outcomes.map((outcome) =>
    outcome !== undefined && "error" in outcome ? refusalOf(outcome.error).status : outcome?.status,
  );
}
