// The difference of two instants: of a tenant, a group or a user.
import { z } from "zod";
import type { Position } from "../eventlog/event-log.ts";
import { foreignCursor, isPosition } from "./cursor.ts";
import { evidence } from "./evidence.ts";
import { Holdings } from "./holdings.ts";
import { level, positionAt } from "./moment.ts";
import { type NetChange, netChangesOf, type Touched, touchedIn } from "./net-changes.ts";
import { pageOf, pinned } from "./page.ts";
import { id, instant } from "./parameter.ts";
import { question } from "./question.ts";
import { displayAtOrLast, typed } from "./rows.ts";
import type { Sources } from "./sources.ts";
import { describeSubject, type Subject, subjectOf } from "./subject.ts";
import { paged, type Stretch } from "./window.ts";

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
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 2);
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
  const [first, index] = after ?? ["", "-1"];
  const last = Number(index);
  if (after !== undefined && (!isPosition(first!) || !Number.isSafeInteger(last))) throw foreignCursor();
  for (const [touched, ofMember] of await scopeOf(sources, tenant, stretch, subject)) {
    const place = touched.positions[0]!;
    if (place < first!) continue;
    let resource: Row["resource"] | undefined;
    for (const [at, change] of (await netChangesOf(sources, touched, ofMember)).entries()) {
      if (place === first && at <= last) continue;
      resource ??= await namedOf(sources, tenant, touched, stretch.until);
      yield { row: { ...change, resource, events: [...change.events] }, place: [place, String(at)] };
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
  for (const [touched, ofMember] of await scopeOf(sources, tenant, stretch, subject))
    yield* await netChangesOf(sources, touched, ofMember);
}

/** What to fold: streams, or of other streams one member alone. */
async function scopeOf(
  sources: Sources,
  tenant: string,
  stretch: Stretch,
  subject: Subject | undefined,
): Promise<readonly (readonly [Touched, string?])[]> {
  if (subject === undefined) return (await touchedIn(sources, tenant, stretch)).map((one) => [one] as const);
  const touched = new Map<string, { type: string; id: string; positions: Position[] }>();
  const touch = (type: string, of: string, position: Position) => {
    const one = touched.get(of) ?? { type, id: of, positions: [] };
    one.positions.push(position);
    touched.set(of, one);
  };
  for (let after = stretch.after; ; ) {
    const batch = await sources.store.activityOf(tenant, subject.id, after, AT_ONCE, stretch.until);
    for (const { resourceType, resourceId, position } of batch) touch(resourceType, resourceId, position);
    if (batch.length < AT_ONCE) break;
    after = batch.at(-1)!.position;
  }
  for (const { target, to, cause } of await new Holdings(sources.store, tenant, stretch.until).groupsOf(subject.id))
    if (cause === "groupDeleted" && to !== null && to > stretch.after && to !== subject.to) touch("Group", target, to);
  const order = (a: Touched, b: Touched) => (a.positions[0]! < b.positions[0]! ? -1 : 1);
  return [...touched.values()]
    .sort(order)
    .map((one) => (one.id === subject.id ? ([one] as const) : ([one, subject.id] as const)));
}

const AT_ONCE = 500;

/** All rows about a resource call it the same. */
async function namedOf(
  sources: Sources,
  tenant: string,
  { type, id }: Touched,
  until: Position,
): Promise<Row["resource"]> {
  return { type, id, display: await displayAtOrLast(sources, tenant, { type, id }, until) };
}
