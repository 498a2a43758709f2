// Segregation of duties: users who held two groups at the same time.
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { foreignCursor } from "../answers/cursor.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { id } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { named, namedAt, placesOf, proven, provenIn, span, spanIn, takesTime } from "../answers/rows.ts";
import { subjectOf } from "../answers/subject.ts";
import { paged, type Window, windowed, windowOf } from "../answers/window.ts";
import { evidenceAt } from "../effects/evidence.ts";
import { Holders } from "../holdings/holders.ts";
import { Holdings } from "../holdings/holdings.ts";
import { common, type Interval, overlap } from "../holdings/intervals.ts";
import { markPeriods, noMarks } from "../holdings/mark-periods.ts";
import type { Sources } from "../sources.ts";

const overlapRow = z.strictObject({
  user: named,
  groups: z.array(named),
  /** When both were held; the start is that of the later one. */
  overlaps: z.array(span),
  /** When, within these, the account was enabled. */
  effective: z.array(span),
  /** What was held of each, with who granted it. */
  held: z.array(z.array(proven)),
});

export const overlaps = question(
  "overlaps",
  {
    number: [17],
    asks: "Which users held two mutually exclusive groups at the same time, when, and granted by whom?",
    route: "/overlaps",
    parameters: z
      .strictObject({ group: id.optional(), with: id.optional(), ...windowed, ...paged })
      .refine(({ group, with: other }) => (group === undefined) === (other === undefined), {
        message: "with: name two groups, or none: then every pair that is marked as exclusive",
      }),
    row: overlapRow,
    golden: "intervals that touch do not overlap; nested groups count; a marked pair counts while it was marked",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 3);
    const window = await windowOf(sources, through, given);
    const pairs =
      given.group === undefined
        ? await markedPairs(sources, tenant, through)
        : await namedPair(sources, tenant, [given.group, given.with!]);
    return {
      window: given,
      position: through,
      through,
      ...noMarks(pairs, "no two groups were ever marked as exclusive: which ones exclude each other is not known"),
      content: pageOf(overlapRows(sources, tenant, pairs, { window, through }, cursor?.parts), through, given.limit),
    };
  },
);

/** Two groups, and when they must not be held together; absent: ever. */
interface Pair {
  readonly groups: readonly [string, string];
  readonly during?: Interval;
}

async function namedPair(
  sources: Sources,
  tenant: string,
  groups: readonly [string, string],
): Promise<readonly Pair[]> {
  for (const group of groups) await subjectOf(sources, tenant, "Group", group);
  return [{ groups }];
}

async function markedPairs(sources: Sources, tenant: string, through: Position): Promise<readonly Pair[]> {
  const periods = await markPeriods(sources, tenant, through);
  return periods.flatMap(({ kind, groups, ...during }) =>
    kind === "exclusive" ? [{ groups: groups as [string, string], during }] : [],
  );
}

/** Of each pair of groups; a place is the pair's index, the group that has the user, and the user. */
async function* overlapRows(
  sources: Sources,
  tenant: string,
  pairs: readonly Pair[],
  scope: { readonly window: Window; readonly through: Position },
  after: readonly string[] | undefined,
): AsyncGenerator<Placed> {
  const first = after === undefined ? 0 : Number(after[0]);
  if (!Number.isSafeInteger(first) || first < 0) throw foreignCursor();
  const holdings = new Holdings(sources.store, tenant, scope.through);
  for (const [index, { groups: pair, during }] of pairs.entries()) {
    if (index < first) continue;
    const holders = await Holders.of(sources, tenant, pair[0], scope.through, scope.window, holdings);
    const names = await Promise.all(pair.map((group) => namedAt(sources, tenant, "Group", group, scope.through)));
    const rest = index === first ? after?.slice(1) : undefined;
    for await (const holder of holders.walk(rest)) {
      const other = (holder.times.get(pair[1]) ?? []).filter((one) => overlap(one, scope.window));
      const all = common(holder.held, other);
      const both = (during === undefined ? all : common(all, [during])).filter((one) => overlap(one, scope.window));
      const row = await rowOf(sources, both, [holder.held, other], holder.enabled);
      if (row === undefined) continue;
      const user = await namedAt(sources, tenant, "User", holder.user, scope.through);
      yield { row: { user, groups: names, ...row }, place: [String(index), ...holder.place] };
    }
  }
}

async function rowOf(
  sources: Sources,
  both: readonly Interval[],
  held: readonly (readonly Interval[])[],
  enabled: readonly Interval[],
): Promise<Omit<z.output<typeof overlapRow>, "user" | "groups"> | undefined> {
  if (both.length === 0) return undefined;
  const effective = common(both, enabled);
  const proofs = await evidenceAt(sources, placesOf([...both, ...effective, ...held.flat()]));
  const overlapping = both.map((one) => spanIn(one, proofs)).filter(takesTime);
  if (overlapping.length === 0) return undefined;
  return {
    overlaps: overlapping,
    effective: effective.map((one) => spanIn(one, proofs)).filter(takesTime),
    held: held.map((intervals) => intervals.map((one) => provenIn(one, proofs))),
  };
}
