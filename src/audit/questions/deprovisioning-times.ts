// How long accounts outlived those who left: percentiles, in all and by source, weekday and hour of the asserted date. Open
// cases count with the time that has passed, and are told.
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { level, positionAt } from "../answers/moment.ts";
import { type Placed, pageOf } from "../answers/page.ts";
import { instant } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { windowed } from "../answers/window.ts";
import { enabledTimes, inHours, outliving, percentile } from "../holdings/account-times.ts";
import { employmentsAt, hasLeft, noDates } from "../holdings/assertions.ts";
import { Holdings } from "../holdings/holdings.ts";
import type { Sources } from "../sources.ts";

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const timesRow = z.strictObject({
  by: z.enum(["all", "source", "weekday", "hour"]),
  /** Weekday and hour are UTC. */
  value: z.string(),
  leavers: z.int(),
  /** Still enabled: their times are what has passed so far, so that percentiles are no more than they will be. */
  open: z.int(),
  p50Hours: z.number(),
  p90Hours: z.number(),
  maxHours: z.number(),
});

export const deprovisioningTimes = question(
  "deprovisioning-times",
  {
    number: [11],
    asks: "How long did accounts outlive those who left, in all, by source, weekday and hour?",
    route: "/deprovisioning-times",
    parameters: z.strictObject({ ...windowed, knownAt: instant.optional(), source: z.string().optional() }),
    row: timesRow,
    names: { source: "source" },
    golden: "an open case is counted and told, not dropped; an account that ended in time counts as 0",
  },
  async (given, tenant, sources) => {
    const through = await level(sources);
    const known = await positionAt(sources, through, given.knownAt);
    // What still passes is looked at from the last event that is known, so that whoever has the history comes to the same
    // times, and what was known once does not grow with what came later.
    const asOf = await sources.store.effectiveAt(known);
    const cases = await casesOf(sources, tenant, { known, asOf, ...given });
    return {
      window: given,
      ...(given.knownAt === undefined ? {} : { knownAt: given.knownAt }),
      position: known,
      through,
      ...(await noDates(sources, tenant, known)),
      content: pageOf(rowsOf(cases), through),
    };
  },
);

interface Case {
  readonly at: number;
  readonly source: string;
  readonly lag: number;
  readonly open: boolean;
}

interface Scope {
  readonly known: Position;
  readonly asOf: number;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly source?: string | undefined;
}

async function casesOf(sources: Sources, tenant: string, { known, asOf, from, to, source }: Scope) {
  const holdings = new Holdings(sources.store, tenant, known);
  const cases: Case[] = [];
  for (const [user, employment] of await employmentsAt(sources, tenant, known, source)) {
    if (!hasLeft(employment, asOf)) continue;
    const { at, source: by } = employment.leaves!;
    if ((from !== undefined && at < from) || (to !== undefined && at >= to)) continue;
    const late = outliving(await enabledTimes(sources, await holdings.read(user)), at, asOf);
    cases.push({ at, source: by, lag: late?.lag ?? 0, open: late?.open ?? false });
  }
  return cases;
}

async function* rowsOf(cases: readonly Case[]): AsyncGenerator<Placed> {
  const date = ({ at }: Case) => new Date(at / 1_000);
  const views = {
    all: () => "all",
    source: (one: Case) => one.source,
    weekday: (one: Case) => WEEKDAYS[date(one).getUTCDay()]!,
    hour: (one: Case) => String(date(one).getUTCHours()).padStart(2, "0"),
  } satisfies Record<z.output<typeof timesRow>["by"], (one: Case) => string>;
  for (const [by, say] of Object.entries(views)) {
    const groups = [...Map.groupBy(cases, say)].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [value, of] of groups)
      yield {
        row: { by: by as keyof typeof views, value, ...measuresOf(of) } satisfies z.output<typeof timesRow>,
        place: [],
      };
  }
}

function measuresOf(cases: readonly Case[]) {
  const lags = cases.map(({ lag }) => lag).sort((a, b) => a - b);
  return {
    leavers: cases.length,
    open: cases.filter(({ open }) => open).length,
    p50Hours: inHours(percentile(lags, 0.5)!),
    p90Hours: inHours(percentile(lags, 0.9)!),
    maxHours: inHours(lags.at(-1)!),
  };
}
