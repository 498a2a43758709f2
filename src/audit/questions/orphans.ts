// Accounts that nobody answers for: the rules that each breaks.
import { z } from "zod";
import type { TenantState } from "../../domain/tenant.ts";
import type { Position } from "../../eventlog/event-log.ts";
import type { JsonObject } from "../../scim/json.ts";
import { enterpriseUserSchema } from "../../scim/schema/enterprise-user.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { instant } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { livesAt, named } from "../answers/rows.ts";
import { attributesAt, isErased, nameIn } from "../answers/subject.ts";
import { paged } from "../answers/window.ts";
import { type Evidence, evidence, evidenceAt } from "../effects/evidence.ts";
import { tenantAt } from "../effects/tenant-at.ts";
import { employmentsAt, noDates } from "../holdings/assertions.ts";
import type { Sources } from "../sources.ts";

const RULES = ["noManager", "noExternalId", "unknownClient", "revokedClient", "notInFeed"] as const;
type Rule = (typeof RULES)[number];

const orphanRow = z.strictObject({
  user: named,
  rules: z.array(z.enum(RULES)),
  created: evidence,
});

export const orphans = question(
  "orphans",
  {
    number: [15],
    asks: "Which users had no manager, no external id, no asserted date, or were created by a client that is unknown or revoked?",
    route: "/orphans",
    parameters: z.strictObject({ asOf: instant.optional(), rule: z.enum(RULES).optional(), ...paged }),
    row: orphanRow,
    golden: "an erased value is not a missing one: those persons are counted as untested",
  },
  async (given, tenant, sources) => {
    const through = await level(sources);
    const { position, cursor } = await pinned(sources, through, given, 1);
    const state = await tenantAt(sources, tenant, position);
    const counts = { untested: 0 };
    const feed = new Set((await employmentsAt(sources, tenant, position)).keys());
    const rows = rowsOf(sources, tenant, { position, state, counts, feed, rule: given.rule }, cursor?.parts[0]);
    return {
      ...(given.asOf === undefined ? {} : { asOf: given.asOf }),
      position,
      through,
      ...(given.rule === "notInFeed" ? await noDates(sources, tenant, position) : {}),
      content: { ...pageOf(rows, position, given.limit), summary: () => ({ ...counts }) },
    };
  },
);

interface Scope {
  readonly position: Position;
  readonly state: TenantState;
  /** Erased persons, of whom the rules cannot be told. */
  readonly counts: { untested: number };
  /** Users of whom somebody asserted a date; where there are none, nobody can be missing from them. */
  readonly feed: ReadonlySet<string>;
  readonly rule: Rule | undefined;
}

async function* rowsOf(
  sources: Sources,
  tenant: string,
  { position, state, counts, feed, rule }: Scope,
  after: string | undefined,
): AsyncGenerator<Placed> {
  for await (const { id, from } of livesAt(sources, tenant, "User", position, after)) {
    const attributes = (await attributesAt(sources, { tenant, type: "User", id }, position)) ?? {};
    const isTested = !(await isErased(sources, tenant, id, attributes));
    if (!isTested) counts.untested += 1;
    const created = (await evidenceAt(sources, [from])).get(from)!;
    const missing: Rule[] = feed.size > 0 && !feed.has(id) ? ["notInFeed"] : [];
    const rules = [...(isTested ? rulesOfValues(attributes) : []), ...rulesOfClient(created, state), ...missing].filter(
      (one) => rule === undefined || one === rule,
    );
    if (rules.length === 0) continue;
    const row: z.output<typeof orphanRow> = { user: { id, display: nameIn(attributes) }, rules, created };
    yield { row, place: [id] };
  }
}

function rulesOfValues(attributes: JsonObject): Rule[] {
  const extension = attributes[enterpriseUserSchema.id];
  const manager =
    extension !== null && typeof extension === "object" ? (extension as JsonObject)["manager"] : undefined;
  return [
    ...(manager === undefined ? (["noManager"] as const) : []),
    ...(attributes["externalId"] === undefined ? (["noExternalId"] as const) : []),
  ];
}

function rulesOfClient(created: Evidence, { credentials }: TenantState): Rule[] {
  const client = credentials.get(created.actor.id);
  if (client === undefined) return ["unknownClient"];
  return client.revokedAt === undefined ? [] : ["revokedClient"];
}
