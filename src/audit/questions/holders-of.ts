// Everyone who held a group in a window, however briefly.
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { id } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { named, namedAt, placesOf, proven, provenIn, span, spanIn, takesTime } from "../answers/rows.ts";
import { describeSubject, subjectOf } from "../answers/subject.ts";
import { paged, type Window, windowed, windowOf } from "../answers/window.ts";
import { evidenceAt } from "../effects/evidence.ts";
import { type Holder, Holders } from "../holdings/holders.ts";
import { common, type Interval, overlap } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";

const holderRow = z.strictObject({
  user: named,
  /** In the group itself, not only through another one. */
  direct: z.boolean(),
  first: z.string(),
  /** Null: still. */
  last: z.string().nullable(),
  /** Within the window; while it lasts, up to `knownAt`. */
  heldSeconds: z.number(),
  effectiveSeconds: z.number(),
  intervals: z.array(proven),
  /** When, within these, the account was enabled. */
  effective: z.array(span),
});

export const holdersOf = question(
  "holders-of",
  {
    number: [4],
    asks: "Who held a group in a window, even briefly, directly or through nested groups, and for how long?",
    route: "/groups/:id/holders",
    parameters: z.strictObject({ id, ...windowed, ...paged }),
    row: holderRow,
    rests: "streams",
    golden: "a membership of one second",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 2);
    const group = await subjectOf(sources, tenant, "Group", given.id);
    const window = await windowOf(sources, through, given);
    const holders = await Holders.of(sources, tenant, group.id, through, window);
    const clip = await clipOf(sources, through, given);
    const rows = rowsOf(sources, tenant, holders, { window, clip, through }, cursor?.parts);
    return {
      window: given,
      position: through,
      through,
      subject: await describeSubject(sources, group, through),
      content: pageOf(rows, through, given.limit),
    };
  },
);

/** The window in microseconds, closed at what is known. */
interface Clip {
  readonly from: number;
  readonly to: number;
}

async function clipOf(
  { store }: Sources,
  through: Position,
  { from, to }: { from?: number | undefined; to?: number | undefined },
): Promise<Clip> {
  return { from: from ?? 0, to: to ?? (await store.effectiveAt(through)) };
}

async function* rowsOf(
  sources: Sources,
  tenant: string,
  holders: Holders,
  scope: { readonly window: Window; readonly clip: Clip; readonly through: Position },
  after: readonly string[] | undefined,
): AsyncGenerator<Placed> {
  for await (const holder of holders.walk(after)) {
    const { user, held, enabled, direct, place } = holder;
    const effective = common(held, enabled).filter((one) => overlap(one, scope.window));
    const proofs = await evidenceAt(sources, placesOf([...held, ...effective]));
    const seconds = (spans: Holder["held"]) => secondsOf(sources, spans, scope.clip);
    const row: z.output<typeof holderRow> = {
      user: await namedAt(sources, tenant, "User", user, scope.through),
      direct,
      first: proofs.get(held[0]!.from)!.time,
      last: held.at(-1)!.to === null ? null : proofs.get(held.at(-1)!.to!)!.time,
      heldSeconds: await seconds(held),
      effectiveSeconds: await seconds(effective),
      intervals: held.map((one) => provenIn(one, proofs)),
      effective: effective.map((one) => spanIn(one, proofs)).filter(takesTime),
    };
    yield { place, row };
  }
}

async function secondsOf({ store }: Sources, spans: readonly Interval[], clip: Clip): Promise<number> {
  let micros = 0;
  for (const { from, to } of spans) {
    const start = Math.max(clip.from, await store.effectiveAt(from));
    const end = Math.min(clip.to, to === null ? clip.to : await store.effectiveAt(to));
    micros += Math.max(0, end - start);
  }
  return micros / 1_000_000;
}
