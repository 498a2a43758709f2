// What a batch makes of access intervals.
import type { GrantChange, ViewBatch } from "../../view-writer.ts";
import { type HoldDocument, type Holding, type MemberDocument, OPEN, type ResourceDocument } from "../documents.ts";
import { heldAfter, type Move } from "../reading/held.ts";
import type { Left, Touched } from "./ahead.ts";
import { Intervals } from "./intervals.ts";
import { heldOf, nameOf, pairOf, type StandingGrants, type Subject } from "./standing-grants.ts";
import type { WriteSet } from "./write-set.ts";

/** What a batch's intervals come to. */
interface Intervened extends Omit<Left, "resources"> {
  /** Of members that joined or left a single group: that move. */
  readonly moves: ReadonlyMap<number, Move>;
}

type Find = (change: GrantChange, id: string) => Subject | undefined;

interface Stored {
  /** What was loaded for the batch, by number. */
  readonly resources: ReadonlyMap<number, ResourceDocument>;
  readonly standing: StandingGrants;
}

/** Writes the batch's intervals, on top of what is stored and on its way. */
export async function writeGrants(
  batch: ViewBatch,
  { resources, standing }: Stored,
  writes: WriteSet,
): Promise<Intervened> {
  if (batch.grants.length === 0) return { holdings: new Map(), moves: new Map(), members: new Map(), holds: new Map() };
  const subjects = await standing.subjects(batch, resources);
  const find: Find = ({ tenant }, id) => subjects.get(nameOf(tenant, id));
  const memberships = batch.grants.filter(({ kind }) => kind === "group");
  const others = batch.grants.filter(({ kind }) => kind !== "group");
  const ofMembers = await writeMembers(memberships, { find, standing }, writes);
  return { ...ofMembers, holds: await writeHolds(others, { find, standing }, writes) };
}

interface Standing extends Pick<Stored, "standing"> {
  readonly find: Find;
}

async function writeMembers(changes: readonly GrantChange[], { find, standing }: Standing, writes: WriteSet) {
  const known = changes.flatMap((change) => {
    const [group, member] = [find(change, change.target), find(change, change.subject)];
    // What no event created cannot be seen by any reader.
    return group === undefined || member === undefined ? [] : [{ change, group, member }];
  });
  const rows = new Intervals(await standing.openMembers(known));
  const holdings = new Map<number, Holding>();
  const moves = new Map<number, Move>();
  for (const { change, group, member } of known) {
    const { tenant, open, place, cause = "removed" } = change;
    const [grp, rid] = [group.rid, member.rid];
    const key = pairOf(grp, rid);
    const fresh = { tenant, grp, member: rid, nested: member.isGroup, since: place, to: OPEN, cause: null };
    const moved = open
      ? rows.begin(key, { _id: `${key}-${place}`, ...fresh } as MemberDocument)
      : rows.end(key, place, cause);
    if (!moved) continue;
    const before = holdings.get(rid);
    if (before === undefined) moves.set(rid, change);
    else moves.delete(rid);
    holdings.set(rid, heldAfter(before ?? member.holding, change));
  }
  return { holdings, moves, members: rows.write("members", writes) };
}

async function writeHolds(
  changes: readonly GrantChange[],
  { find, standing }: Standing,
  writes: WriteSet,
): Promise<Touched<HoldDocument>> {
  const known = changes.flatMap((change) => {
    const subject = find(change, change.subject);
    return subject === undefined ? [] : [{ change, subject }];
  });
  const rows = new Intervals(await standing.openHolds(known.map(({ subject }) => subject)));
  for (const { change, subject } of known) {
    const { tenant, open, place, target, element = "", cause = "revoked" } = change;
    const kind = change.kind as HoldDocument["kind"];
    const key = heldOf(subject.rid, change);
    const _id = `${subject.rid}-${kind}-${place}-${element}-${target}`;
    const fresh = { _id, tenant, rid: subject.rid, kind, target, element, since: place, to: OPEN, cause: null };
    if (open) rows.begin(key, fresh as HoldDocument);
    else rows.end(key, place, cause);
  }
  return rows.write("holds", writes);
}
