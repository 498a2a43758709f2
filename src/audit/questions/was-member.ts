// Was somebody ever a member: yes with the intervals, or no with what was looked through.
import { z } from "zod";
import { ordinalOf, type Position } from "../../eventlog/event-log.ts";
import { level } from "../answers/moment.ts";
import { pageOf } from "../answers/page.ts";
import { id } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { placesOf, proven, provenIn } from "../answers/rows.ts";
import { describeMembership, subjectOf } from "../answers/subject.ts";
import { type Window, windowed, windowOf } from "../answers/window.ts";
import { evidenceAt } from "../effects/evidence.ts";
import { Holders } from "../holdings/holders.ts";
import { preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";

const MOST_GROUPS = 1_000;

const wasMemberRow = z.strictObject({
  member: z.boolean(),
  intervals: z.array(proven),
  /** What the answer rests on: a “no” is as good as the places that it looked through. */
  examined: z.strictObject({
    from: z.string(),
    to: z.string(),
    /** Events of all streams that the read models saw there; equal to the places, nothing is missing. Null where positions are no count. */
    places: z.int().nullable(),
    events: z.int(),
    /** The group, and those that were in it. */
    groups: z.array(z.string()),
    moreGroups: z.int(),
  }),
});

export const wasMember = question(
  "was-member",
  {
    number: [6],
    asks: "Was a user a member of a group at any time in a window, and what does the answer rest on?",
    route: "/groups/:id/members/:member/ever",
    parameters: z.strictObject({ id, member: id, ...windowed }),
    row: wasMemberRow,
    rests: "streams",
    golden: "a “no” names the places and groups that were looked through",
  },
  async (given, tenant, sources) => {
    const through = await level(sources);
    const group = await subjectOf(sources, tenant, "Group", given.id);
    const user = await subjectOf(sources, tenant, "User", given.member);
    const window = await windowOf(sources, through, given);
    const holders = await Holders.of(sources, tenant, group.id, through, window);
    return {
      window: given,
      position: through,
      through,
      subject: await describeMembership(sources, group, user, through),
      content: pageOf(rowOf(sources, holders, user.id, window), through),
    };
  },
);

async function* rowOf(sources: Sources, holders: Holders, user: string, window: Window) {
  const held = (await holders.find(user))?.held ?? [];
  const proofs = await evidenceAt(sources, placesOf(held));
  const groups = holders.groups;
  const row: z.output<typeof wasMemberRow> = {
    member: held.length > 0,
    intervals: held.map((one) => provenIn(one, proofs)),
    examined: {
      ...(await examined(sources, window)),
      groups: groups.slice(0, MOST_GROUPS),
      moreGroups: Math.max(0, groups.length - MOST_GROUPS),
    },
  };
  yield { row, place: [] };
}

/** Memberships that begin before a window reach into it: the look goes back to the first event. */
async function examined({ store, log }: Sources, { to }: Window) {
  const first = "0000000000000001" as Position;
  const last = preceding(to);
  return {
    from: first,
    to: last,
    places: log.isGapless === true ? ordinalOf(last) : null,
    events: await store.eventsUpTo(last),
  };
}
