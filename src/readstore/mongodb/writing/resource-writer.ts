// What a batch makes of resources: their documents, their superseded readings, how many of them live.
import type { Document } from "mongodb";
import type { ForgottenValue, PastVersion, ViewBatch, ViewDocument } from "../../view-writer.ts";
import { type Holding, OPEN, type ResourceDocument, type VersionDocument } from "../documents.ts";
import { partsFrom, storable } from "../lists/unheld.ts";
import { holdingUpdate, type Move, NOWHERE } from "../reading/held.ts";
import { keysAt } from "../reading/keys-at.ts";
import { keyOf, originalShadow, storedShadow } from "../shadow-names.ts";
import type { WriteSet } from "./write-set.ts";

/** What the projection knows of a stored resource. */
export const viewDocumentOf = (stored: ResourceDocument): ViewDocument => {
  const { _id, keys: _, groups: __, held: ___, parts: ____, ix, until, ...same } = stored;
  const shadow = JSON.stringify(originalShadow(ix));
  return { ...same, from: _id, until: until === OPEN ? null : until, shadow };
};

export const pastVersionOf = ({ _id, tenant, type, rid, since, body, side, ix }: VersionDocument, id: string) =>
  ({
    key: { tenant, type, id },
    resource: rid,
    since,
    until: _id,
    body,
    side,
    shadow: JSON.stringify(originalShadow(ix)),
  }) satisfies PastVersion;

const ixOf = (shadow: string) => storedShadow(JSON.parse(shadow));

/** What stood before the batch, by number; of versions by the place that ended them. */
export interface Before {
  readonly resources: ReadonlyMap<number, ResourceDocument>;
  readonly versions: ReadonlyMap<number, VersionDocument>;
}

/** In which groups those resources are then of which the batch changes that; and how, where it is by one. */
export interface Holdings {
  readonly holdings: ReadonlyMap<number, Holding>;
  readonly moves: ReadonlyMap<number, Move>;
}

/** What a batch comes to for resources and versions; returns the resources as they read then. */
export function writeResources(
  batch: ViewBatch,
  before: Before,
  { holdings, moves }: Holdings,
  writes: WriteSet,
): readonly ResourceDocument[] {
  const keys = keysOf(batch, before);
  const left = batch.resources.map(({ document, stored }) => {
    const { from } = document;
    const standing = keys.after(from, document.until ?? OPEN);
    if (stored) return update(document, before.resources.get(from)!, standing, holdings.get(from), writes);
    const fresh = resourceDocumentOf(document, standing, holdings.get(from) ?? NOWHERE);
    const [kept, left] = inParts(fresh, 0, writes);
    writes.insert("resources", kept);
    return left;
  });
  const written = new Set(batch.resources.map(({ document }) => document.from));
  for (const [rid, holding] of holdings)
    if (!written.has(rid)) writes.update("resources", rid, holdingUpdate(holding, moves.get(rid)));
  for (const version of batch.versions)
    writes.insert(
      "versions",
      inParts(versionDocumentOf(version, keys.after(version.resource, version.until)), 0, writes)[0],
    );
  for (const version of batch.rewritten) {
    const known = before.versions.get(version.until);
    const bears = keys.kept(version.resource, known?.keys ?? []);
    writes.put("versions", inParts(versionDocumentOf(version, bears), known?.parts ?? 0, writes)[0]);
  }
  return left;
}

function resourceDocumentOf(document: ViewDocument, keys: readonly string[], holding: Holding): ResourceDocument {
  const { from, until, shadow, ...same } = document;
  return { _id: from, ...same, until: until ?? OPEN, ix: ixOf(shadow), keys, ...holding };
}

const versionDocumentOf = (
  { key: { tenant, type }, resource, since, until, body, side, shadow }: PastVersion,
  keys: readonly string[],
): VersionDocument => ({
  _id: until,
  tenant,
  type,
  rid: resource,
  since,
  to: until,
  body,
  side,
  ix: ixOf(shadow),
  keys,
});

const setting = ({ groups, held }: Holding) => ({ groups, held });

/** Names what changed alone, so that an index is touched only where its fields change. */
function update(
  document: ViewDocument,
  before: ResourceDocument,
  keys: readonly string[],
  holding: Holding | undefined,
  writes: WriteSet,
): ResourceDocument {
  const { from, place, revision, version, modifiedAt, since, body, side, display, manager, erased } = document;
  const set: Document = { place, revision, version, modifiedAt };
  const isRewritten = before.body !== body || before.side !== side || before.since !== since;
  if (isRewritten) Object.assign(set, { since, body, side, display, manager, erased, ix: ixOf(document.shadow), keys });
  if (document.until !== null) set["until"] = document.until;
  if (holding !== undefined) Object.assign(set, setting(holding));
  const after: ResourceDocument = { ...before, ...set };
  const guard = { place: { $lt: place } };
  if (!isRewritten) {
    writes.update("resources", from, { $set: set }, guard);
    return after;
  }
  const [kept, left] = inParts(after, before.parts ?? 0, writes);
  for (const name of ["body", "side", "ix", "keys"] as const) set[name] = kept[name];
  if (kept.parts !== undefined) set["parts"] = kept.parts;
  const isWhole = kept.parts === undefined && before.parts !== undefined;
  writes.update("resources", from, isWhole ? { $set: set, $unset: { parts: "" } } : { $set: set }, guard);
  return left;
}

/**
 * A document as it is stored, and as it is. What does not fit into it is written in parts, in the place of so many that were
 * there before.
 */
function inParts<Stored extends ResourceDocument | VersionDocument>(
  document: Stored,
  before: number,
  writes: WriteSet,
): readonly [stored: Stored, left: Stored] {
  const { parts: _, ...rest } = document;
  const whole = rest as Stored;
  const { stored, parts } = storable(whole);
  for (const part of parts) writes.put("parts", part);
  if (before > parts.length) writes.deleteAll("parts", { _id: partsFrom(document._id, parts.length) });
  return [stored, stored.parts === undefined ? whole : { ...whole, parts: stored.parts }];
}

/** The keys of everything that a batch writes. */
function keysOf({ index, forgotten, resources, versions }: ViewBatch, before: Before) {
  const changes = grouped(index, ({ resource }) => resource);
  const gone = grouped(forgotten, ({ resource }) => resource);
  const kept = (resource: number, keys: readonly string[]): readonly string[] => {
    const without = new Set((gone.get(resource) ?? []).map(({ path, value }: ForgottenValue) => keyOf(path, value)));
    return without.size === 0 ? keys : keys.filter((key) => !without.has(key));
  };
  const ends = new Map<number, number[]>();
  const addEnd = (resource: number, end: number) => {
    const list = ends.get(resource);
    if (list === undefined) ends.set(resource, [end]);
    else list.push(end);
  };
  for (const { resource, until } of versions) addEnd(resource, until);
  for (const { document } of resources) addEnd(document.from, document.until ?? OPEN);
  const found = new Map<number, ReadonlyMap<number, readonly string[]>>();
  for (const [resource, places] of ends) {
    const stored = kept(resource, before.resources.get(resource)?.keys ?? []);
    const rising = places.sort((a, b) => a - b);
    const all = keysAt(stored, changes.get(resource) ?? [], rising);
    found.set(resource, new Map(all.map((keys, at) => [rising[at]!, keys])));
  }
  return {
    /** Of a reading that ends there. */
    after: (resource: number, end: number): readonly string[] => found.get(resource)!.get(end)!,
    /** What is left of keys once the forgotten ones are gone. */
    kept,
  };
}

function grouped<T>(items: readonly T[], by: (item: T) => number): ReadonlyMap<number, readonly T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(by(item));
    if (group === undefined) groups.set(by(item), [item]);
    else group.push(item);
  }
  return groups;
}
