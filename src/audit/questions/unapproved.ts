// Grants whose request named no approval.
import { z } from "zod";
import type { DomainEvent } from "../../domain/event.ts";
import type { GrantedValue, GroupEvent, UserEvent } from "../../domain/events.ts";
import { foreignCursor, isPosition } from "../answers/cursor.ts";
import { formatInstant } from "../answers/instant.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { id } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { paged, type Stretch, stretchOf, windowed } from "../answers/window.ts";
import { evidence } from "../effects/evidence.ts";
import { type Happened, happenedIn, withoutPersonal } from "../effects/happened.ts";
import { type Asserted, approvalsAt } from "../holdings/assertions.ts";
import { preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";

const unapprovedRow = z.strictObject({
  subject: z.string(),
  kind: z.enum(["group", "role", "entitlement"]),
  target: z.string(),
  granted: evidence,
  /** The reference that the request named; null: none. */
  approval: z.string().nullable(),
  /** When the approval was given, where somebody asserted that and it came after the grant. */
  approved: z.string().nullable(),
  gapSeconds: z.number().nullable(),
});

export const unapproved = question(
  "unapproved-grants",
  {
    number: [19],
    asks: "Which memberships, roles and entitlements were granted without an approval, or before it was given?",
    route: "/unapproved-grants",
    parameters: z.strictObject({ group: id.optional(), ...windowed, ...paged }),
    row: unapprovedRow,
    names: { group: "group" },
    golden:
      "the reference is kept with the event, also for a change in parts; an approval that was asserted to be later",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 2);
    const stretch = await stretchOf(sources, through, given);
    const [passed, index = "-1"] = cursor?.parts ?? [];
    if ((passed !== undefined && !isPosition(passed)) || !Number.isSafeInteger(Number(index))) throw foreignCursor();
    const after = passed === undefined ? stretch.after : preceding(passed);
    const approvals = await approvalsAt(sources, tenant, through);
    const rows = rowsOf(sources, tenant, { ...stretch, after }, given.group, approvals);
    return {
      window: given,
      position: through,
      through,
      content: pageOf(from(rows, passed, Number(index)), through, given.limit),
    };
  },
);

async function* from(rows: AsyncGenerator<Placed>, passed: string | undefined, index: number) {
  for await (const one of rows) if (one.place[0] !== passed || Number(one.place[1]) > index) yield one;
}

async function* rowsOf(
  sources: Sources,
  tenant: string,
  stretch: Stretch,
  group: string | undefined,
  approvals: ReadonlyMap<string, Asserted>,
): AsyncGenerator<Placed> {
  for await (const one of happenedIn(
    withoutPersonal(sources),
    tenant,
    stretch,
    ({ resourceType }) => resourceType !== "Tenant",
  )) {
    const approval = approvalOf(one, approvals);
    if (approval === undefined) continue;
    const grants = one.effects.flatMap((event) => grantsOf(event, one));
    for (const [index, grant] of grants.entries())
      if (group === undefined || grant.target === group)
        yield { row: { ...grant, granted: one.evidence, ...approval }, place: [one.activity.position, String(index)] };
  }
}

type Row = z.output<typeof unapprovedRow>;
type Granted = Pick<Row, "subject" | "kind" | "target">;

/** What is wrong with the approval of an event; undefined where nothing is known to be. */
function approvalOf(
  { envelope, activity }: Happened,
  approvals: ReadonlyMap<string, Asserted>,
): Pick<Row, "approval" | "approved" | "gapSeconds"> | undefined {
  const approval = envelope.metadata["approval"];
  if (approval === undefined) return { approval: null, approved: null, gapSeconds: null };
  const asserted = approvals.get(approval);
  if (asserted === undefined || asserted.at <= activity.effectiveAt) return undefined;
  const gapSeconds = (asserted.at - activity.effectiveAt) / 1_000_000;
  return { approval, approved: formatInstant(asserted.at), gapSeconds };
}

function grantsOf(event: DomainEvent, { activity: { resourceId } }: Happened): readonly Granted[] {
  const known = event as UserEvent | GroupEvent;
  switch (known.type) {
    case "GroupMembersAdded":
      return known.data.members.map((subject) => ({ subject, kind: "group", target: resourceId }));
    case "UserCreated":
      return known.data.granted.map((value) => granted(resourceId, value));
    case "UserAttributesChanged":
      return known.data.granted
        .filter((value) => isNew(value, known.data.revoked))
        .map((value) => granted(resourceId, value));
    default:
      return [];
  }
}

/** A value that an element keeps is not granted anew. */
const isNew = (value: GrantedValue, revoked: readonly GrantedValue[]): boolean =>
  !revoked.some((one) => one.attribute === value.attribute && one.value === value.value);

const granted = (subject: string, { attribute, value }: GrantedValue): Granted => ({
  subject,
  kind: attribute === "roles" ? "role" : "entitlement",
  target: value,
});
