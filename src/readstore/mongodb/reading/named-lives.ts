// Lives, and what resources were called at a place: the dead, as they last were.
import { positionOf } from "../../../eventlog/event-log.ts";
import type { JsonObject } from "../../../scim/json.ts";
import type { NamedLife } from "../../walks.ts";
import { OPEN, type ResourceDocument, type VersionDocument } from "../documents.ts";
import { inSlices } from "./past.ts";
import type { Reading } from "./reading.ts";

/** What a name is taken from, in this order. */
const NAMES = ["displayName", "userName", "display"] as const;

type Named = Pick<ResourceDocument, "_id" | "id" | "type" | "since" | "until" | "display">;

/** As `HistoryWalks.namedLives`. */
export async function namedLives(
  reading: Reading,
  tenant: string,
  ids: readonly string[],
  place: number,
): Promise<ReadonlyMap<string, NamedLife>> {
  const documents = await inSlices([...new Set(ids)], (slice) =>
    reading.all<ResourceDocument, Named>(
      reading.views.resources,
      { tenant, id: { $in: slice } },
      { projection: { id: 1, type: 1, since: 1, until: 1, display: 1 } },
    ),
  );
  const names = await namesOf(
    reading,
    documents.filter(({ _id }) => _id <= place),
    place,
  );
  return new Map(
    documents.map(({ _id, id, type, until }) => [
      id,
      {
        type,
        id,
        from: positionOf(_id),
        to: until === OPEN ? null : positionOf(until),
        display: names.get(_id) ?? null,
      },
    ]),
  );
}

async function namesOf(
  reading: Reading,
  documents: readonly Named[],
  place: number,
): Promise<ReadonlyMap<number, string | null>> {
  const names = new Map(documents.map(({ _id, display }) => [_id, display]));
  // Where it reads as it did then, or did last.
  const lastOf = ({ until }: Named): number => (until <= place ? until - 1 : place);
  const isLate = (document: Named): boolean => document.since > lastOf(document);
  const plain = documents.filter((document) => document.display === null && !isLate(document)).map(({ _id }) => _id);
  const bodies = await inSlices(plain, (slice) =>
    reading.all<ResourceDocument>(reading.views.resources, { _id: { $in: slice } }, { projection: { body: 1 } }),
  );
  for (const { _id, body } of bodies) names.set(_id, nameIn(body));
  const late = documents.filter(isLate);
  for (const { _id } of late) names.set(_id, null);
  const past = await inSlices(late, (slice) =>
    reading.all<VersionDocument>(
      reading.views.versions,
      {
        $or: slice.map((document) => ({
          rid: document._id,
          since: { $lte: lastOf(document) },
          to: { $gt: lastOf(document) },
        })),
      },
      { projection: { rid: 1, body: 1 } },
    ),
  );
  for (const { rid, body } of past) names.set(rid, nameIn(body));
  return names;
}

/** The name in a body without its closing brace. */
function nameIn(body: string): string | null {
  const resource = JSON.parse(`${body}}`) as JsonObject;
  const found = NAMES.find((name) => Object.hasOwn(resource, name) && resource[name] !== null);
  const name = found === undefined ? null : resource[found];
  return typeof name === "string" ? name : null;
}
