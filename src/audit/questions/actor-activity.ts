// All that a credential changed, event by event, with counts first.
import { z } from "zod";
import { foreignCursor, isPosition } from "../answers/cursor.ts";
import { level } from "../answers/moment.ts";
import { pageOf, pinned } from "../answers/page.ts";
import { id } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { paged, type Stretch, stretchOf, windowed } from "../answers/window.ts";
import { provenance, provenanceOf } from "../effects/evidence.ts";
import { activityIn, type Happened, happenedIn, toldBy, withoutPersonal } from "../effects/happened.ts";
import type { Sources } from "../sources.ts";

const actionRow = provenance.extend({
  resource: z.strictObject({ type: z.string(), id: z.string() }),
  revision: z.int(),
  /** Attributes, without values: `timeline` has those. */
  paths: z.array(z.string()),
  members: z.strictObject({ added: z.int(), removed: z.int() }),
});

export const actorActivity = question(
  "actor-activity",
  {
    number: [8],
    asks: "What did a credential change in a window, event by event, and how much of what?",
    route: "/actors/:id/activity",
    parameters: z.strictObject({ id, ...windowed, ...paged }),
    row: actionRow,
    names: { id: "credential" },
    golden: "a token that was rotated is still one credential",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 1);
    const stretch = await stretchOf(sources, through, given);
    const after = cursor?.parts[0] ?? stretch.after;
    if (!isPosition(after)) throw foreignCursor();
    return {
      window: given,
      position: through,
      through,
      subject: await countsOf(sources, tenant, given.id, stretch),
      content: pageOf(rowsOf(sources, tenant, given.id, { ...stretch, after }), through, given.limit),
    };
  },
);

async function countsOf(sources: Sources, tenant: string, actor: string, stretch: Stretch) {
  const counts = new Map<string, number>();
  const resources = new Set<string>();
  for await (const batch of activityIn(sources, tenant, { ...stretch, actor }))
    for (const { eventType, resourceId } of batch) {
      counts.set(eventType, (counts.get(eventType) ?? 0) + 1);
      resources.add(resourceId);
    }
  return { credential: actor, events: Object.fromEntries(counts), resources: resources.size };
}

async function* rowsOf(sources: Sources, tenant: string, actor: string, stretch: Stretch) {
  for await (const one of happenedIn(withoutPersonal(sources), tenant, { ...stretch, actor }))
    yield { row: actionOf(one), place: [one.activity.position] };
}

/** One event without the values that it changed. */
function actionOf(one: Happened): z.output<typeof actionRow> {
  const { resourceType, resourceId, revision, paths } = one.activity;
  const members = { added: 0, removed: 0 };
  for (const event of one.effects) {
    const told = toldBy(event, one.type).members;
    members.added += told?.added.length ?? 0;
    members.removed += told?.removed.length ?? 0;
  }
  return {
    ...provenanceOf(one.envelope, one.evidence),
    resource: { type: resourceType, id: resourceId },
    revision,
    paths: [...paths],
    members,
  };
}
