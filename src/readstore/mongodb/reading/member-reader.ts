// Reads the members of one group. Their order is that of their numbers, so that a page of rows and the page of their resources
// go side by side.
import type { Member } from "../../read-store.ts";
import { PAGE_LENGTH } from "../../read-store.ts";
import { type MemberDocument, OPEN, type ResourceDocument } from "../documents.ts";
import { lifeOf, livesAt, livesByIds, numberAfter } from "./lives.ts";
import { exists, inSlices, type Place, stands } from "./past.ts";
import type { Reading, Reads } from "./reading.ts";
import { displaysOf } from "./resource-reader.ts";

/** Rows of the first page within an answer; names are long rarely, but can be as long as a request. */
const FEW = 100;
const MANY = 2_000;
/** UTF-16 units of names after which the next page within an answer is a short one. */
const LONG = 65_536;

/** The index that has a group's rows in order. */
const inOrder = (place: Place): "now" | "then" => (place === undefined ? "now" : "then");

export class MemberReader {
  readonly #reads: Reads;

  constructor(reads: Reads) {
    this.#reads = reads;
  }

  members(tenant: string, group: string, after: string | null, limit: number, place: Place): Promise<Member[]> {
    return this.#reads.snapshot(async (reading) => {
      const page = await membersIn(reading, { tenant, group, after, limit, place });
      return page.map(([member]) => member);
    });
  }

  /** Which of these ids are members now. */
  membersAmong(tenant: string, group: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return Promise.resolve(new Set());
    return this.#reads.snapshot(async (reading) => {
      const lives = await livesByIds(reading, tenant, [group, ...ids]);
      const grp = lives.get(group)?.rid;
      if (grp === undefined) return new Set<string>();
      const asked = new Map(ids.flatMap((id) => [[lives.get(id)?.rid ?? 0, id] as const]));
      const rows = await inSlices([...asked.keys()], (slice) =>
        reading.all<MemberDocument>(
          reading.views.members,
          { grp, to: OPEN, member: { $in: slice } },
          { projection: { _id: 0, member: 1 } },
        ),
      );
      return new Set(rows.flatMap(({ member }) => asked.get(member) ?? []));
    });
  }

  /** Live groups that hold an id now, in order of their ids. */
  groupsHolding(tenant: string, member: string): Promise<readonly string[]> {
    return this.#reads.snapshot(async (reading) => {
      const life = await lifeOf(reading, tenant, member);
      if (life === undefined) return [];
      const rows = await reading.all<MemberDocument>(
        reading.views.members,
        { member: life.rid, to: OPEN },
        { projection: { _id: 0, grp: 1 } },
      );
      const groups = await existing(
        reading,
        rows.map(({ grp }) => grp),
        undefined,
      );
      return groups.map(({ id }) => id).sort();
    });
  }

  /** Ids of the groups among the members of a group, in order of their creation. */
  nestedGroups(tenant: string, group: string, place: Place): Promise<readonly string[]> {
    return this.#reads.snapshot(async (reading) => {
      const life = await lifeOf(reading, tenant, group);
      if (life?.type !== "Group" || !livesAt(life, place)) return [];
      const rows = await reading.all<MemberDocument>(
        reading.views.members,
        { grp: life.rid, nested: true, ...stands(place) },
        { projection: { _id: 0, member: 1 }, sort: { member: 1 } },
      );
      const groups = await existing(
        reading,
        rows.map(({ member }) => member),
        place,
      );
      return groups.map(({ id }) => id);
    });
  }
}

/** Those of some resources that exist, in order of their numbers. */
const existing = async (reading: Reading, rids: readonly number[], place: Place) =>
  (
    await inSlices(rids, (slice) =>
      reading.all<ResourceDocument>(
        reading.views.resources,
        { $and: [{ _id: { $in: slice } }, exists(place)] },
        { projection: { id: 1 } },
      ),
    )
  ).sort((a, b) => a._id - b._id);

export interface PageOfMembers {
  readonly tenant: string;
  readonly group: string;
  /** Id of the member after which the page begins. */
  readonly after: string | null;
  readonly limit: number;
  readonly place: Place;
}

/** A page of members with their numbers; none of what is no group, or does not exist. */
export async function membersIn(
  reading: Reading,
  { tenant, group, after, limit, place }: PageOfMembers,
): Promise<readonly (readonly [Member, number])[]> {
  const life = await lifeOf(reading, tenant, group);
  if (life?.type !== "Group" || !livesAt(life, place) || limit <= 0) return [];
  const members: (readonly [Member, number])[] = [];
  let length = 0;
  for (let last = await numberAfter(reading, tenant, after), size = FEW; ; ) {
    reading.mustGoOn();
    const rows = await reading.all<MemberDocument>(
      reading.views.members,
      { grp: life.rid, member: { $gt: last }, ...stands(place) },
      { projection: { _id: 0, member: 1 }, sort: { member: 1 }, limit: size, hint: inOrder(place) },
    );
    const rids = rows.map(({ member }) => member);
    for (const one of await named(reading, rids, place)) {
      members.push(one);
      length += one[0].display?.length ?? 0;
      if (members.length === limit || length > PAGE_LENGTH) return members;
    }
    if (rows.length < size) return members;
    last = rids.at(-1)!;
    size = length > LONG ? FEW : Math.min(MANY, limit);
  }
}

/** Those of some resources that exist, with their names, in order of their numbers. */
async function named(
  reading: Reading,
  rids: readonly number[],
  place: Place,
): Promise<readonly (readonly [Member, number])[]> {
  const documents = await reading.all<ResourceDocument>(
    reading.views.resources,
    { $and: [{ _id: { $in: rids } }, exists(place)] },
    { projection: { id: 1, type: 1, display: 1, since: 1 }, sort: { _id: 1 } },
  );
  const displays = await displaysOf(reading, documents, place);
  return documents.map(({ _id, id, type }) => [
    { value: id, type: type as Member["type"], display: displays.get(_id) ?? null },
    _id,
  ]);
}
