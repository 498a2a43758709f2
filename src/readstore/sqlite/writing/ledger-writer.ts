// Writes the tenants' Merkle trees, and remembers the right edges of those that grow.
import type { LedgerEdge, LedgerEntries, LedgerGrowth, LedgerHead, LedgerTile } from "../../view-writer.ts";
import { indexIds } from "../ledger-ids.ts";
import type { WritableNames } from "../names.ts";
import type { Statements } from "../statements.ts";

/** Trees whose edges are remembered; one takes some 30 KiB. */
const REMEMBERED = 256;
const HASH_BYTES = 32;
const WIDTH = 256;
const NONE = new Uint8Array(0);

export class LedgerWriter {
  readonly #statements: Statements;
  readonly #names: WritableNames;
  readonly #edges = new Map<string, LedgerEdge>();

  constructor(statements: Statements, names: WritableNames) {
    this.#statements = statements;
    this.#names = names;
  }

  /** The right edge of a tenant's tree, as it is stored. */
  load(tenant: string): LedgerEdge {
    return this.#edges.get(tenant) ?? this.#stored(tenant);
  }

  save({ edge, tiles, entries }: LedgerGrowth): void {
    const tenant = this.#names.number(edge.tenant);
    for (const { level, n, hashes } of tiles)
      this.#statements
        .get(
          "INSERT INTO ledger_tiles VALUES (?, ?, ?, ?) ON CONFLICT (tenant, level, n) DO UPDATE SET hashes = excluded.hashes",
        )
        .run(tenant, level, n, hashes);
    for (const { n, places, ids } of entries) {
      this.#statements
        .get(
          `INSERT INTO ledger_entries VALUES (?, ?, ?, ?)
           ON CONFLICT (tenant, n) DO UPDATE SET places = excluded.places, ids = excluded.ids`,
        )
        .run(tenant, n, places, ids);
      indexIds(this.#statements, tenant, { n, ids });
    }
    this.#edges.delete(edge.tenant);
    if (this.#edges.size >= REMEMBERED) this.#edges.delete(this.#edges.keys().next().value!);
    this.#edges.set(edge.tenant, edge);
  }

  saveHead({ tenant, revision, epoch, note }: LedgerHead): void {
    this.#statements
      .get("INSERT OR REPLACE INTO ledger_heads VALUES (?, ?, ?, ?)")
      .run(this.#names.number(tenant), revision, epoch, note ?? null);
  }

  /** After a rollback. */
  forget(): void {
    this.#edges.clear();
  }

  #stored(tenant: string): LedgerEdge {
    const number = this.#names.find(tenant);
    const tiles: LedgerTile[] = [];
    for (let tile = this.#last(number, 0); tile !== undefined; tile = this.#last(number, tiles.length))
      tiles.push(tile);
    const [lowest] = tiles;
    const size = lowest === undefined ? 0 : lowest.n * WIDTH + lowest.hashes.length / HASH_BYTES;
    return { tenant, size, tiles, entries: this.#entries(number, lowest) };
  }

  /** The tile of a level that the next hash goes into; undefined where the level has none. */
  #last(tenant: number | undefined, level: number): LedgerTile | undefined {
    if (tenant === undefined) return undefined;
    const row = this.#statements
      .get("SELECT n, hashes FROM ledger_tiles WHERE tenant = ? AND level = ? ORDER BY n DESC LIMIT 1")
      .get(tenant, level) as unknown as [number, Uint8Array] | undefined;
    if (row === undefined) return undefined;
    const [n, hashes] = row;
    return hashes.length === WIDTH * HASH_BYTES ? { level, n: n + 1, hashes: NONE } : { level, n, hashes };
  }

  #entries(tenant: number | undefined, tile: LedgerTile | undefined): LedgerEntries {
    if (tenant === undefined || tile === undefined || tile.hashes.length === 0)
      return { n: tile?.n ?? 0, places: NONE, ids: NONE };
    const [places, ids] = this.#statements
      .get("SELECT places, ids FROM ledger_entries WHERE tenant = ? AND n = ?")
      .get(tenant, tile.n) as unknown as [Uint8Array, Uint8Array];
    return { n: tile.n, places, ids };
  }
}
