// Reads resources, with what is computed when they are read: groups and the manager's name.
import { isObject, type JsonObject } from "../../../scim/json.ts";
import { MANAGER_ID } from "../../manager.ts";
import type { ReadResource } from "../../read-store.ts";
import type { MemberDocument, ResourceDocument } from "../documents.ts";
import { refuseUnheld } from "../lists/unheld.ts";
import { changesBefore, eventsBefore, exists, inSlices, type Place, pastReadings, readsSo, stands } from "./past.ts";
import type { Reading } from "./reading.ts";

/** What an answer is made of: no shadow. */
export const ANSWERED = { ix: 0, keys: 0, held: 0 } as const;

export type Answered = Omit<ResourceDocument, keyof typeof ANSWERED>;

const NO_GROUPS: ReadResource["groups"] = [];

/** A document as it is answered. Throws where the resource is not held. */
export function resourceOf(
  document: Answered,
  groups: ReadResource["groups"] = NO_GROUPS,
  managerDisplayName: string | null = null,
): ReadResource {
  refuseUnheld(document);
  const { tenant, type, id, revision, version, createdAt, modifiedAt, body, side } = document;
  return {
    tenant,
    type,
    id,
    revision,
    version,
    createdAt,
    modifiedAt,
    body,
    side,
    groups,
    managerDisplayName,
  };
}

/** Resources by their numbers, in that order, whether they exist or not. */
export async function resourcesOf(reading: Reading, rids: readonly number[], place: Place): Promise<ReadResource[]> {
  const documents = await inSlices(rids, (slice) =>
    reading.all<ResourceDocument, Answered>(reading.views.resources, { _id: { $in: slice } }, { projection: ANSWERED }),
  );
  const byRid = new Map((await answered(reading, documents, place)).map(([rid, resource]) => [rid, resource]));
  return rids.flatMap((rid) => byRid.get(rid) ?? []);
}

/** Documents of `resources` as they are answered as of a place. */
export async function answered(
  reading: Reading,
  documents: readonly Answered[],
  place: Place,
): Promise<readonly [rid: number, ReadResource][]> {
  const then = place === undefined ? documents : await asOf(reading, documents, place);
  const users = then.filter(({ type }) => type === "User");
  const groups = await groupsOf(reading, users, place);
  const names = await managersOf(reading, users, place);
  return then.map((document) => {
    const { _id, tenant, manager } = document;
    const name = manager === null ? null : (names.get(`${tenant}/${manager}`) ?? null);
    return [_id, resourceOf(document, groups.get(_id), name)];
  });
}

/** The documents as they read at a place. */
async function asOf(reading: Reading, documents: readonly Answered[], place: number): Promise<Answered[]> {
  const late = documents.filter((document) => !readsSo(document, place)).map(({ _id }) => _id);
  const moved = documents.filter((document) => document.place > place).map(({ _id }) => _id);
  const readings = new Map(
    (await pastReadings(reading, late, place, ["body", "side"])).map((past) => [past.rid, past]),
  );
  const changes = await changesBefore(reading, moved, place);
  const events = await eventsBefore(reading, moved, place);
  return documents.map((document) => {
    const past = readings.get(document._id);
    const change = changes.get(document._id);
    const event = events.get(document._id);
    return {
      ...document,
      ...(past === undefined ? {} : { body: past.body, side: past.side, ...namesIn(past.body) }),
      ...(change === undefined ? {} : { version: change.revision, modifiedAt: change.at }),
      ...(event === undefined ? {} : { revision: event.revision }),
    };
  });
}

/** What a past body says for others, and of others. */
function namesIn(body: string): Pick<Answered, "display" | "manager"> {
  const resource = JSON.parse(`${body}}`) as JsonObject;
  const [urn, attribute, sub] = MANAGER_ID as [string, string, string];
  const extension = Object.hasOwn(resource, urn) ? resource[urn] : undefined;
  const manager = isObject(extension) ? extension[attribute] : undefined;
  return {
    display: textOf(resource["displayName"]),
    manager: isObject(manager) ? textOf(manager[sub]) : null,
  };
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

type Group = ReadResource["groups"][number];

async function groupsOf(
  reading: Reading,
  users: readonly Answered[],
  place: Place,
): Promise<ReadonlyMap<number, readonly Group[]>> {
  const holding = users.filter(({ groups }) => place !== undefined || groups > 0).map(({ _id }) => _id);
  const rows = await inSlices(holding, (slice) =>
    reading.all<MemberDocument>(
      reading.views.members,
      { member: { $in: slice }, ...stands(place) },
      { projection: { grp: 1, member: 1 } },
    ),
  );
  const others = await othersOf(reading, [...new Set(rows.map(({ grp }) => grp))], place);
  const found = new Map<number, Group[]>();
  for (const { grp, member } of rows) {
    const group = others.get(grp);
    if (group === undefined) continue;
    const groups = found.get(member);
    if (groups === undefined) found.set(member, [group]);
    else groups.push(group);
  }
  for (const groups of found.values()) groups.sort((a, b) => (a.value < b.value ? -1 : 1));
  return found;
}

async function othersOf(reading: Reading, rids: readonly number[], place: Place): Promise<ReadonlyMap<number, Group>> {
  const documents = await inSlices(rids, (slice) =>
    reading.all<ResourceDocument>(
      reading.views.resources,
      { $and: [{ _id: { $in: slice } }, exists(place)] },
      { projection: { id: 1, display: 1, since: 1 } },
    ),
  );
  const displays = await displaysOf(reading, documents, place);
  return new Map(documents.map(({ _id, id }) => [_id, { value: id, display: displays.get(_id) ?? null }]));
}

/** The managers' names, by tenant and id. */
async function managersOf(
  reading: Reading,
  users: readonly Answered[],
  place: Place,
): Promise<ReadonlyMap<string, string | null>> {
  const managed = users.filter(({ manager }) => manager !== null);
  const found = new Map<string, string | null>();
  for (const tenant of new Set(managed.map((user) => user.tenant))) {
    const ids = [...new Set(managed.flatMap((user) => (user.tenant === tenant ? (user.manager ?? []) : [])))];
    const documents = await inSlices(ids, (slice) =>
      reading.all<ResourceDocument>(
        reading.views.resources,
        { tenant, id: { $in: slice }, ...exists(place) },
        { projection: { id: 1, display: 1, since: 1 } },
      ),
    );
    const displays = await displaysOf(reading, documents, place);
    for (const { _id, id } of documents) found.set(`${tenant}/${id}`, displays.get(_id) ?? null);
  }
  return found;
}

/** The names that others show for resources, as of a place. */
export async function displaysOf(
  reading: Reading,
  documents: readonly Pick<ResourceDocument, "_id" | "display" | "since">[],
  place: Place,
): Promise<ReadonlyMap<number, string | null>> {
  const displays = new Map(documents.map(({ _id, display }) => [_id, display]));
  if (place === undefined) return displays;
  const late = documents.filter((document) => !readsSo(document, place)).map(({ _id }) => _id);
  for (const { rid, body } of await pastReadings(reading, late, place, ["body"]))
    displays.set(rid, namesIn(body).display);
  return displays;
}
