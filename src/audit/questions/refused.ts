// Writes that were refused: what was tried, by whom, and why not.
import { z } from "zod";
import { ERASED } from "../../domain/event.ts";
import type { AttemptEvent } from "../../domain/events.ts";
import { foreignCursor, isPosition } from "../answers/cursor.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { id } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { paged, type Stretch, stretchOf, windowed } from "../answers/window.ts";
import { evidence } from "../effects/evidence.ts";
import { type Recorded, recordsIn } from "../effects/records.ts";
import type { Sources } from "../sources.ts";

const refusedRow = z.strictObject({
  evidence,
  method: z.string().optional(),
  resourceType: z.string().optional(),
  resource: z.string().optional(),
  status: z.int().optional(),
  scimType: z.string().optional(),
  detail: z.string().optional(),
  /** Of attempts that had no room and were only counted, and of failed authentications. */
  count: z.int(),
  minute: z.string().optional(),
  source: z.string().optional(),
});

export const refused = question(
  "refused",
  {
    number: [26],
    asks: "Which writes were refused, by which credential, and why?",
    route: "/refused",
    parameters: z.strictObject({ actor: id.optional(), ...windowed, ...paged }),
    row: refusedRow,
    names: { actor: "credential" },
    golden: "a refused write changed nothing and shows all the same; what had no room is counted",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 1);
    const stretch = await stretchOf(sources, through, given);
    const after = cursor?.parts[0] ?? stretch.after;
    if (!isPosition(after)) throw foreignCursor();
    const rows = rowsOf(sources, tenant, { ...stretch, after }, given.actor);
    return { window: given, position: through, through, content: pageOf(rows, through, given.limit) };
  },
);

async function* rowsOf(
  sources: Sources,
  tenant: string,
  stretch: Stretch,
  actor: string | undefined,
): AsyncGenerator<Placed> {
  for await (const one of recordsIn<AttemptEvent>(sources, tenant, "attempt", stretch))
    if (ATTEMPTS.includes(one.event.type) && (actor === undefined || one.evidence.actor.id === actor))
      yield { row: rowOf(one), place: [one.position] };
}

/** Other events of these streams tell of keys. */
const ATTEMPTS: readonly string[] = ["AttemptRejected", "AttemptsDropped", "AuthenticationFailed"];

function rowOf({ event, evidence: found }: Recorded<AttemptEvent>): z.output<typeof refusedRow> {
  const { personal } = event as {
    readonly personal?: { readonly detail?: string; readonly source?: string } | "erased";
  };
  const value = (name: "detail" | "source") => (personal === "erased" ? ERASED : personal?.[name]);
  switch (event.type) {
    case "AttemptRejected":
      return { evidence: found, ...event.data, detail: value("detail") ?? ERASED, count: 1 };
    case "AttemptsDropped":
      return { evidence: found, ...event.data };
    case "AuthenticationFailed":
      return { evidence: found, ...event.data, source: value("source") ?? ERASED };
    default:
      throw new Error(`unknown event ${(event satisfies never as { type: string }).type}`);
  }
}
