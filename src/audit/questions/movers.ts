// People who changed place and kept what they had: who was moved, and which of the groups held before were still held days later.
import { z } from "zod";
import { attributeChange } from "../../domain/events.ts";
import type { Position } from "../../eventlog/event-log.ts";
import { enterpriseUserSchema } from "../../scim/schema/enterprise-user.ts";
import { isWithin, pathOf } from "../answers/attribute.ts";
import { foreignCursor, isPosition } from "../answers/cursor.ts";
import { formatInstant } from "../answers/instant.ts";
import { level, positionAt } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { question } from "../answers/question.ts";
import { named, namedAt } from "../answers/rows.ts";
import { paged, type Stretch, stretchOf, windowed } from "../answers/window.ts";
import { evidence, evidenceAt } from "../effects/evidence.ts";
import { type Happened, happenedIn, toldBy } from "../effects/happened.ts";
import { shownChanges } from "../effects/secrets.ts";
import { Holdings } from "../holdings/holdings.ts";
import { holdsAt, preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";

const DAY = 86_400_000_000;
const MOST_DAYS = 3_650;
/** What counts as a move unless the question names attributes. */
const MOVES = [
  "title",
  ...["costCenter", "organization", "division", "department", "manager"].map(
    (name) => `${enterpriseUserSchema.id}:${name}`,
  ),
];

const moverRow = z.strictObject({
  user: named,
  moved: evidence,
  changes: z.array(attributeChange),
  /** When the retained groups were looked at: so many days after the move, or now where that has not come. */
  lookedAt: z.string(),
  retained: z.array(z.strictObject({ group: named, since: evidence })),
});

const days = z.string().transform((text, context) => {
  const count = Number(text);
  if (String(count) === text && Number.isInteger(count) && count >= 0 && count <= MOST_DAYS) return count;
  context.addIssue({ code: "custom", message: `must be a whole number from 0 to ${MOST_DAYS}` });
  return z.NEVER;
});

export const movers = question(
  "movers",
  {
    number: [20],
    asks: "Who changed department, title or manager, and still held the groups of before so many days later?",
    route: "/movers",
    parameters: z.strictObject({
      ...windowed,
      days: days.default(30),
      /** Joined by commas; without it: title, and the enterprise attributes that place a person. */
      attributes: z.string().optional(),
      ...paged,
    }),
    row: moverRow,
    golden:
      "a group left and joined again after the move is not retained; which attribute counts is the asker's choice",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 1);
    const stretch = await stretchOf(sources, through, given);
    const after = cursor?.parts[0] ?? stretch.after;
    if (!isPosition(after)) throw foreignCursor();
    const paths = (given.attributes?.split(",") ?? MOVES).map((name) =>
      pathOf(sources.types.typesOf(tenant).user, name),
    );
    const rows = rowsOf(sources, tenant, { ...stretch, after }, { through, paths, days: given.days });
    return { window: given, position: through, through, content: pageOf(rows, through, given.limit) };
  },
);

interface Scope {
  readonly through: Position;
  readonly paths: readonly string[];
  readonly days: number;
}

async function* rowsOf(sources: Sources, tenant: string, stretch: Stretch, scope: Scope): AsyncGenerator<Placed> {
  const isMove = (path: string) => scope.paths.some((asked) => isWithin(path, asked));
  const holdings = new Holdings(sources.store, tenant, scope.through);
  const asked = ({ eventType, paths }: { eventType: string; paths: readonly string[] }) =>
    eventType === "UserAttributesChanged" && paths.some(isMove);
  for await (const one of happenedIn(sources, tenant, { ...stretch, resourceType: "User" }, asked)) {
    const { position, resourceId, effectiveAt } = one.activity;
    const lookedAt = await positionAt(sources, scope.through, effectiveAt + scope.days * DAY);
    const groups = (await holdings.read(resourceId)).filter(
      (held) => held.kind === "group" && holdsAt(held, preceding(position)) && holdsAt(held, lookedAt),
    );
    if (groups.length === 0) continue;
    const proofs = await evidenceAt(
      sources,
      groups.map(({ from }) => from),
    );
    const retained: z.output<typeof moverRow>["retained"] = [];
    for (const { target, from } of groups)
      retained.push({ group: await namedAt(sources, tenant, "Group", target, lookedAt), since: proofs.get(from)! });
    const row: z.output<typeof moverRow> = {
      user: await namedAt(sources, tenant, "User", resourceId, scope.through),
      moved: one.evidence,
      changes: changesOf(one).filter(({ path }) => isMove(path)),
      lookedAt: formatInstant(await sources.store.effectiveAt(lookedAt)),
      retained,
    };
    yield { row, place: [position] };
  }
}

const changesOf = ({ event, type }: Happened) => [...shownChanges(type, toldBy(event, type).changes)];
