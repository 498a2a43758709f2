// What an answer about a window stands on: which places of the log, that none is missing, and where clocks went back.
import { z } from "zod";
import { ordinalOf } from "../../eventlog/event-log.ts";
import { formatInstant } from "../answers/instant.ts";
import { level } from "../answers/moment.ts";
import { pageOf } from "../answers/page.ts";
import { question } from "../answers/question.ts";
import { type Stretch, stretchOf, windowed } from "../answers/window.ts";
import { activityIn } from "../effects/happened.ts";
import { recordsIn } from "../effects/records.ts";
import { following } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";

const MOST_STEPS = 100;

const completenessRow = z.strictObject({
  /** The first and the last place of the window; null where nothing lies in it. */
  first: z.string().nullable(),
  last: z.string().nullable(),
  /** Null where the log's positions are no count: what is missing then shows in the tenant's tree alone. */
  places: z.int().nullable(),
  /** Events at these places, of all tenants, that the read models have seen. */
  seen: z.int(),
  missing: z.int().nullable(),
  /** Events of this tenant, by type. */
  events: z.record(z.string(), z.int()),
  attempts: z.int(),
  inspections: z.int(),
  /** Events whose clock was behind an earlier one: the order is that of the log. */
  clockSteps: z.array(z.strictObject({ position: z.string(), at: z.string(), effectiveAt: z.string() })),
  moreClockSteps: z.int(),
});
type Row = z.output<typeof completenessRow>;

export const completeness = question(
  "completeness",
  {
    number: [29],
    asks: "Is anything missing from the history of a window: places, gaps, clocks that went back?",
    route: "/completeness",
    parameters: z.strictObject({ ...windowed }),
    row: completenessRow,
    golden: "a read model that is behind refuses; a clock that went back is named",
  },
  async (given, tenant, sources) => {
    const through = await level(sources);
    const stretch = await stretchOf(sources, through, given);
    return {
      window: given,
      position: stretch.until,
      through,
      content: pageOf(rowsOf(sources, tenant, stretch), through),
    };
  },
);

async function* rowsOf(sources: Sources, tenant: string, stretch: Stretch) {
  const { after, until } = stretch;
  const distance = Math.max(0, ordinalOf(until) - ordinalOf(after));
  const places = sources.log.isGapless === true ? distance : null;
  const seen = await sources.store.eventsSeen(after, until);
  const row: Row = {
    first: distance === 0 ? null : following(after),
    last: distance === 0 ? null : until,
    places,
    seen,
    missing: places === null ? null : places - seen,
    ...(await countsOf(sources, tenant, stretch)),
    attempts: await count(sources, tenant, "attempt", stretch),
    inspections: await count(sources, tenant, "inspection", stretch),
  };
  yield { row, place: [] };
}

async function countsOf(sources: Sources, tenant: string, stretch: Stretch) {
  const events = new Map<string, number>();
  const clockSteps: Row["clockSteps"] = [];
  let moreClockSteps = 0;
  for await (const batch of activityIn(sources, tenant, stretch))
    for (const { eventType, position, at, effectiveAt } of batch) {
      events.set(eventType, (events.get(eventType) ?? 0) + 1);
      if (at >= effectiveAt) continue;
      if (clockSteps.length < MOST_STEPS)
        clockSteps.push({ position, at: formatInstant(at), effectiveAt: formatInstant(effectiveAt) });
      else moreClockSteps += 1;
    }
  return { events: Object.fromEntries(events), clockSteps, moreClockSteps };
}

async function count(sources: Sources, tenant: string, kind: "attempt" | "inspection", stretch: Stretch) {
  let records = 0;
  for await (const _ of recordsIn(sources, tenant, kind, stretch)) records += 1;
  return records;
}
