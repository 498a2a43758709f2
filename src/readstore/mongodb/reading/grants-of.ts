// Access intervals of one subject. An interval ends at the earliest of its own end, the end of its subject's life and the end
// of its group's life.
import { ordinalOf, type Position, positionOf } from "../../../eventlog/event-log.ts";
import type { EndCause, Grant } from "../../read-store.ts";
import { type HoldDocument, type MemberDocument, OPEN, type ResourceDocument } from "../documents.ts";
import { type Life, lifeOf } from "./lives.ts";
import { inSlices } from "./past.ts";
import type { Reading } from "./reading.ts";

interface End {
  readonly to: number;
  readonly cause: EndCause | null;
}

/** Where nothing else ends it. */
const NEVER: End = { to: OPEN, cause: null };

/** Grants of a subject that overlap [from, to), oldest first. */
export async function grantsOf(
  reading: Reading,
  tenant: string,
  subject: string,
  from: Position,
  to: Position,
): Promise<Grant[]> {
  const life = await lifeOf(reading, tenant, subject);
  if (life === undefined) return [];
  const [first, end] = [ordinalOf(from), ordinalOf(to)];
  const within = { since: { $lt: end }, to: { $gt: first } };
  const rows = await reading.all<MemberDocument>(reading.views.members, { member: life.rid, ...within });
  const holds = await reading.all<HoldDocument>(reading.views.holds, { rid: life.rid, ...within });
  const groups = await groupsOf(
    reading,
    rows.map(({ grp }) => grp),
  );
  const own = deathOf(life);
  const grants: (Grant & { readonly since: number })[] = [];
  const add = (kind: Grant["kind"], target: string, row: End & { readonly since: number }, ...others: End[]) => {
    const { since } = row;
    // Of two ends at one place the first that is named tells the cause.
    const last = [row, own, ...others].reduce((least, other) => (other.to < least.to ? other : least));
    if (last.to <= since || last.to <= first) return;
    const until = last.to === OPEN ? { to: null, cause: null } : { to: positionOf(last.to), cause: last.cause };
    grants.push({ kind, subject, target, from: positionOf(since), ...until, since });
  };
  for (const row of rows) {
    const group = groups.get(row.grp)!;
    add("group", group.id, row, group.until === OPEN ? NEVER : { to: group.until, cause: "groupDeleted" });
  }
  for (const row of holds) add(row.kind, row.target, row);
  return grants.sort((a, b) => a.since - b.since).map(({ since: _, ...grant }) => grant);
}

const deathOf = ({ until, type }: Life): End =>
  until === OPEN ? NEVER : { to: until, cause: type === "Group" ? "groupDeleted" : "userDeleted" };

async function groupsOf(
  reading: Reading,
  rids: readonly number[],
): Promise<ReadonlyMap<number, Pick<ResourceDocument, "id" | "until">>> {
  const found = await inSlices([...new Set(rids)], (slice) =>
    reading.all<ResourceDocument>(
      reading.views.resources,
      { _id: { $in: slice } },
      { projection: { id: 1, until: 1 } },
    ),
  );
  return new Map(found.map(({ _id, id, until }) => [_id, { id, until }]));
}
