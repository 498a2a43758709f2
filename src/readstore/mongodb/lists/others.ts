// Resources at the other end: groups, members and managers, and which of them a term is true of.
import type { Document } from "mongodb";
import { matchesShadow } from "../../../scim/filter/evaluate.ts";
import type { Filter } from "../../../scim/filter/filter.ts";
import type { JsonObject } from "../../../scim/json.ts";
import type { ResourceDocument, StoredShadow } from "../documents.ts";
import { exists, type Place, pastReadings, readsSo } from "../reading/past.ts";
import type { Reading } from "../reading/reading.ts";
import { documentOf } from "./condition.ts";
import { elementOf, NAME_FIELD, type OtherEnd, otherCondition } from "./other-query.ts";

/** For whom others are looked at. */
export interface Asker {
  readonly reading: Reading;
  readonly tenant: string;
  readonly place: Place;
  readonly baseUrl: string;
}

type Other = Pick<ResourceDocument, "_id" | "id" | "type" | "since"> & { readonly ix?: StoredShadow };

/** A term on others. */
export interface OtherTerm {
  readonly on: OtherEnd;
  readonly filter: Filter | true;
}

/** The existing ones of some others, told by a query, of which a term is true: their ids by their numbers. */
export async function othersAmong(
  asker: Asker,
  { on, filter }: OtherTerm,
  among: Document,
  limit?: number,
): Promise<ReadonlyMap<number, string>> {
  const { reading, tenant, place, baseUrl } = asker;
  const condition = documentOf(otherCondition(on, filter, baseUrl));
  const test = condition === false ? { _id: { $in: [] } } : condition;
  // Others that read otherwise at the place are tested apart.
  const isWanted = place === undefined ? test : { $or: [{ since: { $gt: place } }, test] };
  const found = await reading.all<ResourceDocument, Other>(
    reading.views.resources,
    { $and: [{ tenant }, among, exists(place), isWanted] },
    { projection: { id: 1, type: 1, since: 1 }, ...(limit === undefined ? {} : { limit }) },
  );
  const late = found.filter((other) => !readsSo(other, place));
  const now = new Map(found.flatMap(({ _id, id, since }) => (readsSo({ since }, place) ? [[_id, id] as const] : [])));
  if (place === undefined || late.length === 0) return now;
  const names = await pastNames(reading, late, place);
  for (const other of late)
    if (filter === true || matchesShadow(filter, elementOf(on, { ...other, name: names.get(other._id) }, baseUrl)))
      now.set(other._id, other.id);
  return now;
}

/** What their names are compared by, of those that have one. */
async function pastNames(
  reading: Reading,
  late: readonly Pick<Other, "_id">[],
  place: number,
): Promise<ReadonlyMap<number, string>> {
  const readings = await pastReadings(
    reading,
    late.map(({ _id }) => _id),
    place,
    [NAME_FIELD as "ix.displayName"],
  );
  return new Map(readings.flatMap((past) => named(past.rid, (past as unknown as { ix?: StoredShadow }).ix)));
}

const named = (rid: number, ix: StoredShadow | undefined): readonly (readonly [number, string])[] =>
  typeof ix?.["displayName"] === "string" ? [[rid, ix["displayName"]]] : [];

/** What is compared of existing others, told by a query: elements by number, with the ids that order them. */
export async function elementsOf(
  { reading, tenant, place, baseUrl }: Asker,
  on: OtherEnd,
  among: Document,
): Promise<ReadonlyMap<number, { readonly id: string; readonly element: JsonObject }>> {
  const found = await reading.all<ResourceDocument, Other>(
    reading.views.resources,
    { $and: [{ tenant }, among, exists(place)] },
    { projection: { id: 1, type: 1, since: 1, [NAME_FIELD]: 1 } },
  );
  const late = found.filter((other) => !readsSo(other, place));
  const names = new Map(found.flatMap(({ _id, ix }) => named(_id, ix)));
  for (const { _id } of late) names.delete(_id);
  if (place !== undefined) for (const [rid, name] of await pastNames(reading, late, place)) names.set(rid, name);
  const of = (other: Other) => elementOf(on, { ...other, name: names.get(other._id) }, baseUrl);
  return new Map(found.map((other) => [other._id, { id: other.id, element: of(other) }]));
}
