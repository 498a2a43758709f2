// How much memberships moved, a group and day at a time, and the largest single request behind it.
import { z } from "zod";
import type { Position } from "../eventlog/event-log.ts";
import { foreignCursor } from "./cursor.ts";
import { actor } from "./evidence.ts";
import { type Happened, happenedIn, toldBy, withoutPersonal } from "./happened.ts";
import { formatInstant } from "./instant.ts";
import { level } from "./moment.ts";
import { type Placed, pageOf, pinned } from "./page.ts";
import { id } from "./parameter.ts";
import { question } from "./question.ts";
import { named, namedAt } from "./rows.ts";
import type { Sources } from "./sources.ts";
import { paged, type Stretch, stretchOf, windowed } from "./window.ts";

const largest = z.strictObject({ requestId: z.string(), actor, added: z.int(), removed: z.int() });

const churnRow = z.strictObject({
  /** UTC. */
  day: z.string(),
  group: named,
  added: z.int(),
  removed: z.int(),
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
    golden: "a removal of many in one request stands out from as many requests",
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

interface Cell {
  readonly day: string;
  readonly group: string;
  readonly requests: Map<string, z.output<typeof largest>>;
}

interface Scope {
  readonly through: Position;
  readonly group: string | undefined;
  readonly first: number;
}

async function* rowsOf(sources: Sources, tenant: string, stretch: Stretch, scope: Scope): AsyncGenerator<Placed> {
  const cells = await cellsOf(sources, tenant, stretch, scope.group);
  for (const [index, { day, group, requests }] of cells.entries()) {
    if (index < scope.first) continue;
    const all = [...requests.values()];
    const sum = (name: "added" | "removed") => all.reduce((total, request) => total + request[name], 0);
    const row: z.output<typeof churnRow> = {
      day,
      group: await namedAt(sources, tenant, "Group", group, scope.through),
      added: sum("added"),
      removed: sum("removed"),
      requests: all.length,
      largest: all.reduce((a, b) => (b.added + b.removed > a.added + a.removed ? b : a)),
    };
    yield { row, place: [String(index)] };
  }
}

async function cellsOf(
  sources: Sources,
  tenant: string,
  stretch: Stretch,
  group: string | undefined,
): Promise<readonly Cell[]> {
  const cells = new Map<string, Cell>();
  const asked = ({ paths, resourceId }: { paths: readonly string[]; resourceId: string }) =>
    paths.includes("members") && (group === undefined || resourceId === group);
  for await (const one of happenedIn(withoutPersonal(sources), tenant, { ...stretch, resourceType: "Group" }, asked))
    count(cells, one);
  return [...cells.values()];
}

function count(cells: Map<string, Cell>, { activity, effects, evidence, type }: Happened): void {
  const { resourceId: group, effectiveAt } = activity;
  const day = formatInstant(effectiveAt).slice(0, 10);
  const cell = cells.get(`${day} ${group}`) ?? { day, group, requests: new Map() };
  const { requestId } = evidence;
  const request = cell.requests.get(requestId) ?? { requestId, actor: evidence.actor, added: 0, removed: 0 };
  for (const event of effects) {
    const { members } = toldBy(event, type);
    request.added += members?.added.length ?? 0;
    request.removed += members?.removed.length ?? 0;
  }
  cell.requests.set(requestId, request);
  cells.set(`${day} ${group}`, cell);
}
