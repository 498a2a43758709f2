// What documents say of the past: the readings and the changes before a place.
import type { Document } from "mongodb";
import { type ActivityDocument, OPEN, type VersionDocument } from "../documents.ts";
import type { Reading } from "./reading.ts";

/** Numbers in one query. */
export const SLICE = 2_000;

/** A place in the log as of which is read; absent: now. */
export type Place = number | undefined;

/** Whether a resource exists. */
export const exists = (place: Place): Record<string, unknown> =>
  place === undefined ? { until: OPEN } : { _id: { $lte: place }, until: { $gt: place } };

/** Whether a membership stands. */
export const stands = (place: Place): Record<string, unknown> =>
  place === undefined ? { to: OPEN } : { since: { $lte: place }, to: { $gt: place } };

/** Whether a document of `resources` read at a place as it does now. */
export const readsSo = ({ since }: { readonly since: number }, place: Place): boolean =>
  place === undefined || since <= place;

/** The readings that held at a place, of resources that read otherwise since. */
export const pastReadings = <Fields extends keyof VersionDocument>(
  reading: Reading,
  rids: readonly number[],
  place: number,
  fields: readonly (Fields | `ix.${string}`)[],
): Promise<readonly (Pick<VersionDocument, Fields> & Pick<VersionDocument, "rid">)[]> =>
  inSlices(rids, (slice) =>
    reading.all<VersionDocument>(
      reading.views.versions,
      { rid: { $in: slice }, since: { $lte: place }, to: { $gt: place } },
      { projection: Object.fromEntries(["rid", ...fields].map((field) => [field, 1])) },
    ),
  );

/** What the last event did. */
export interface Change {
  readonly revision: number;
  readonly at: number;
}

/** The last changes that show, at or before a place. */
export const changesBefore = (reading: Reading, rids: readonly number[], place: number) =>
  lastBefore(reading, rids, { touch: { $in: ["attributes", "members"] }, _id: { $lte: place } });

/** The last events of any kind, at or before a place. */
export const eventsBefore = (reading: Reading, rids: readonly number[], place: number) =>
  lastBefore(reading, rids, { _id: { $lte: place } });

async function lastBefore(
  reading: Reading,
  rids: readonly number[],
  which: Document,
): Promise<ReadonlyMap<number, Change>> {
  const { activity } = reading.views;
  const last = await inSlices(rids, (slice) =>
    reading.aggregate<{ readonly _id: number; readonly place: number }>(activity, [
      { $match: { rid: { $in: slice }, ...which } },
      { $group: { _id: "$rid", place: { $max: "$_id" } } },
    ]),
  );
  return activitiesAt(reading, last);
}

async function activitiesAt(
  reading: Reading,
  last: readonly { readonly _id: number; readonly place: number }[],
): Promise<ReadonlyMap<number, Change>> {
  const places = last.map(({ place }) => place);
  const rows = await inSlices(places, (slice) =>
    reading.all<ActivityDocument>(
      reading.views.activity,
      { _id: { $in: slice } },
      { projection: { rid: 1, revision: 1, at: 1 } },
    ),
  );
  return new Map(rows.map(({ rid, revision, at }) => [rid as number, { revision, at }]));
}

/** Which of these were erased at a place or before it. */
export async function erasedBy(reading: Reading, rids: readonly number[], place: number): Promise<ReadonlySet<number>> {
  const events = await inSlices(rids, (slice) =>
    reading.all<ActivityDocument>(
      reading.views.activity,
      { rid: { $in: slice }, _id: { $lte: place }, eventType: { $regex: "Erased\\z" } },
      { projection: { rid: 1 } },
    ),
  );
  return new Set(events.map(({ rid }) => rid as number));
}

/** Asks for many in bounded queries. */
export async function inSlices<Asked, Found>(
  all: readonly Asked[],
  find: (slice: Asked[]) => Promise<readonly Found[]>,
): Promise<Found[]> {
  const found: Found[] = [];
  for (let from = 0; from < all.length; from += SLICE)
    for (const each of await find(all.slice(from, from + SLICE))) found.push(each);
  return found;
}
