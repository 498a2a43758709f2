// How much memberships moved, a group and day at a time, and the largest single request behind it.
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { type Activity, type Member, mayGoOn } from "../../readstore/read-store.ts";
import { foreignCursor } from "../answers/cursor.ts";
import { formatInstant } from "../answers/instant.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { id } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { named, namedAt } from "../answers/rows.ts";
import { paged, type Stretch, stretchOf, windowed } from "../answers/window.ts";
import { actor } from "../effects/evidence.ts";
import { activityIn, type Happened, happened, toldBy, withoutPersonal } from "../effects/happened.ts";
import { preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";

const largest = z.strictObject({ requestId: z.string(), actor, added: z.int(), removed: z.int() });

const churnRow = z.strictObject({
  /** UTC. */
  day: z.string(),
  group: named,
  added: z.int(),
  removed: z.int(),
  /** Of those removed: taken out, or gone with their own life or with that of the group. */
  causes: z.strictObject({ removed: z.int(), userDeleted: z.int(), groupDeleted: z.int() }),
  requests: z.int(),
  /** The request that moved most members: a full sync of an identity provider is one. */
  largest,
});

export const churn = question(
  "churn",
  {
    number: [30],
    asks: "How many members came and went, a group and day at a time, and which request moved most?",
    route: "/churn",
    parameters: z.strictObject({ group: id.optional(), ...windowed, ...paged }),
    row: churnRow,
    names: { group: "group" },
    golden: "a removal of many in one request stands out from as many requests; a deletion ends memberships, too",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 1);
    const first = cursor === undefined ? 0 : Number(cursor.parts[0]) + 1;
    if (!Number.isSafeInteger(first) || first < 0) throw foreignCursor();
    const stretch = await stretchOf(sources, through, given);
    const rows = rowsOf(sources, tenant, stretch, { through, group: given.group, first });
    return { window: given, position: through, through, content: pageOf(rows, through, given.limit) };
  },
);

type Cause = keyof z.output<typeof churnRow>["causes"];

interface Cell {
  readonly day: string;
  readonly group: string;
  readonly causes: Record<Cause, number>;
  readonly requests: Map<string, z.output<typeof largest>>;
}

interface Scope {
  readonly through: Position;
  readonly group: string | undefined;
  readonly first: number;
}

async function* rowsOf(sources: Sources, tenant: string, stretch: Stretch, scope: Scope): AsyncGenerator<Placed> {
  const cells = await cellsOf(sources, tenant, stretch, scope.group);
  for (const [index, { day, group, causes, requests }] of cells.entries()) {
    if (index < scope.first) continue;
    const all = [...requests.values()];
    const sum = (name: "added" | "removed") => all.reduce((total, request) => total + request[name], 0);
    const row: z.output<typeof churnRow> = {
      day,
      group: await namedAt(sources, tenant, "Group", group, scope.through),
      added: sum("added"),
      removed: sum("removed"),
      causes,
      requests: all.length,
      largest: all.reduce((a, b) => (b.added + b.removed > a.added + a.removed ? b : a)),
    };
    yield { row, place: [String(index)] };
  }
}

/** How many memberships of one group began or ended by one event. */
type Move = readonly [group: string, change: "added" | Cause, count: number];

const CAUSES: ReadonlyMap<string, Cause> = new Map([
  ["UserDeleted", "userDeleted"],
  ["GroupDeleted", "groupDeleted"],
]);

/** Events that are opened together. */
const AT_ONCE = 50;

async function cellsOf(
  sources: Sources,
  tenant: string,
  stretch: Stretch,
  group: string | undefined,
): Promise<readonly Cell[]> {
  const cells = new Map<string, Cell>();
  const isAsked = ({ eventType, resourceType, paths }: Activity) =>
    CAUSES.has(eventType) || (resourceType === "Group" && paths.includes("members"));
  for await (const batch of activityIn(sources, tenant, stretch)) {
    const asked = batch.filter(isAsked);
    for (let start = 0; start < asked.length; start += AT_ONCE) {
      const all = await happened(withoutPersonal(sources), asked.slice(start, start + AT_ONCE));
      const moved = membersMovedBy(all);
      const lives = await sources.store.namedLives(tenant, moved, stretch.until);
      for (const one of all) {
        const isDead = (id: string) => (lives.get(id)?.to ?? one.activity.position) < one.activity.position;
        const moves = CAUSES.has(one.activity.eventType)
          ? await movesByDeath(sources, tenant, one.activity)
          : movesByHand(one, isDead);
        for (const move of moves) if (group === undefined || move[0] === group) count(cells, one, move);
      }
    }
  }
  return [...cells.values()];
}

const toldOf = ({ effects, type }: Happened) => effects.flatMap((event) => toldBy(event, type).members ?? []);

const membersMovedBy = (all: readonly Happened[]): readonly string[] => [
  ...new Set(all.flatMap((one) => toldOf(one).flatMap(({ added, removed }) => [...added, ...removed]))),
];

/** The dead are taken out behind their deletion, by which their memberships ended. */
function movesByHand(one: Happened, isDead: (id: string) => boolean): readonly Move[] {
  const { resourceId: group } = one.activity;
  const alive = (ids: readonly string[]) => ids.filter((id) => !isDead(id)).length;
  return toldOf(one).flatMap(({ added, removed }): readonly Move[] => [
    [group, "added", alive(added)],
    [group, "removed", alive(removed)],
  ]);
}

/** The deleted was in groups, and a group had members. */
async function movesByDeath(
  { store }: Sources,
  tenant: string,
  { eventType, resourceId: id, position }: Activity,
): Promise<readonly Move[]> {
  const cause = CAUSES.get(eventType)!;
  const held = await store.grantsOf(tenant, id, preceding(position), position);
  const moves = held.flatMap(({ kind, target }): readonly Move[] => (kind === "group" ? [[target, cause, 1]] : []));
  return eventType === "GroupDeleted"
    ? [...moves, [id, cause, await membersBefore(store, tenant, id, position)]]
    : moves;
}

const MEMBERS_AT_ONCE = 1_000;

async function membersBefore(
  store: Sources["store"],
  tenant: string,
  group: string,
  position: Position,
): Promise<number> {
  let members = 0;
  for (let after: string | null = null; ; ) {
    const page: readonly Member[] = await store.members(tenant, group, after, MEMBERS_AT_ONCE, preceding(position));
    members += page.length;
    if (!mayGoOn(page, MEMBERS_AT_ONCE)) return members;
    after = page.at(-1)!.value;
  }
}

function count(cells: Map<string, Cell>, { activity, evidence }: Happened, [group, change, members]: Move): void {
  if (members === 0) return;
  const day = formatInstant(activity.effectiveAt).slice(0, 10);
  const none = { removed: 0, userDeleted: 0, groupDeleted: 0 };
  const cell = cells.get(`${day} ${group}`) ?? { day, group, causes: none, requests: new Map() };
  const { requestId } = evidence;
  const request = cell.requests.get(requestId) ?? { requestId, actor: evidence.actor, added: 0, removed: 0 };
  request[change === "added" ? "added" : "removed"] += members;
  if (change !== "added") cell.causes[change] += members;
  cell.requests.set(requestId, request);
  cells.set(`${day} ${group}`, cell);
}
