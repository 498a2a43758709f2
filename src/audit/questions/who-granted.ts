// Who let a user into a group: every step of every way, with the credential, request and approval behind both of its ends.
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { foreignCursor } from "../answers/cursor.ts";
import { level } from "../answers/moment.ts";
import { pageOf, pinned } from "../answers/page.ts";
import { id } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { cause, placesOf, span, spanIn } from "../answers/rows.ts";
import { describeMembership, subjectOf } from "../answers/subject.ts";
import { paged, windowed, windowOf } from "../answers/window.ts";
import { provenance, provenanceAt } from "../effects/evidence.ts";
import { type Holding, Holdings } from "../holdings/holdings.ts";
import { overlap } from "../holdings/intervals.ts";
import { reachOf, type Way } from "../holdings/reach.ts";
import type { Sources } from "../sources.ts";

const step = z.strictObject({
  member: z.string(),
  group: z.string(),
  ...span.shape,
  cause: cause.nullable(),
  granted: provenance,
  ended: provenance.nullable(),
});

const grantRow = z.strictObject({
  /** From the group that has the user to the one asked about. */
  groups: z.array(z.string()),
  /** When every step stood. */
  ...span.shape,
  steps: z.array(step),
});

export const whoGranted = question(
  "who-granted",
  {
    number: [7],
    asks: "Who granted a user membership of a group, with which credential and request, approved by what, and who ended it?",
    route: "/groups/:id/members/:member/grants",
    parameters: z.strictObject({ id, member: id, ...windowed, ...paged }),
    row: grantRow,
    golden: "of a nested group, each step has its own grantor and approval",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 1);
    const group = await subjectOf(sources, tenant, "Group", given.id);
    const user = await subjectOf(sources, tenant, "User", given.member);
    const window = await windowOf(sources, through, given);
    const first = cursor === undefined ? 0 : Number(cursor.parts[0]) + 1;
    if (!Number.isSafeInteger(first) || first < 0) throw foreignCursor();
    const holdings = new Holdings(sources.store, tenant, through);
    const { ways, allWays } = await reachOf(user.id, holdings, group.id);
    const asked = ways.filter((way) => way.groups.at(-1) === group.id && overlap(way, window));
    return {
      window: given,
      position: through,
      through,
      subject: {
        ...(await describeMembership(sources, group, user, through)),
        ...(allWays ? {} : { moreWaysAtLeast: true }),
      },
      content: pageOf(rowsOf(sources, holdings, user.id, asked, first), through, given.limit),
    };
  },
);

async function* rowsOf(sources: Sources, holdings: Holdings, user: string, ways: readonly Way[], first: number) {
  for (const [index, way] of ways.entries()) {
    if (index < first) continue;
    const steps = await stepsOf(holdings, user, way);
    const proofs = await provenanceAt(sources, placesOf([way, ...steps]));
    const row: z.output<typeof grantRow> = {
      groups: [...way.groups],
      ...spanIn(way, proofs),
      steps: steps.map((held) => ({
        member: held.subject,
        group: held.target,
        ...spanIn(held, proofs),
        cause: held.cause,
        granted: proofs.get(held.from)!,
        ended: endOf(held, proofs),
      })),
    };
    yield { row, place: [String(index)] };
  }
}

const endOf = <T>({ to }: Holding, proofs: ReadonlyMap<Position, T>): T | null =>
  to === null ? null : proofs.get(to)!;

/** The memberships that a way is made of. */
async function stepsOf(holdings: Holdings, user: string, way: Way): Promise<readonly Holding[]> {
  const steps: Holding[] = [];
  let member = user;
  for (const group of way.groups) {
    const held = await holdings.groupsOf(member);
    steps.push(held.find((one) => one.target === group && one.from <= way.from && overlap(one, way))!);
    member = group;
  }
  return steps;
}
