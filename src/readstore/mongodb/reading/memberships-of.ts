// Memberships as they are answered: names, times and versions are read for a page alone.
import type { MembershipNow } from "../../memberships.ts";
import { type Member, PAGE_LENGTH } from "../../read-store.ts";
import type { ActivityDocument, ResourceDocument } from "../documents.ts";
import { changesBefore, inSlices, type Place } from "./past.ts";
import type { Reading } from "./reading.ts";
import { displaysOf } from "./resource-reader.ts";
import type { StandingRow } from "./standing.ts";

/** Those looked up at first, and after short names: a name can be as long as a request. */
const FEW = 100;
const MANY = 1_000;
/** UTF-16 units. */
const SHORT = 65_536;

type End = Pick<ResourceDocument, "_id" | "id" | "type" | "display" | "since" | "place" | "version">;

/** As many of the first as fit (`PAGE_LENGTH`), but never less than one. */
export async function membershipsOf(
  reading: Reading,
  rows: readonly StandingRow[],
  place: Place,
): Promise<readonly MembershipNow[]> {
  const memberships: MembershipNow[] = [];
  let length = 0;
  for (let from = 0, size = FEW; from < rows.length; from += size, size = length < SHORT ? MANY : FEW)
    for (const membership of await lookedUp(reading, rows.slice(from, from + size), place)) {
      length += (membership.group.display?.length ?? 0) + (membership.member.display?.length ?? 0);
      if (length > PAGE_LENGTH && memberships.length > 0) return memberships;
      memberships.push(membership);
    }
  return memberships;
}

async function lookedUp(reading: Reading, rows: readonly StandingRow[], place: Place): Promise<MembershipNow[]> {
  const rids = [...new Set(rows.flatMap(({ group, member }) => [group, member]))];
  const documents = await inSlices(rids, (slice) =>
    reading.all<ResourceDocument, End>(
      reading.views.resources,
      { _id: { $in: slice } },
      { projection: { id: 1, type: 1, display: 1, since: 1, place: 1, version: 1 } },
    ),
  );
  const ends = new Map(documents.map((document) => [document._id, document]));
  const displays = await displaysOf(reading, documents, place);
  const beginnings = await beginningsOf(reading, rows);
  const versions = await versionsOf(reading, [...new Set(rows.map(({ group }) => group))], ends, place);
  return rows.map(({ group, member, since }) => {
    const [of, who] = [ends.get(group)!, ends.get(member)!];
    const { at, revision } = beginnings.get(since)!;
    return {
      group: { value: of.id, display: displays.get(group) ?? null },
      groupVersion: versions.get(group)!,
      member: { value: who.id, type: who.type as Member["type"], display: displays.get(member) ?? null },
      since: at,
      revision,
    };
  });
}

/** The events with which memberships began, by place. */
async function beginningsOf(reading: Reading, rows: readonly StandingRow[]) {
  const events = await inSlices([...new Set(rows.map(({ since }) => since))], (slice) =>
    reading.all<ActivityDocument>(
      reading.views.activity,
      { _id: { $in: slice } },
      { projection: { at: 1, revision: 1 } },
    ),
  );
  return new Map(events.map(({ _id, at, revision }) => [_id, { at, revision }]));
}

async function versionsOf(
  reading: Reading,
  groups: readonly number[],
  ends: ReadonlyMap<number, End>,
  place: Place,
): Promise<ReadonlyMap<number, number>> {
  const moved = place === undefined ? [] : groups.filter((group) => ends.get(group)!.place > place);
  const versions = new Map(groups.map((group) => [group, ends.get(group)!.version]));
  for (const [group, { revision }] of await changesBefore(reading, moved, place ?? 0)) versions.set(group, revision);
  return versions;
}
