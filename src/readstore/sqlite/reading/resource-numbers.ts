// Numbers of resources by their ids. They never change, and an answer asks for the same ones again and again.
import type { Lookups } from "../threads/lookups.ts";

/** What is remembered at most, of all tenants, when a question begins. */
const MOST = 100_000;
const NUMBERS = `SELECT r.id, r.rid FROM json_each(?1) j CROSS JOIN resources r ON r.tenant = ?2 AND r.id = j.value`;

export class ResourceNumbers {
  readonly #lookups: Lookups;
  /** Tenant → id → number. */
  readonly #known = new Map<number, Map<string, number>>();
  #count = 0;

  constructor(lookups: Lookups) {
    this.#lookups = lookups;
  }

  /** In the order of the ids; undefined for what never was. */
  async of(tenant: number, ids: readonly string[]): Promise<readonly (number | undefined)[]> {
    const known = this.#of(tenant);
    const found = ids.map((id) => known.get(id));
    const unknown = new Set(ids.filter((_, index) => found[index] === undefined));
    if (unknown.size === 0) return found;
    const rows = await this.#lookups.all<[string, number]>(unknown.size, NUMBERS, JSON.stringify([...unknown]), tenant);
    for (const [id, number] of rows) this.know(tenant, id, number);
    const numbers = new Map(rows);
    return found.map((number, index) => number ?? numbers.get(ids[index]!));
  }

  /** Remembers the number of a resource that was read with its id: looking for it is a page read for each of many. */
  know(tenant: number, id: string, number: number): void {
    const known = this.#of(tenant);
    const before = known.size;
    known.set(id, number);
    this.#count += known.size - before;
  }

  #of(tenant: number): Map<string, number> {
    if (this.#count > MOST) this.#forget();
    const known = this.#known.get(tenant) ?? new Map<string, number>();
    this.#known.set(tenant, known);
    return known;
  }

  #forget(): void {
    this.#known.clear();
    this.#count = 0;
  }
}
