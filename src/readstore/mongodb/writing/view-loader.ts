// What a batch must have at hand, read from what is stored and from what the batch before leaves, which may be on its way.
import type { ClientSession, Filter } from "mongodb";
import type { LoadedViews, PastVersion, PendingPart, ResourceKey, ViewRequest } from "../../view-writer.ts";
import type { Views } from "../collections.ts";
import type { ResourceDocument, VersionDocument } from "../documents.ts";
import { AT_ONCE, inPortions, PORTION } from "../lists/portions.ts";
import { isUnheld, partsFrom, wholeFrom } from "../lists/unheld.ts";
import type { Ahead } from "./ahead.ts";
import { pastVersionOf, viewDocumentOf } from "./resource-writer.ts";

/** UTF-16 units of the texts of resources that are read for one batch, about. */
const LENGTH = 16 * 1_048_576;

/** What was read for a batch. */
export interface Loaded extends Omit<LoadedViews, "ledgers"> {
  /** By number. */
  readonly documents: ReadonlyMap<number, ResourceDocument>;
  /** By the place that ended them. */
  readonly versions: ReadonlyMap<number, VersionDocument>;
}

export class ViewLoader {
  readonly #views: Views;
  readonly #within: { readonly session: ClientSession; readonly maxTimeMS: number };
  /** Whether any large change is open; undefined: not known. */
  #anyPending: boolean | undefined;
  /** Resources that are looked for at once. */
  #portion = PORTION;

  /** `session` is for reading alone: nothing of it is in a transaction. */
  constructor(views: Views, session: ClientSession, maxTimeMS: number) {
    this.#views = views;
    this.#within = { session, maxTimeMS };
  }

  async load({ resources, pendingOf, pastOf, definitionsOf }: ViewRequest, ahead: Ahead): Promise<Loaded> {
    const { documents, lookedFor } = await this.#find(resources, ahead);
    const versions = await this.#versionsOf(pastOf);
    return {
      resources: documents.map(viewDocumentOf),
      lookedFor,
      pending: pendingOf.length > 0 && (await this.#hasPending()) ? await this.#pendingOf(pendingOf) : [],
      past: pastOf.flatMap((key) => pastOfOne(key, documents, versions)),
      definitions: await this.#definitionsOf(definitionsOf),
      documents: new Map(documents.map((document) => [document._id, document])),
      versions: new Map(versions.map((version) => [version._id, version])),
    };
  }

  /** Parts of large changes come or go. */
  forgetPending(): void {
    this.#anyPending = undefined;
  }

  /** In portions, until they have become long: at least the first of them. */
  async #find(keys: readonly ResourceKey[], ahead: Ahead) {
    const documents: ResourceDocument[] = [];
    let [lookedFor, length] = [0, 0];
    while (lookedFor < keys.length && length < LENGTH) {
      const some = keys.slice(lookedFor, lookedFor + this.#portion);
      const found = await this.#findSome(some, ahead);
      if (found === undefined) {
        this.#portion = Math.ceil(some.length / 4);
        continue;
      }
      documents.push(...found.documents);
      lookedFor += some.length;
      length += found.length;
      if (found.length < LENGTH / 4) this.#portion = Math.min(PORTION, 2 * this.#portion);
    }
    return { documents, lookedFor };
  }

  /** Undefined where several come to more than is to be in memory at once. */
  async #findSome(keys: readonly ResourceKey[], ahead: Ahead) {
    const documents = keys.flatMap((key) => ahead.resource(key) ?? []);
    const missing = documents.length === 0 ? keys : keys.filter((key) => ahead.resource(key) === undefined);
    let length = 0;
    if (missing.length > 0)
      for await (const document of this.#views.resources.find(ofKeys(missing), { ...this.#within, ...AT_ONCE })) {
        const whole = await this.#whole(document);
        documents.push(ahead.withHolding(whole));
        length += whole.body.length + whole.side.length;
        if (length > LENGTH && keys.length > 1) return undefined;
      }
    return { documents, length };
  }

  async #whole<Stored extends ResourceDocument | VersionDocument>(document: Stored): Promise<Stored> {
    if (!isUnheld(document)) return document;
    const range = { _id: partsFrom(document._id, 0) };
    return wholeFrom(document, await this.#views.parts.find(range, this.#within).sort({ _id: 1 }).toArray());
  }

  /** Past readings of these, in order; all of them are stored. */
  async #versionsOf(keys: readonly ResourceKey[]): Promise<VersionDocument[]> {
    const past: VersionDocument[] = [];
    for (const some of inPortions(keys)) {
      const found = await this.#views.resources
        .find(ofKeys(some), { ...this.#within, projection: { _id: 1 }, ...AT_ONCE })
        .toArray();
      for (const { _id: rid } of found)
        for await (const version of this.#views.versions.find({ rid }, this.#within).sort({ rid: 1, since: 1 }))
          past.push(await this.#whole(version));
    }
    return past;
  }

  async #definitionsOf(tenants: readonly string[]) {
    if (tenants.length === 0) return [];
    const found = await this.#views.definitions.find({ _id: { $in: [...tenants] } }, this.#within).toArray();
    return found.map(({ _id: tenant, text }) => ({ tenant, text }));
  }

  async #hasPending(): Promise<boolean> {
    this.#anyPending ??= (await this.#views.pending.findOne({}, { ...this.#within, projection: { _id: 1 } })) !== null;
    return this.#anyPending;
  }

  async #pendingOf(keys: readonly ResourceKey[]): Promise<PendingPart[]> {
    const parts: PendingPart[] = [];
    for (const some of inPortions(keys)) {
      const found = this.#views.pending.find(ofKeys(some), { ...this.#within, ...AT_ONCE });
      for await (const { _id: place, tenant, type, id, change, fact } of found)
        parts.push({ key: { tenant, type, id }, place, change, fact });
    }
    return parts.sort((a, b) => a.place - b.place);
  }
}

function pastOfOne(
  { tenant, type, id }: ResourceKey,
  documents: readonly ResourceDocument[],
  versions: readonly VersionDocument[],
): PastVersion[] {
  const resource = documents.find((one) => one.id === id && one.type === type && one.tenant === tenant);
  return versions.filter(({ rid }) => rid === resource?._id).map((version) => pastVersionOf(version, id));
}

/** Documents of these resources, by tenant, type and id. */
function ofKeys<T extends ResourceKey>(keys: readonly ResourceKey[]): Filter<T> {
  const streams = new Map<string, { tenant: string; type: string; ids: string[] }>();
  for (const { tenant, type, id } of keys) {
    const name = `${tenant}/${type}`;
    const stream = streams.get(name);
    if (stream === undefined) streams.set(name, { tenant, type, ids: [id] });
    else stream.ids.push(id);
  }
  const filters = [...streams.values()].map(({ tenant, type, ids }) => ({ tenant, type, id: { $in: ids } }));
  return (filters.length === 1 ? filters[0]! : { $or: filters }) as Filter<T>;
}
