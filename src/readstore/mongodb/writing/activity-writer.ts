// What a batch makes of activity, ticks and the parts of large changes.
import type { ActivityRow, PendingPart, ViewBatch } from "../../view-writer.ts";
import type { ActivityDocument } from "../documents.ts";
import type { WriteSet } from "./write-set.ts";

/** Whether the event created its resource by a change that began before. */
const adopts = ({ resource, place, revision }: ActivityRow): boolean => resource === place && revision > 0;

/** The events of a change that created a resource are the resource's own too. */
export function writeActivity({ activity, ticks }: ViewBatch, writes: WriteSet): void {
  const documents = new Map<number, ActivityDocument>();
  const without = new Map<string, number[]>();
  for (const row of activity) {
    const { place, key, resource } = row;
    const text = `${key.tenant}/${key.type}/${key.id}`;
    documents.set(place, activityDocumentOf(row));
    if (resource === undefined) without.set(text, [...(without.get(text) ?? []), place]);
    else if (adopts(row)) {
      const { tenant, type, id } = key;
      writes.updateAll("activity", { tenant, type, id, rid: null }, { rid: resource });
      for (const before of without.get(text) ?? []) documents.set(before, { ...documents.get(before)!, rid: resource });
    }
  }
  for (const document of documents.values()) writes.insert("activity", document);
  for (const { place, effectiveAt, record } of ticks)
    writes.insert("ticks", {
      _id: place,
      effectiveAt,
      ...(record === undefined ? {} : { recordOf: record.tenant, kind: record.kind }),
    });
}

const activityDocumentOf = ({ place, key, resource, ...same }: ActivityRow): ActivityDocument => {
  const { effectiveAt, at, eventId, eventType, revision, actor, credential, client = null, requestId } = same;
  const { paths, touch, told } = same;
  const { tenant, type, id } = key;
  const own = { eventId, eventType, tenant, type, id, rid: resource ?? null };
  const of = { revision, actor, credential, client, requestId, paths, touch };
  return { _id: place, effectiveAt, at, ...own, ...of, ...(told === undefined ? {} : { told }) };
};

/** Parts that were stored before the batch stay where they are. */
export function writePending({ from, pending: { added, dropped } }: ViewBatch, writes: WriteSet): void {
  for (const { tenant, type, id } of dropped)
    writes.deleteAll("pending", { tenant, type, id, _id: { $lte: from.place } });
  for (const { key, place, change, fact } of added)
    if (place > from.place) writes.insert("pending", { _id: place, ...resourceOf(key), change, fact });
}

const resourceOf = ({ tenant, type, id }: PendingPart["key"]) => ({ tenant, type, id });
