// How many resources of each type live, and which tenants and types there are at all.
import type { ClientSession } from "mongodb";
import type { ViewBatch } from "../view-writer.ts";
import { OPEN, type ResourceDocument, type Views } from "./collections.ts";
import type { WriteSet } from "./write-set.ts";

/** Counts remembered. */
const REMEMBERED = 10_000;

interface OfType {
  readonly tenant: string;
  readonly type: string;
}
const textOf = ({ tenant, type }: OfType): string => `${tenant}/${type}`;

export class CountWriter {
  readonly #views: Views;
  readonly #session: ClientSession;
  /** As stored, or about to be. */
  #known = new Map<string, number>();

  constructor(views: Views, session: ClientSession) {
    this.#views = views;
    this.#session = session;
  }

  async write(batch: ViewBatch, stored: ReadonlyMap<number, ResourceDocument>, writes: WriteSet): Promise<void> {
    const changes = changesOf(batch, stored);
    await this.#load(changes.filter((change) => !this.#known.has(textOf(change))));
    for (const { tenant, type, by } of changes) {
      const known = this.#known.get(textOf({ tenant, type }));
      if (known !== undefined && by === 0) continue;
      const live = (known ?? 0) + by;
      this.#known.set(textOf({ tenant, type }), live);
      writes.put("counts", { _id: { tenant, type }, live });
    }
  }

  /** The batch is stored. */
  stored(): void {
    if (this.#known.size > REMEMBERED) this.forget();
  }

  /** After a failure: what is remembered may not be what is stored. */
  forget(): void {
    this.#known = new Map();
  }

  async #load(missing: readonly OfType[]): Promise<void> {
    if (missing.length === 0) return;
    const ids = missing.map(({ tenant, type }) => ({ tenant, type }));
    const found = this.#views.counts.find({ _id: { $in: ids } }, { session: this.#session });
    for await (const { _id, live } of found) this.#known.set(textOf(_id), live);
  }
}

/** One a tenant and type that the batch names; 0 says that there are such streams. */
function changesOf(
  { resources, activity }: ViewBatch,
  before: ReadonlyMap<number, ResourceDocument>,
): (OfType & { readonly by: number })[] {
  const changes = new Map<string, OfType & { readonly by: number }>();
  const add = ({ tenant, type }: OfType, by: number) => {
    const text = textOf({ tenant, type });
    changes.set(text, { tenant, type, by: (changes.get(text)?.by ?? 0) + by });
  };
  for (const { key, resource } of activity) if (resource === undefined) add(key, 0);
  for (const { document, stored } of resources) {
    const lived = stored && before.get(document.from)!.until === OPEN;
    add(document, (document.until === null ? 1 : 0) - (lived ? 1 : 0));
  }
  return [...changes.values()];
}
