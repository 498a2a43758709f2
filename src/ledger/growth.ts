// Grows a tree. All that is needed for it is the right edge: of each level of tiles the last one, not yet full.
import { EMPTY_ROOT, HASH_BYTES, type Hash } from "./hash.ts";
import { hashOfRange } from "./ranges.ts";
import { hashesFrom, rootWithin, TILE_HEIGHT, TILE_WIDTH, type TileId, tileKey } from "./tiles.ts";

export interface Tile extends TileId {
  /** 1 to 256 hashes, one after the other. */
  readonly hashes: Uint8Array;
}

export interface Tree {
  /** Leaves. */
  readonly size: number;
  /** The last tile of each level from 0 up, without hashes where the one before it has just become full. */
  readonly edge: readonly Tile[];
}

export const emptyTree: Tree = { size: 0, edge: [] };

export interface Grown {
  readonly tree: Tree;
  /** Tiles that are new or longer than before, each once. */
  readonly tiles: readonly Tile[];
}

const FULL = TILE_WIDTH * HASH_BYTES;

/**
 * A buffer for a full tile that begins with these hashes. Where they lie in such a buffer already it is reused: what is
 * appended stands behind everything that was handed out of it.
 */
function roomFor(hashes: Uint8Array): Uint8Array {
  if (hashes.byteOffset === 0 && hashes.buffer.byteLength === FULL) return new Uint8Array(hashes.buffer);
  const room = new Uint8Array(FULL);
  room.set(hashes);
  return room;
}

/** One level while it grows. */
class Level {
  readonly level: number;
  n: number;
  width: number;
  hashes: Uint8Array;

  constructor({ level, n, hashes }: Tile) {
    this.level = level;
    this.n = n;
    this.width = hashes.length / HASH_BYTES;
    this.hashes = roomFor(hashes);
  }

  tile(): Tile {
    return { level: this.level, n: this.n, hashes: this.hashes.subarray(0, this.width * HASH_BYTES) };
  }

  /** The full tile; the next one begins. */
  turn(): Tile {
    const full = this.tile();
    this.n += 1;
    this.width = 0;
    this.hashes = new Uint8Array(FULL);
    return full;
  }
}

/** Appends the hashes of leaves, in order. A tree is grown once: two growths of the same one would share memory. */
export function grow(tree: Tree, leaves: readonly Hash[]): Grown {
  const levels: Level[] = [];
  const tiles = new Map<string, Tile>();
  const append = (at: number, hash: Hash): void => {
    levels[at] ??= new Level(tree.edge[at] ?? { level: at, n: 0, hashes: new Uint8Array(0) });
    const level = levels[at];
    level.hashes.set(hash, level.width * HASH_BYTES);
    level.width += 1;
    if (level.width < TILE_WIDTH) return;
    const full = level.turn();
    tiles.set(tileKey(full), full);
    append(at + 1, rootWithin(full.hashes, TILE_HEIGHT));
  };
  for (const leaf of leaves) append(0, leaf);
  const grown = levels.map((level) => level.tile());
  for (const tile of grown) if (tile.hashes.length > 0) tiles.set(tileKey(tile), tile);
  return {
    tree: { size: tree.size + leaves.length, edge: [...grown, ...tree.edge.slice(grown.length)] },
    tiles: [...tiles.values()],
  };
}

/** The root of a tree. */
export function rootOf({ size, edge }: Tree): Hash {
  if (size === 0) return EMPTY_ROOT;
  return hashOfRange(
    { start: 0, end: size },
    hashesFrom(({ level }) => edge[level]!.hashes),
  );
}
