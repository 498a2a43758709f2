// People who left, by an asserted date, and whose accounts were still enabled hours later.
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { foreignCursor } from "../answers/cursor.ts";
import { formatInstant } from "../answers/instant.ts";
import { level, positionAt } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { instant } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { held, heldRows, named, namedAt } from "../answers/rows.ts";
import { paged } from "../answers/window.ts";
import { evidence, evidenceAt } from "../effects/evidence.ts";
import { enabledTimes, HOUR, inHours, type Outliving, outliving } from "../holdings/account-times.ts";
import { type Asserted, employmentsAt, hasLeft, noDates } from "../holdings/assertions.ts";
import { Holdings } from "../holdings/holdings.ts";
import { holdsAt } from "../holdings/intervals.ts";
import { type ReachedHolding, reachedHoldings } from "../holdings/reached-holdings.ts";
import type { Sources } from "../sources.ts";

const MOST_HOURS = 87_600;

const hours = z.string().transform((text, context) => {
  const count = Number(text);
  if (String(count) === text && Number.isInteger(count) && count >= 0 && count <= MOST_HOURS) return count;
  context.addIssue({ code: "custom", message: `must be a whole number from 0 to ${MOST_HOURS}` });
  return z.NEVER;
});

const leaverRow = z.strictObject({
  user: named,
  leaves: z.string(),
  source: z.string(),
  asserted: evidence,
  /** Null: not yet. */
  disabled: evidence.nullable(),
  /** From the asserted date to the end; while it is open to `asOf`, or to `knownAt` where that is earlier. */
  lagHours: z.number(),
  open: z.boolean(),
  /** What is still held at `asOf`, groups by whatever way, whether the account is enabled or not. */
  remained: z.array(held),
});

export const leavers = question(
  "leavers",
  {
    number: [10],
    asks: "Who left, by an asserted date, and was still enabled so many hours later, and what remained?",
    route: "/leavers",
    parameters: z.strictObject({
      asOf: instant.optional(),
      knownAt: instant.optional(),
      hours: hours.default(24),
      source: z.string().optional(),
      ...paged,
    }),
    row: leaverRow,
    names: { source: "source" },
    golden: "a date with another offset; somebody who came back; a date that was corrected later",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), { cursor: given.cursor }, 2);
    const known = await positionAt(sources, through, given.knownAt);
    const asOf = given.asOf ?? lookedAtBefore(cursor?.parts[1]) ?? given.knownAt ?? sources.clock();
    // How long somebody was enabled after `knownAt` was not known there.
    const lookedAt = Math.min(asOf, given.knownAt ?? asOf);
    // What was not known yet at the one instant cannot be seen at the other.
    const position = await positionAt(sources, known, asOf);
    const scope = { position, lookedAt, known, hours: given.hours, source: given.source };
    const rows = rowsOf(sources, tenant, scope, cursor?.parts[0]);
    return {
      asOf,
      ...(given.knownAt === undefined ? {} : { knownAt: given.knownAt }),
      position,
      through,
      ...(await noDates(sources, tenant, known)),
      content: pageOf(rows, through, given.limit),
    };
  },
);

/** Without `asOf`, all pages look at the instant of the first. */
function lookedAtBefore(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const micros = Number(text);
  if (!Number.isSafeInteger(micros)) throw foreignCursor();
  return micros;
}

interface Scope {
  readonly position: Position;
  /** Microseconds. */
  readonly lookedAt: number;
  readonly known: Position;
  readonly hours: number;
  readonly source: string | undefined;
}

async function* rowsOf(
  sources: Sources,
  tenant: string,
  { position, lookedAt, known, hours: most, source }: Scope,
  after: string | undefined,
): AsyncGenerator<Placed> {
  const holdings = new Holdings(sources.store, tenant, position);
  let isPassed = after !== undefined;
  for (const [user, employment] of await employmentsAt(sources, tenant, known, source)) {
    const wasPassed = isPassed;
    if (user === after) isPassed = false;
    if (wasPassed || !hasLeft(employment, lookedAt)) continue;
    const all = await holdings.read(user);
    const leaves = employment.leaves!;
    const late = outliving(await enabledTimes(sources, all), leaves.at, lookedAt);
    if (late === undefined || late.lag <= most * HOUR) continue;
    const still = (await reachedHoldings(all, holdings)).filter((one) => holdsAt(one, position));
    const row = await rowOf(sources, tenant, { user, leaves, late, still, position });
    yield { row, place: [user, String(lookedAt)] };
  }
}

interface Late {
  readonly user: string;
  readonly leaves: Asserted;
  readonly late: Outliving;
  readonly still: readonly ReachedHolding[];
  readonly position: Position;
}

async function rowOf(
  sources: Sources,
  tenant: string,
  { user, leaves, late, still, position }: Late,
): Promise<z.output<typeof leaverRow>> {
  const { lag, open, end } = late;
  const proofs = await evidenceAt(sources, end === null ? [] : [end]);
  return {
    user: await namedAt(sources, tenant, "User", user, position),
    leaves: formatInstant(leaves.at),
    source: leaves.source,
    asserted: leaves.evidence,
    disabled: end === null ? null : proofs.get(end)!,
    lagHours: inHours(lag),
    open,
    remained: await heldRows(sources, tenant, still, position),
  };
}
