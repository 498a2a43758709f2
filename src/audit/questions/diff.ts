// The difference of two instants: of a tenant, a group or a user.
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { foreignCursor, isPosition } from "../answers/cursor.ts";
import { level, positionAt } from "../answers/moment.ts";
import { pageOf, pinned } from "../answers/page.ts";
import { id, instant } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { displayAtOrLast, typed } from "../answers/rows.ts";
import { describeSubject, type Subject, subjectOf } from "../answers/subject.ts";
import { paged, type Stretch } from "../answers/window.ts";
import { evidence } from "../effects/evidence.ts";
import { type Folding, type NetChange, netChangesOf, type Touched, touchedIn } from "../effects/net-changes.ts";
import { type Deaths, deathsBehind } from "../holdings/ended-by-death.ts";
import { Holdings } from "../holdings/holdings.ts";
import type { Sources } from "../sources.ts";

const diffRow = z.strictObject({
  resource: typed,
  kind: z.enum(["created", "deleted", "added", "removed", "changed", "reverted", "erased"]),
  path: z.string().optional(),
  /** Which element of a multi-valued attribute. */
  element: z.string().optional(),
  /** Who came into the group, or left it. */
  member: z.string().optional(),
  before: z.json().optional(),
  after: z.json().optional(),
  /** First to last; more than one where it changed more than once. */
  events: z.array(evidence),
});

type Row = z.output<typeof diffRow>;

export const diff = question(
  "diff",
  {
    number: [5],
    asks: "What differs between two instants, by which events, and what changed in between and back again?",
    route: "/diff",
    parameters: z
      .strictObject({
        from: instant,
        to: instant.optional(),
        type: z.string().optional(),
        id: id.optional(),
        ...paged,
      })
      .refine(({ type, id: of }) => (type === undefined) === (of === undefined), {
        message: "type: a resource is named by its type and its id together",
      }),
    row: diffRow,
    golden: "a change that was reverted shows; a plain comparison would hide it",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 3);
    // The state at `from` and the state at `to`: each after every event at or before it.
    const stretch = {
      after: await positionAt(sources, through, given.from),
      until: await positionAt(sources, through, given.to),
    };
    const subject = given.type === undefined ? undefined : await subjectOf(sources, tenant, given.type, given.id!);
    const rows = rowsOf(sources, tenant, stretch, subject, cursor?.parts);
    return {
      window: { from: given.from, to: given.to },
      position: stretch.until,
      through,
      ...(subject === undefined ? {} : { subject: await describeSubject(sources, subject, through) }),
      content: pageOf(rows, through, given.limit),
    };
  },
);

async function* rowsOf(
  sources: Sources,
  tenant: string,
  stretch: Stretch,
  subject: Subject | undefined,
  after: readonly string[] | undefined,
): AsyncGenerator<{ readonly row: Row; readonly place: readonly string[] }> {
  const [first, of = "", index] = after ?? ["", "", "-1"];
  const last = Number(index);
  if (after !== undefined && (!isPosition(first!) || !Number.isSafeInteger(last))) throw foreignCursor();
  for (const [touched, folding] of await scopeOf(sources, tenant, stretch, subject)) {
    const place = placeOf(touched);
    const { id } = touched;
    if (place < first! || (place === first && id < of)) continue;
    let resource: Row["resource"] | undefined;
    for (const [at, change] of (await netChangesOf(sources, touched, folding)).entries()) {
      if (place === first && id === of && at <= last) continue;
      resource ??= await namedOf(sources, tenant, touched, stretch.until);
      yield { row: { ...change, resource, events: [...change.events] }, place: [place, id, String(at)] };
    }
  }
}

/** All differences, without pages. */
export async function* differencesIn(
  sources: Sources,
  tenant: string,
  stretch: Stretch,
  subject: Subject | undefined,
): AsyncGenerator<NetChange> {
  for (const [touched, folding] of await scopeOf(sources, tenant, stretch, subject))
    yield* await netChangesOf(sources, touched, folding);
}

/** What to fold: streams, or of other streams one member alone. */
async function scopeOf(
  sources: Sources,
  tenant: string,
  stretch: Stretch,
  subject: Subject | undefined,
): Promise<readonly (readonly [Touched, Folding])[]> {
  const { after } = stretch;
  if (subject === undefined) return (await everythingIn(sources, tenant, stretch)).map((one) => [one, { after }]);
  const touched = new Map<string, { type: string; id: string; positions: Position[]; deaths?: Deaths }>();
  const at = (type: string, of: string) => {
    const one = touched.get(of) ?? { type, id: of, positions: [] };
    touched.set(of, one);
    return one;
  };
  for (let after = stretch.after; ; ) {
    const batch = await sources.store.activityOf(tenant, subject.id, after, AT_ONCE, stretch.until);
    for (const { resourceType, resourceId, position } of batch) at(resourceType, resourceId).positions.push(position);
    if (batch.length < AT_ONCE) break;
    after = batch.at(-1)!.position;
  }
  for (const { target, to, cause } of await new Holdings(sources.store, tenant, stretch.until).groupsOf(subject.id)) {
    if (to === null || to <= stretch.after) continue;
    if (to === subject.to) at("Group", target).deaths = new Map([[subject.id, to]]);
    else if (cause === "groupDeleted") at("Group", target).positions.push(to);
  }
  if (subject.type === "Group") {
    const deaths = await deathsBehind(sources, tenant, subject.id, stretch);
    if (deaths.size > 0) at(subject.type, subject.id).deaths = deaths;
  }
  return foldings([...touched.values()], subject, stretch);
}

const foldings = (touched: readonly Touched[], subject: Subject, { after }: Stretch) =>
  touched
    .toSorted(byPlace)
    .map((one) => [one, one.id === subject.id ? { after } : { after, ofMember: subject.id }] as const);

const AT_ONCE = 500;

/** Where the first of what happened to it did. */
const placeOf = ({ positions, deaths }: Touched): Position => [...positions, ...(deaths?.values() ?? [])].sort()[0]!;
/** A death is one place for all that it was in. */
const byPlace = (a: Touched, b: Touched): number => (nameOf(a) < nameOf(b) ? -1 : 1);
const nameOf = (touched: Touched): string => `${placeOf(touched)} ${touched.id}`;

/** What was touched, and the groups of whoever died: they were left with that, whenever it was written down. */
async function everythingIn(sources: Sources, tenant: string, stretch: Stretch): Promise<readonly Touched[]> {
  const touched = new Map((await touchedIn(sources, tenant, stretch)).map((one) => [one.id, one]));
  const holdings = new Holdings(sources.store, tenant, stretch.until);
  for (const { id, deleted } of [...touched.values()]) {
    if (deleted === undefined) continue;
    for (const { kind, target, to } of await holdings.read(id)) {
      if (kind !== "group" || to !== deleted) continue;
      const group = touched.get(target) ?? { type: "Group", id: target, positions: [] };
      touched.set(target, { ...group, deaths: new Map([...(group.deaths ?? []), [id, deleted]]) });
    }
  }
  return [...touched.values()].sort(byPlace);
}

/** All rows about a resource call it the same. */
async function namedOf(
  sources: Sources,
  tenant: string,
  { type, id }: Touched,
  until: Position,
): Promise<Row["resource"]> {
  return { type, id, display: await displayAtOrLast(sources, tenant, { type, id }, until) };
}
