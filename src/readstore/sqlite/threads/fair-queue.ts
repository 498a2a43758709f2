// Who waits for the one thread that answers slow queries: tenants take turns, and each has only so many places.
import { ScimError } from "../../../scim/errors.ts";

export class FairQueue<Item> {
  readonly #places: number;
  /** Tenant → what it waits for; whose turn is next comes first. */
  readonly #waiting = new Map<string, Item[]>();

  constructor(places: number) {
    this.#places = places;
  }

  /** Throws ScimError (503) where the tenant has no place left. */
  add(tenant: string, item: Item): void {
    const own = this.#waiting.get(tenant) ?? [];
    if (own.length >= this.#places)
      throw new ScimError(503, undefined, `the tenant has ${this.#places} queries waiting that no index serves`);
    own.push(item);
    this.#waiting.set(tenant, own);
  }

  /** The next in turn. */
  take(): Item | undefined {
    for (const [tenant, own] of this.#waiting) {
      const item = own.shift();
      this.#waiting.delete(tenant);
      if (own.length > 0) this.#waiting.set(tenant, own);
      return item;
    }
    return undefined;
  }
}
