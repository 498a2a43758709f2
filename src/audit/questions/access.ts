// All that a user had access to, in a window or at an instant: the account, groups (also through groups), roles and
// entitlements; from when to when, granted by whom, ended by whom and why.
import { setImmediate as turn } from "node:timers/promises";
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { foreignCursor } from "../answers/cursor.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { id, instant, limit } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { type Proofs, placesOf, proven, provenIn, span, spanIn, takesTime } from "../answers/rows.ts";
import { describeSubject, namesAt, type Subject, subjectOf } from "../answers/subject.ts";
import { type Window, windowOf } from "../answers/window.ts";
import { evidenceAt } from "../effects/evidence.ts";
import { type Holding, Holdings, inOrder } from "../holdings/holdings.ts";
import { common, endsBefore, type Interval, overlap, preceding, union } from "../holdings/intervals.ts";
import { PATHS_LISTED } from "../holdings/nesting.ts";
import { type Reach, reachOf, type Way } from "../holdings/reach.ts";
import type { Sources } from "../sources.ts";

/** Ends are told as far as they are known at the answer's `completeness.through`, also those after the window. */
export const accessRow = z.strictObject({
  kind: z.enum(["account", "group", "role", "entitlement"]),
  /** Id of the group or account, value of the role or entitlement. */
  target: z.string(),
  /** A group's name, at the end of the row's time within the window, and at the answer's position. */
  display: z.strictObject({ asOf: z.string().nullable(), now: z.string().nullable() }).nullable(),
  direct: z.boolean(),
  ...proven.shape,
  /** When, within this, the account was enabled. */
  effective: z.array(span),
  /** Shortest first, those within the window; `groups` leads from the group that has the user to the target. */
  paths: z.array(z.strictObject({ groups: z.array(z.string()), ...proven.shape })),
  morePaths: z.int(),
  /** Present where there are too many to count. */
  morePathsAtLeast: z.literal(true).optional(),
});
type Row = z.output<typeof accessRow>;

export const accessOf = question(
  "access-of",
  {
    number: [2, 3],
    asks: "What did a user have access to, from when to when, granted by whom, and ended by whom and why?",
    route: "/users/:id/access",
    parameters: z
      .strictObject({
        id,
        from: instant.optional(),
        to: instant.optional(),
        asOf: instant.optional(),
        cursor: z.string().optional(),
        limit: limit.optional(),
      })
      .refine(({ asOf, from, to }) => asOf === undefined || (from === undefined && to === undefined), {
        message: "asOf: an instant and a window (from, to) cannot be asked for together",
      }),
    row: accessRow,
    golden: "a re-add after a removal gives two intervals, also at the same instant",
  },
  async ({ id: user, asOf, from, to, cursor: text, limit: most }, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), { cursor: text }, 1);
    const subject = await subjectOf(sources, tenant, "User", user);
    const window = await windowOf(sources, through, { asOf, from, to });
    const first = firstOf(cursor?.parts[0]);
    // One more row than the page has tells that there is a next one.
    const rows = rowsOf(sources, subject, through, window, first, most === undefined ? undefined : first + most + 1);
    return {
      ...(asOf === undefined ? { window: { from, to } } : { asOf }),
      position: asOf === undefined ? through : window.from,
      through,
      subject: await describeSubject(sources, subject, through),
      content: pageOf(rows, through, most),
    };
  },
);

function firstOf(index: string | undefined): number {
  if (index === undefined) return 0;
  const last = Number(index);
  if (!Number.isSafeInteger(last) || last < 0) throw foreignCursor();
  return last + 1;
}

/** An interval of access before it is told in names and times. */
interface Access extends Interval {
  readonly kind: Row["kind"];
  readonly target: string;
  readonly effective: readonly Interval[];
  readonly ways: readonly Way[];
  readonly moreWays: number;
}

const ROWS_AT_ONCE = 200;

async function* rowsOf(
  sources: Sources,
  user: Subject,
  through: Position,
  window: Window,
  first: number,
  end: number | undefined,
): AsyncGenerator<readonly Placed[]> {
  const holdings = new Holdings(sources.store, user.tenant, through);
  const reach = await reachOf(user.id, holdings);
  const all = accessesIn(await holdings.of(user.id), reach, window).slice(0, end);
  for (let start = first; start < all.length; start += ROWS_AT_ONCE) {
    const batch = all.slice(start, start + ROWS_AT_ONCE);
    const proofs = await evidenceAt(sources, batch.flatMap(placesIn));
    const displays = await namesOf(sources, user.tenant, batch, window, through);
    yield batch.map((access, index) => ({
      place: [String(start + index)],
      row: rowOf(access, displays[index]!, proofs, reach.allWays),
    }));
    await turn();
  }
}

/** In order of their beginning. */
function accessesIn(held: readonly Holding[], reach: Reach, window: Window): readonly Access[] {
  const enabled = union(held.filter(({ kind }) => kind === "account"));
  const own = held
    .filter(({ kind }) => kind !== "group")
    .map(({ kind, target, from, to, cause }) => ({ kind, target, from, to, cause }));
  const groups = [...reach.groups].flatMap(([target, spans]) =>
    spans.map((span) => ({ kind: "group" as const, target, ...span })),
  );
  const ways = Map.groupBy(reach.ways, (way) => way.groups.at(-1)!);
  return [...own, ...groups]
    .filter((access) => overlap(access, window))
    .sort(inOrder)
    .map((access) => {
      const within = (access.kind === "group" ? (ways.get(access.target) ?? []) : []).filter(
        (way) => overlap(way, access) && overlap(way, window),
      );
      const effective = access.kind === "account" ? [access] : common([access], enabled);
      const listed = within.slice(0, PATHS_LISTED);
      return { ...access, effective, ways: listed, moreWays: within.length - listed.length };
    });
}

const placesIn = (access: Access): readonly Position[] => placesOf([access, ...access.effective, ...access.ways]);

function rowOf(access: Access, display: Row["display"], proofs: Proofs, allWays: boolean): Row {
  const { kind, target, effective, ways, moreWays } = access;
  return {
    kind,
    target,
    display,
    direct: kind !== "group" || ways.some(({ groups }) => groups.length === 1),
    ...provenIn(access, proofs),
    effective: effective.map((times) => spanIn(times, proofs)).filter(takesTime),
    paths: ways.map((way) => ({ groups: [...way.groups], ...provenIn(way, proofs) })),
    morePaths: moreWays,
    ...(allWays || kind !== "group" ? {} : { morePathsAtLeast: true as const }),
  };
}

/** A group's name as of the end of each access, and now; null beside what is no group. */
async function namesOf(
  sources: Sources,
  tenant: string,
  batch: readonly Access[],
  window: Window,
  through: Position,
): Promise<readonly Row["display"][]> {
  const groups = batch.flatMap(({ kind, target }) => (kind === "group" ? [target] : []));
  const now = await namesAt(sources, tenant, "Group", groups, through);
  const displays: Row["display"][] = [];
  for (const { kind, target, to } of batch) {
    const at = preceding(endsBefore(to, window.to) ? to! : window.to);
    const then = kind !== "group" || at === through ? now : await namesAt(sources, tenant, "Group", [target], at);
    displays.push(kind === "group" ? { asOf: then.get(target) ?? null, now: now.get(target) ?? null } : null);
  }
  return displays;
}
