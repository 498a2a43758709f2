// The register of erasures: who was erased, when, on whose request and why, and what stays. Persons by their ids alone: whatever
// else there was of them is what nobody can read any more.
import { z } from "zod";
import { UserErased, UserErasureCompleted } from "../../domain/events.ts";
import { readEnvelope } from "../../eventlog/envelope.ts";
import type { Position } from "../../eventlog/event-log.ts";
import type { Activity } from "../../readstore/read-store.ts";
import { foreignCursor, isPosition } from "../answers/cursor.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { question } from "../answers/question.ts";
import { paged, type Stretch, stretchOf, windowed } from "../answers/window.ts";
import { evidence, evidenceAt } from "../effects/evidence.ts";
import { type Happened, happenedIn, withoutPersonal } from "../effects/happened.ts";
import type { Sources } from "../sources.ts";

const outcome = UserErasureCompleted.data.shape;

const erasureRow = z.strictObject({
  user: z.string(),
  erased: evidence,
  reason: z.string().nullable(),
  /** The reference that the request named. */
  approval: z.string().nullable(),
  /** Null: the keys were not destroyed yet, and nothing says what stays. */
  keyDestroyed: evidence.nullable(),
  unreadable: outcome.erased.nullable(),
  remains: outcome.remains.nullable(),
});
type Row = z.output<typeof erasureRow>;

export const erasures = question(
  "erasures",
  {
    number: [32],
    asks: "Who was erased in a window, when, on whose request and why, and what stays of them?",
    route: "/erasures",
    parameters: z.strictObject({ ...windowed, ...paged }),
    row: erasureRow,
    golden: "no value of the erased; an erasure whose keys are not destroyed yet is told as such",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 1);
    const stretch = await stretchOf(sources, through, given);
    const after = cursor?.parts[0] ?? stretch.after;
    if (!isPosition(after)) throw foreignCursor();
    const rows = rowsOf(sources, tenant, { ...stretch, after }, through);
    return { window: given, position: through, through, content: pageOf(rows, through, given.limit) };
  },
);

const isErasure = ({ eventType }: { readonly eventType: string }): boolean => eventType === UserErased.type;

/** The keys may be destroyed after the window in which the person was erased. */
async function* rowsOf(sources: Sources, tenant: string, stretch: Stretch, through: Position): AsyncGenerator<Placed> {
  const users = { ...stretch, resourceType: "User" };
  for await (const erased of happenedIn(withoutPersonal(sources), tenant, users, isErasure))
    yield { row: await rowOf(sources, tenant, erased, through), place: [erased.activity.position] };
}

async function rowOf(sources: Sources, tenant: string, erased: Happened, through: Position): Promise<Row> {
  const { activity, envelope, evidence: found } = erased;
  const completed = await completionOf(sources, tenant, activity, through);
  return {
    user: activity.resourceId,
    erased: found,
    reason: UserErased.data.parse(envelope.data).reason ?? null,
    approval: envelope.metadata["approval"] ?? null,
    ...(completed ?? { keyDestroyed: null, unreadable: null, remains: null }),
  };
}

const AT_ONCE = 50;

async function completionOf(
  sources: Sources,
  tenant: string,
  { resourceId, position }: Activity,
  through: Position,
): Promise<Pick<Row, "keyDestroyed" | "unreadable" | "remains"> | undefined> {
  for (let after = position; ; ) {
    const batch = await sources.store.activityOf(tenant, resourceId, after, AT_ONCE, through);
    const at = batch.find(({ eventType }) => eventType === UserErasureCompleted.type)?.position;
    if (at !== undefined) {
      const [recorded] = await sources.log.readAt([at]);
      const { erased, remains } = UserErasureCompleted.data.parse(readEnvelope(recorded!).data);
      return { keyDestroyed: (await evidenceAt(sources, [at])).get(at)!, unreadable: erased, remains };
    }
    if (batch.length < AT_ONCE) return undefined;
    after = batch.at(-1)!.position;
  }
}
