// What a batch makes of the tenants' Merkle trees, and the right edges of those that grow.
import { Binary, type ClientSession } from "mongodb";
import type { LedgerEdge, LedgerEntries, LedgerGrowth, LedgerTile, ViewBatch } from "../view-writer.ts";
import type { Views } from "./collections.ts";
import { ID_BYTES, idStartsIn } from "./id-start.ts";
import type { WriteSet } from "./write-set.ts";

/** Trees whose edges are remembered; one takes some 30 KiB. */
const REMEMBERED = 256;
const HASH_BYTES = 32;
const WIDTH = 256;
const NONE = new Uint8Array(0);

export class LedgerWriter {
  readonly #views: Views;
  readonly #session: ClientSession;
  readonly #edges = new Map<string, LedgerEdge>();

  constructor(views: Views, session: ClientSession) {
    this.#views = views;
    this.#session = session;
  }

  /** The right edge of a tenant's tree, as the last batch that was made ready leaves it. */
  async load(tenant: string): Promise<LedgerEdge> {
    return this.#edges.get(tenant) ?? (await this.#stored(tenant));
  }

  write({ ledgers, heads }: ViewBatch, writes: WriteSet): void {
    for (const { edge, tiles, entries } of ledgers) {
      const { tenant } = edge;
      for (const { level, n, hashes } of tiles)
        writes.put("tiles", { _id: { tenant, level, n }, hashes: new Binary(hashes) });
      for (const { n, places, ids } of entries)
        writes.put("entries", {
          _id: { tenant, n },
          places: new Binary(places),
          ids: new Binary(ids),
          // An index of many values is written once, not with each batch that adds a leaf.
          starts: ids.length === WIDTH * ID_BYTES ? idStartsIn(ids) : [],
        });
    }
    const last = new Map(heads.map((head) => [head.tenant, head]));
    for (const { tenant, revision, epoch, note } of last.values())
      writes.put("heads", { _id: tenant, revision, epoch, note: note ?? null });
    this.#remember(ledgers);
  }

  /** Of these as they are now, all are remembered: they are on their way yet, and cannot be read. */
  #remember(ledgers: readonly LedgerGrowth[]): void {
    for (const { edge } of ledgers) {
      this.#edges.delete(edge.tenant);
      this.#edges.set(edge.tenant, edge);
    }
    for (const tenant of this.#edges.keys()) {
      if (this.#edges.size <= Math.max(REMEMBERED, ledgers.length)) break;
      this.#edges.delete(tenant);
    }
  }

  /** After a failure: what is remembered may not be what is stored. */
  forget(): void {
    this.#edges.clear();
  }

  async #stored(tenant: string): Promise<LedgerEdge> {
    const tiles: LedgerTile[] = [];
    for (let tile = await this.#last(tenant, 0); tile !== undefined; tile = await this.#last(tenant, tiles.length))
      tiles.push(tile);
    const [lowest] = tiles;
    const size = lowest === undefined ? 0 : lowest.n * WIDTH + lowest.hashes.length / HASH_BYTES;
    return { tenant, size, tiles, entries: await this.#entries(tenant, lowest) };
  }

  /** The tile of a level that the next hash goes into; undefined where the level has none. */
  async #last(tenant: string, level: number): Promise<LedgerTile | undefined> {
    const ofLevel = { $gte: { tenant, level, n: 0 }, $lte: { tenant, level, n: Number.MAX_SAFE_INTEGER } };
    const found = await this.#views.tiles.findOne({ _id: ofLevel }, { sort: { _id: -1 }, session: this.#session });
    if (found === null) return undefined;
    const { n } = found._id;
    const hashes = found.hashes.value() as Uint8Array;
    return hashes.length === WIDTH * HASH_BYTES ? { level, n: n + 1, hashes: NONE } : { level, n, hashes };
  }

  async #entries(tenant: string, tile: LedgerTile | undefined): Promise<LedgerEntries> {
    if (tile === undefined || tile.hashes.length === 0) return { n: tile?.n ?? 0, places: NONE, ids: NONE };
    const found = await this.#views.entries.findOne({ _id: { tenant, n: tile.n } }, { session: this.#session });
    if (found === null)
      throw new Error(`the tree of “${tenant}” has a tile ${tile.n} without the places of its leaves`);
    return { n: tile.n, places: bytesOf(found.places), ids: bytesOf(found.ids) };
  }
}

const bytesOf = (binary: Binary): Uint8Array => binary.value() as Uint8Array;
