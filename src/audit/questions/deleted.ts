// What was deleted in a window, as it was before.
import { z } from "zod";
import { foreignCursor, isPosition } from "../answers/cursor.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { question } from "../answers/question.ts";
import { typed } from "../answers/rows.ts";
import { attributesAt, nameIn, typeNameOf } from "../answers/subject.ts";
import { paged, type Stretch, stretchOf, windowed } from "../answers/window.ts";
import { evidence, evidenceAt } from "../effects/evidence.ts";
import { happenedIn } from "../effects/happened.ts";
import { preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";

const deletedRow = z.strictObject({
  resource: typed,
  /** Its own attributes before the deletion; an erased value reads as [erased]. */
  attributes: z.record(z.string(), z.json()),
  created: evidence,
  deleted: evidence,
});

export const deleted = question(
  "deleted",
  {
    number: [25],
    asks: "Which users and groups were deleted in a window, by whom, and what did they look like before?",
    route: "/deleted",
    parameters: z.strictObject({ type: z.string().optional(), ...windowed, ...paged }),
    row: deletedRow,
    golden: "two persons who bore the same name one after the other are two",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 1);
    const stretch = await stretchOf(sources, through, given);
    const after = cursor?.parts[0] ?? stretch.after;
    if (!isPosition(after)) throw foreignCursor();
    const rows = rowsOf(sources, tenant, { ...stretch, after }, typeNamed(sources, tenant, given.type));
    return { window: given, position: through, through, content: pageOf(rows, through, given.limit) };
  },
);

const typeNamed = (sources: Sources, tenant: string, type: string | undefined): string | undefined =>
  type === undefined ? type : typeNameOf(sources, tenant, type);

const DELETIONS: readonly string[] = ["UserDeleted", "GroupDeleted", "ResourceDeleted"];

async function* rowsOf(
  sources: Sources,
  tenant: string,
  stretch: Stretch,
  type: string | undefined,
): AsyncGenerator<Placed> {
  const asked = ({ eventType, resourceType }: { eventType: string; resourceType: string }) =>
    DELETIONS.includes(eventType) && (type === undefined || resourceType === type);
  for await (const { activity, evidence: gone } of happenedIn(sources, tenant, stretch, asked)) {
    const { resourceType, resourceId: id, position } = activity;
    const life = (await sources.store.lifetime(tenant, id))!;
    const subject = { tenant, type: resourceType, id };
    const attributes = (await attributesAt(sources, subject, preceding(position))) ?? {};
    const row: z.output<typeof deletedRow> = {
      resource: { type: resourceType, id, display: nameIn(attributes) },
      attributes,
      created: (await evidenceAt(sources, [life.from])).get(life.from)!,
      deleted: gone,
    };
    yield { row, place: [position] };
  }
}
