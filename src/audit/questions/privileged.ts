// Privileged groups: who held them at an instant, or who came into them and left them in a window. The mark counts as of then.
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { foreignCursor } from "../answers/cursor.ts";
import { level, positionAt } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { instant } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { cause, named, namedAt } from "../answers/rows.ts";
import { paged, type Stretch, stretchOf, windowed } from "../answers/window.ts";
import { evidence, evidenceAt } from "../effects/evidence.ts";
import { type Holder, Holders } from "../holdings/holders.ts";
import { Holdings } from "../holdings/holdings.ts";
import { following, holdsAt, type Interval, preceding } from "../holdings/intervals.ts";
import { type MarkPeriod, markPeriods, noMarks } from "../holdings/mark-periods.ts";
import { nearestWay } from "../holdings/nearest-way.ts";
import type { Sources } from "../sources.ts";

const privilegedRow = z.strictObject({
  group: named,
  user: named,
  /** A member at the instant; or what happened in the window. */
  is: z.enum(["member", "gained", "lost"]),
  /** As the nearest way was, which stood there, began there or ended there; the evidence is of it. */
  direct: z.boolean(),
  /** The account was enabled then; of a loss, until then. */
  effective: z.boolean(),
  cause: cause.nullable(),
  evidence,
});
type Row = z.output<typeof privilegedRow>;

export const privileged = question(
  "privileged",
  {
    number: [16],
    asks: "Who held privileged groups at an instant, or gained and lost them in a window, directly or through nested groups?",
    route: "/privileged",
    parameters: z
      .strictObject({ asOf: instant.optional(), ...windowed, ...paged })
      .refine(({ asOf, from, to }) => asOf === undefined || (from === undefined && to === undefined), {
        message: "asOf: an instant and a window (from, to) cannot be asked for together",
      }),
    row: privilegedRow,
    golden: "a group counts while it was marked, not since it is",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), { cursor: given.cursor }, 5);
    const isWindow = given.from !== undefined || given.to !== undefined;
    const position = await positionAt(sources, through, given.asOf);
    const scope: Scope = {
      through,
      periods: (await markPeriods(sources, tenant, through)).filter(({ kind }) => kind === "privileged"),
      ...(isWindow ? { stretch: await stretchOf(sources, through, given) } : { at: position }),
    };
    return {
      ...(isWindow ? { window: given } : {}),
      ...(given.asOf === undefined ? {} : { asOf: given.asOf }),
      position: isWindow ? through : position,
      through,
      ...noMarks(scope.periods, "no group was ever marked as privileged: which ones are is not known"),
      content: pageOf(after(rowsOf(sources, tenant, scope, cursor?.parts), cursor?.parts), through, given.limit),
    };
  },
);

interface Scope {
  readonly through: Position;
  readonly periods: readonly MarkPeriod[];
  /** One of the two. */
  readonly at?: Position;
  readonly stretch?: Stretch;
}

interface Asked {
  readonly sources: Sources;
  readonly tenant: string;
  readonly scope: Scope;
  readonly holdings: Holdings;
}

/** Within a holder, rows are passed over by their number. */
async function* after(rows: AsyncGenerator<Placed>, parts: readonly string[] | undefined): AsyncGenerator<Placed> {
  const passed = parts?.slice(0, 4).join(" ");
  for await (const one of rows)
    if (one.place.slice(0, 4).join(" ") !== passed || Number(one.place[4]) > Number(parts![4])) yield one;
}

/** A place is the period's index, its beginning, the group that has the user, the user, and the row's number. */
async function* rowsOf(
  sources: Sources,
  tenant: string,
  scope: Scope,
  parts: readonly string[] | undefined,
): AsyncGenerator<Placed> {
  const first = parts === undefined ? 0 : Number(parts[0]);
  if (!Number.isSafeInteger(first) || first < 0) throw foreignCursor();
  const holdings = new Holdings(sources.store, tenant, scope.through);
  const asked = { sources, tenant, scope, holdings };
  for (const [index, period] of scope.periods.entries()) {
    if (index < first || !counts(period, scope)) continue;
    const group = period.groups[0]!;
    const { at, stretch } = scope;
    // Whoever left at the first place of a window held up to there.
    const window =
      at === undefined ? { from: stretch!.after, to: following(stretch!.until) } : { from: at, to: following(at) };
    const holders = await Holders.of(sources, tenant, group, scope.through, window, holdings);
    const rest = index === first && parts !== undefined ? [parts[2]!, parts[3]!] : undefined;
    if (rest !== undefined) {
      // The holder at which the page ended may have more rows.
      const holder = await holders.find(rest[1]!);
      if (holder !== undefined) yield* rowsOfHolder(asked, holder, period, index);
    }
    for await (const holder of holders.walk(rest)) yield* rowsOfHolder(asked, holder, period, index);
  }
}

const counts = (period: MarkPeriod, { at, stretch }: Scope): boolean =>
  at === undefined
    ? period.from <= stretch!.until && (period.to === null || period.to > stretch!.after)
    : holdsAt(period, at);

async function* rowsOfHolder(
  { sources, tenant, scope, holdings }: Asked,
  holder: Holder,
  period: MarkPeriod,
  index: number,
): AsyncGenerator<Placed> {
  const [id] = period.groups as readonly [string];
  const found = scope.at === undefined ? changesOf(holder, period, scope.stretch!) : standing(holder, scope.at);
  const ways = await Promise.all(found.map(({ seenAt }) => nearestWay(holder.memberships, id, seenAt, holdings)));
  const places = found.map(({ is }, number) => (is === "lost" ? ways[number]!.to! : ways[number]!.from));
  const proofs = await evidenceAt(sources, places);
  const group = await namedAt(sources, tenant, "Group", id, scope.through);
  const user = await namedAt(sources, tenant, "User", holder.user, scope.through);
  for (const [number, { is, seenAt }] of found.entries()) {
    const { direct, cause: by } = ways[number]!;
    const effective = holder.enabled.some((one) => holdsAt(one, seenAt));
    const of = { group, user, is, direct, effective, cause: is === "lost" ? by : null };
    const row: Row = { ...of, evidence: proofs.get(places[number]!)! };
    yield { row, place: [String(index), period.from, ...holder.place, String(number)] };
  }
}

interface Change {
  readonly is: Row["is"];
  /** Where the ways and the account are looked at: of a loss, just before it. */
  readonly seenAt: Position;
}

const standing = ({ held }: Holder, at: Position): readonly Change[] =>
  held.some((one) => holdsAt(one, at)) ? [{ is: "member", seenAt: at }] : [];

/** Beginnings and ends within the window and within the time of the mark. */
function changesOf({ held }: Holder, period: MarkPeriod, { after: first, until }: Stretch): readonly Change[] {
  const isAsked = (at: Position) => at > first && at <= until && holdsAt(period, at);
  return held.flatMap(({ from, to }: Interval) => [
    ...(isAsked(from) ? [{ is: "gained" as const, seenAt: from }] : []),
    ...(to !== null && isAsked(to) ? [{ is: "lost" as const, seenAt: preceding(to) }] : []),
  ]);
}
