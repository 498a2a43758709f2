// Interval rows in the course of a batch: opening an open one and ending one that is not open do nothing, and one that ends where
// it began leaves no row.
import type { GrantChange } from "../../view-writer.ts";
import { type HoldDocument, type MemberDocument, OPEN } from "../documents.ts";
import type { Touched } from "./ahead.ts";
import type { WriteSet } from "./write-set.ts";

export class Intervals<Row extends MemberDocument | HoldDocument> {
  readonly #open: Map<string, Row>;
  readonly #keys = new Set<string>();
  readonly #touched = new Map<string, { readonly row: Row; readonly stored: boolean }>();
  readonly #stored: ReadonlySet<string>;

  /** What is open before the batch, by what tells intervals apart. */
  constructor(open: Map<string, Row>) {
    this.#open = open;
    this.#stored = new Set([...open.values()].map(({ _id }) => _id));
  }

  /** Whether it was not open yet. */
  begin(key: string, row: Row): boolean {
    if (this.#open.has(key)) return false;
    this.#keys.add(key);
    this.#open.set(key, row);
    this.#touched.set(row._id, { row, stored: false });
    return true;
  }

  /** Whether it was open. */
  end(key: string, to: number, cause: NonNullable<GrantChange["cause"]>): boolean {
    const row = this.#open.get(key);
    if (row === undefined) return false;
    this.#keys.add(key);
    this.#open.delete(key);
    if (row.since === to) this.#touched.delete(row._id);
    else this.#touched.set(row._id, { row: { ...row, to, cause }, stored: this.#stored.has(row._id) });
    return true;
  }

  /** Returns what it leaves. */
  write(name: "members" | "holds", writes: WriteSet): Touched<Row> {
    for (const { row, stored } of this.#touched.values())
      if (stored) writes.update(name, row._id, { $set: { to: row.to, cause: row.cause } }, { to: OPEN });
      else writes.insert(name, row as never);
    return new Map([...this.#keys].map((key) => [key, this.#open.get(key)]));
  }
}
