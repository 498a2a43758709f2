// Who read audit data: which question, with which parameters, and how much of the answer left.
import { z } from "zod";
import { ERASED } from "../../domain/event.ts";
import type { InspectionEvent } from "../../domain/events.ts";
import type { Position } from "../../eventlog/event-log.ts";
import { foreignCursor, isPosition } from "../answers/cursor.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { id } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { paged, type Stretch, stretchOf, windowed } from "../answers/window.ts";
import { evidence } from "../effects/evidence.ts";
import { MOST_EVENTS, tooManyEvents } from "../effects/net-changes.ts";
import { recordsIn } from "../effects/records.ts";
import type { Sources } from "../sources.ts";

const readingRow = z.strictObject({
  begun: evidence,
  question: z.string(),
  parameters: z.union([z.record(z.string(), z.string()), z.literal(ERASED)]),
  /** Null: still under way, or ended by a crash; nothing says how much had left. */
  ended: evidence.nullable(),
  outcome: z.enum(["complete", "aborted"]).nullable(),
  rows: z.int().nullable(),
  bytes: z.int().nullable(),
});

export const readings = question(
  "readings",
  {
    number: [27],
    asks: "Who read audit data, which question with which parameters, and how many rows left?",
    route: "/readings",
    parameters: z.strictObject({ actor: id.optional(), ...windowed, ...paged }),
    row: readingRow,
    names: { actor: "credential" },
    golden: "this very question shows itself, begun and not ended",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 1);
    const stretch = await stretchOf(sources, through, given);
    const after = cursor?.parts[0] ?? stretch.after;
    if (!isPosition(after)) throw foreignCursor();
    const rows = rowsOf(sources, tenant, { ...stretch, after }, through, given.actor);
    return { window: given, position: through, through, content: pageOf(rows, through, given.limit) };
  },
);

type Begun = Extract<InspectionEvent, { type: "InspectionBegun" }>;
type Ending = Pick<z.output<typeof readingRow>, "ended" | "outcome" | "rows" | "bytes">;

/** An inspection may end after the window in which it began. */
async function* rowsOf(
  sources: Sources,
  tenant: string,
  stretch: Stretch,
  through: Position,
  actor: string | undefined,
): AsyncGenerator<Placed> {
  const endings = await endingsOf(sources, tenant, { after: stretch.after, until: through });
  for await (const { position, event, evidence: begun } of recordsIn<InspectionEvent>(
    sources,
    tenant,
    "inspection",
    stretch,
  )) {
    if (event.type !== "InspectionBegun" || (actor !== undefined && begun.actor.id !== actor)) continue;
    const { data, personal } = event as Begun;
    const parameters = personal === undefined || personal === "erased" ? ERASED : personal.parameters;
    const row: z.output<typeof readingRow> = {
      begun,
      question: data.question,
      parameters,
      ...(endings.get(data.inspection) ?? { ended: null, outcome: null, rows: null, bytes: null }),
    };
    yield { row, place: [position] };
  }
}

async function endingsOf(sources: Sources, tenant: string, stretch: Stretch): Promise<ReadonlyMap<string, Ending>> {
  const endings = new Map<string, Ending>();
  for await (const { event, evidence: ended } of recordsIn<InspectionEvent>(sources, tenant, "inspection", stretch)) {
    if (event.type !== "InspectionEnded") continue;
    const { inspection, rows, bytes, outcome } = event.data;
    endings.set(inspection, { ended, outcome, rows, bytes });
    if (endings.size > MOST_EVENTS) throw tooManyEvents();
  }
  return endings;
}
