// Makes proofs and roots from stored tiles.
import { EMPTY_ROOT, HASH_BYTES, type Hash } from "./hash.ts";
import { consistencyRanges, hashOfRange, inclusionRanges, nodesOf, type Range } from "./ranges.ts";
import { hashesFrom, type TileId, tileKey, tileOf, widthOf } from "./tiles.ts";

/** Where tiles are read from; a tile may have grown beyond the tree that is asked about. */
export type TileSource = (id: TileId) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

/** A tile that the tree needs is not there, or too short. */
export class TreeIncomplete extends Error {
  override readonly name = "TreeIncomplete";
}

/** From a leaf's sibling to the root's child. Throws RangeError where there is no such leaf, TreeIncomplete. */
export const proveInclusion = (index: number, size: number, tiles: TileSource): Promise<readonly Hash[]> =>
  hashesOf(inclusionRanges(index, size), size, tiles);

/** Throws RangeError where the tree cannot have grown so, TreeIncomplete. */
export const proveConsistency = (from: number, to: number, tiles: TileSource): Promise<readonly Hash[]> =>
  hashesOf(consistencyRanges(from, to), to, tiles);

/** The root of the tree's first `size` leaves. Throws TreeIncomplete. */
export async function rootAt(size: number, tiles: TileSource): Promise<Hash> {
  if (size === 0) return EMPTY_ROOT;
  const [root] = await hashesOf([{ start: 0, end: size }], size, tiles);
  return root!;
}

async function hashesOf(ranges: readonly Range[], size: number, tiles: TileSource): Promise<readonly Hash[]> {
  const wanted = new Map<string, TileId>();
  for (const id of ranges.flatMap(nodesOf).map(tileOf)) wanted.set(tileKey(id), id);
  const found = new Map<string, Uint8Array>();
  await Promise.all(
    [...wanted].map(async ([key, id]) => {
      const tile = await tiles(id);
      if (tile === undefined || tile.length < widthOf(id, size) * HASH_BYTES)
        throw new TreeIncomplete(`the tile ${key} of a tree of ${size} leaves is not there, or too short`);
      found.set(key, tile);
    }),
  );
  const hashOf = hashesFrom((id) => found.get(tileKey(id))!);
  return ranges.map((range) => hashOfRange(range, hashOf));
}
