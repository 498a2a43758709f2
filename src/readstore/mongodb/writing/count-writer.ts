// How many resources of each type live, how many of these are erased, and which tenants and types there are at all.
import type { ClientSession } from "mongodb";
import type { ViewBatch } from "../../view-writer.ts";
import type { Views } from "../collections.ts";
import { type CountDocument, OPEN, type ResourceDocument } from "../documents.ts";
import { countId } from "../state-ids.ts";
import type { WriteSet } from "./write-set.ts";

/** Counts remembered. */
const REMEMBERED = 10_000;

interface OfType {
  readonly tenant: string;
  readonly type: string;
}
type Counts = Pick<CountDocument, "live" | "erased">;

const NONE: Counts = { live: 0, erased: 0 };
const plus = (a: Counts, b: Counts): Counts => ({ live: a.live + b.live, erased: a.erased + b.erased });
const countOf = (isLive: boolean, isErased: boolean, by: 1 | -1): Counts =>
  isLive ? { live: by, erased: isErased ? by : 0 } : NONE;

export class CountWriter {
  readonly #views: Views;
  readonly #session: ClientSession;
  /** As stored, or about to be. */
  #known = new Map<string, Counts>();
  /** Those of them that the last batch changed. */
  #ahead = new Map<string, Counts>();

  constructor(views: Views, session: ClientSession) {
    this.#views = views;
    this.#session = session;
  }

  async write(batch: ViewBatch, stored: ReadonlyMap<number, ResourceDocument>, writes: WriteSet): Promise<void> {
    const changes = changesOf(batch, stored);
    // What the batch before left is on its way yet: of what is remembered it alone cannot be read again.
    if (this.#known.size > REMEMBERED) this.#known = this.#ahead;
    this.#ahead = new Map();
    await this.#load(changes.filter((change) => !this.#known.has(countId(change))));
    for (const { tenant, type, by } of changes) {
      const _id = countId({ tenant, type });
      const known = this.#known.get(_id);
      if (known !== undefined && by.live === 0 && by.erased === 0) continue;
      const counts = plus(known ?? NONE, by);
      this.#known.set(_id, counts);
      this.#ahead.set(_id, counts);
      writes.put("counts", { _id, tenant, type, ...counts });
    }
  }

  /** After a failure: what is remembered may not be what is stored. */
  forget(): void {
    this.#known = new Map();
    this.#ahead = new Map();
  }

  async #load(missing: readonly OfType[]): Promise<void> {
    if (missing.length === 0) return;
    const found = this.#views.counts.find({ _id: { $in: missing.map(countId) } }, { session: this.#session });
    for await (const { _id, live, erased } of found) this.#known.set(_id, { live, erased });
  }
}

/** One a tenant and type that the batch names; one that changes nothing says that there are such streams. */
function changesOf(
  { resources, activity }: ViewBatch,
  before: ReadonlyMap<number, ResourceDocument>,
): (OfType & { readonly by: Counts })[] {
  const changes = new Map<string, OfType & { readonly by: Counts }>();
  const add = ({ tenant, type }: OfType, by: Counts) => {
    const text = countId({ tenant, type });
    changes.set(text, { tenant, type, by: plus(changes.get(text)?.by ?? NONE, by) });
  };
  for (const { key, resource } of activity) if (resource === undefined) add(key, NONE);
  for (const { document, stored } of resources) {
    const then = stored ? before.get(document.from)! : undefined;
    if (then !== undefined) add(document, countOf(then.until === OPEN, then.erased, -1));
    add(document, countOf(document.until === null, document.erased, 1));
  }
  return [...changes.values()];
}
