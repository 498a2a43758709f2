// What a batch makes of the tenants' Merkle trees, and the right edges of those that grow.
import { Binary, type ClientSession } from "mongodb";
import type { LedgerEdge, LedgerGrowth, LedgerTile, ViewBatch } from "../../view-writer.ts";
import type { Views } from "../collections.ts";
import type { TailDocument } from "../documents.ts";
import { ID_BYTES, idStartsIn } from "../id-start.ts";
import { headId, tailId } from "../state-ids.ts";
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

  /** Tiles of level 0 are stored once they are full; until then they are the tail. */
  write({ ledgers, heads }: ViewBatch, writes: WriteSet): void {
    for (const { edge, tiles, entries } of ledgers) {
      const { tenant } = edge;
      writes.put("tails", tailOf(edge));
      for (const { level, n, hashes } of tiles)
        if (level > 0 || hashes.length === WIDTH * HASH_BYTES)
          writes.put("tiles", { _id: { tenant, level, n }, hashes: new Binary(hashes) });
      for (const { n, places, ids } of entries)
        if (ids.length === WIDTH * ID_BYTES)
          writes.put("entries", {
            _id: { tenant, n },
            places: new Binary(places),
            ids: new Binary(ids),
            starts: idStartsIn(ids),
          });
    }
    const last = new Map(heads.map((head) => [head.tenant, head]));
    for (const { tenant, revision, epoch, note } of last.values())
      writes.put("heads", { _id: headId(tenant), revision, epoch, note: note ?? null });
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
    const tail = await this.#views.tails.findOne({ _id: tailId(tenant) }, { session: this.#session });
    if (tail === null) return { tenant, size: 0, tiles: [], entries: { n: 0, places: NONE, ids: NONE } };
    const { n } = tail;
    const hashes = bytesOf(tail.hashes);
    const tiles: LedgerTile[] = [{ level: 0, n, hashes }];
    for (let tile = await this.#last(tenant, 1); tile !== undefined; tile = await this.#last(tenant, tiles.length))
      tiles.push(tile);
    const entries = { n, places: bytesOf(tail.places), ids: bytesOf(tail.ids) };
    return { tenant, size: n * WIDTH + hashes.length / HASH_BYTES, tiles, entries };
  }

  /** The tile of a level above 0 that the next hash goes into; undefined where the level has none. */
  async #last(tenant: string, level: number): Promise<LedgerTile | undefined> {
    const ofLevel = { $gte: { tenant, level, n: 0 }, $lte: { tenant, level, n: Number.MAX_SAFE_INTEGER } };
    const found = await this.#views.tiles.findOne({ _id: ofLevel }, { sort: { _id: -1 }, session: this.#session });
    if (found === null) return undefined;
    const { n } = found._id;
    const hashes = bytesOf(found.hashes);
    return hashes.length === WIDTH * HASH_BYTES ? { level, n: n + 1, hashes: NONE } : { level, n, hashes };
  }
}

function tailOf({ tenant, tiles, entries }: LedgerEdge): TailDocument {
  const { n, places, ids } = entries;
  const leaves = { hashes: new Binary(tiles[0]!.hashes), places: new Binary(places), ids: new Binary(ids) };
  return { _id: tailId(tenant), tenant, n, ...leaves };
}

const bytesOf = (binary: Binary): Uint8Array => binary.value() as Uint8Array;
