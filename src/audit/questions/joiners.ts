// People who joined, by an asserted date: how long until they could work, and what they could reach before.
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { formatInstant } from "../answers/instant.ts";
import { level, positionAt } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { instant } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { cause, held, heldRows, named, namedAt } from "../answers/rows.ts";
import { paged, windowed } from "../answers/window.ts";
import { evidence, evidenceAt } from "../effects/evidence.ts";
import { beginningFor, enabledTimes, inHours, percentile } from "../holdings/account-times.ts";
import { type Asserted, employmentsAt, noDates } from "../holdings/assertions.ts";
import { type Holding, Holdings } from "../holdings/holdings.ts";
import { common } from "../holdings/intervals.ts";
import { type ReachedHolding, reachedHoldings } from "../holdings/reached-holdings.ts";
import type { Sources } from "../sources.ts";

/** `cause` and `ended`: of a holding that has ended since, be it after the date. */
const heldBefore = z.strictObject({ ...held.shape, cause: cause.nullable(), ended: evidence.nullable() });

const joinerRow = z.strictObject({
  user: named,
  joins: z.string(),
  source: z.string(),
  asserted: evidence,
  /** The event that enabled the account; null: not yet. */
  enabled: evidence.nullable(),
  /** Below 0: before the date. Of an account that is not enabled yet, the time that has passed. */
  lagHours: z.number(),
  open: z.boolean(),
  /** What was held with an enabled account before the date, groups by whatever way; also what had ended by then. */
  before: z.array(heldBefore),
});

export const joiners = question(
  "joiners",
  {
    number: [12],
    asks: "How long after an asserted date of joining was each account enabled, and what could it reach before?",
    route: "/joiners",
    parameters: z.strictObject({
      ...windowed,
      knownAt: instant.optional(),
      source: z.string().optional(),
      ...paged,
    }),
    row: joinerRow,
    names: { source: "source" },
    golden: "an account made before the first day; a date that is still to come",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), { cursor: given.cursor }, 1);
    const known = await positionAt(sources, through, given.knownAt);
    const lags: number[] = [];
    // What still passes is looked at from the last event that is known, so that whoever has the history comes to the same
    // times, and what was known once does not grow with what came later.
    const now = await sources.store.effectiveAt(known);
    const rows = rowsOf(sources, tenant, { ...given, known, now, lags }, cursor?.parts[0]);
    return {
      window: given,
      ...(given.knownAt === undefined ? {} : { knownAt: given.knownAt }),
      position: known,
      through,
      ...(await noDates(sources, tenant, known)),
      content: { ...pageOf(rows, through, given.limit), summary: () => summaryOf(lags) },
    };
  },
);

interface Scope {
  readonly known: Position;
  readonly now: number;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly source?: string | undefined;
  /** Of the rows so far, microseconds. */
  readonly lags: number[];
}

async function* rowsOf(
  sources: Sources,
  tenant: string,
  scope: Scope,
  after: string | undefined,
): AsyncGenerator<Placed> {
  const { known, from, to, source, lags } = scope;
  const holdings = new Holdings(sources.store, tenant, known);
  let isPassed = after !== undefined;
  for (const [user, { joins }] of await employmentsAt(sources, tenant, known, source)) {
    const wasPassed = isPassed;
    if (user === after) isPassed = false;
    if (wasPassed || joins === undefined) continue;
    if ((from !== undefined && joins.at < from) || (to !== undefined && joins.at >= to)) continue;
    const { row, lag } = await rowOf(sources, tenant, holdings, user, joins, scope);
    lags.push(lag);
    yield { row, place: [user] };
  }
}

async function rowOf(
  sources: Sources,
  tenant: string,
  holdings: Holdings,
  user: string,
  joins: Asserted,
  { known, now }: Scope,
) {
  const all = await holdings.read(user);
  const times = await enabledTimes(sources, all);
  const beginning = beginningFor(times, joins.at);
  const lag = beginning === undefined ? Math.max(0, now - joins.at) : beginning.from - joins.at;
  const eve = await positionAt(sources, known, joins.at - 1);
  const early = await earlyHoldings(sources, joins.at, all, holdings);
  const proofs = await evidenceAt(sources, beginning === undefined ? [] : [beginning.start]);
  const row: z.output<typeof joinerRow> = {
    user: await namedAt(sources, tenant, "User", user, known),
    joins: formatInstant(joins.at),
    source: joins.source,
    asserted: joins.evidence,
    enabled: beginning === undefined ? null : proofs.get(beginning.start)!,
    lagHours: inHours(lag),
    open: beginning === undefined,
    before: await beforeRows(sources, tenant, early, eve),
  };
  return { row, lag };
}

async function beforeRows(
  sources: Sources,
  tenant: string,
  early: readonly ReachedHolding[],
  eve: Position,
): Promise<z.output<typeof heldBefore>[]> {
  const rows = await heldRows(sources, tenant, early, eve);
  const proofs = await evidenceAt(
    sources,
    early.flatMap(({ to }) => to ?? []),
  );
  return rows.map((row, index) => {
    const { to, cause } = early[index]!;
    return { ...row, cause, ended: to === null ? null : proofs.get(to)! };
  });
}

/** Each time of holding of which some fell into a time before the date in which the account was enabled. */
async function earlyHoldings(
  { store }: Sources,
  date: number,
  all: readonly Holding[],
  holdings: Holdings,
): Promise<readonly ReachedHolding[]> {
  const enabled = all.filter(({ kind }) => kind === "account");
  const early: ReachedHolding[] = [];
  for (const held of await reachedHoldings(all, holdings))
    for (const { from, to } of common([held], enabled)) {
      const end = to === null ? date : Math.min(date, await store.effectiveAt(to));
      if ((await store.effectiveAt(from)) >= end) continue;
      early.push(held);
      break;
    }
  return early;
}

/** Of the rows on this page. */
function summaryOf(lags: readonly number[]): object {
  if (lags.length === 0) return {};
  const sorted = lags.toSorted((a, b) => a - b);
  const hours = (share: number) => inHours(percentile(sorted, share)!);
  return { p50Hours: hours(0.5), p90Hours: hours(0.9), maxHours: hours(1) };
}
