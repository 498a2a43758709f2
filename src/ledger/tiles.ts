// Tiles (C2SP tlog-tiles): a tree as stretches of 256 hashes. A tile of level 0 has the hashes of leaves; each hash of a higher
// one is the root of a full tile below. All other nodes are computed.
import { foldPair, HASH_BYTES, type Hash } from "./hash.ts";
import type { HashOf, Node } from "./ranges.ts";

/** Hashes in a full tile, and the height of the subtree that it stands for. */
export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;
/** Levels of the format; a tree of 2^53 leaves needs 7. */
const HIGHEST_LEVEL = 63;

/** The n-th tile of a level; both from 0. */
export interface TileId {
  readonly level: number;
  readonly n: number;
}

export const tileKey = ({ level, n }: TileId): string => `${level}/${n}`;

/** How many hashes a tile has in a tree of this size; 0 where it is not there. */
export function widthOf({ level, n }: TileId, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.min(TILE_WIDTH, Math.max(0, hashes - n * TILE_WIDTH));
}

export const hashAt = (tile: Uint8Array, index: number): Hash =>
  tile.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);

/** The root of the 2^height hashes of a tile that begin at an index. */
export function rootWithin(tile: Uint8Array, height: number, index = 0): Hash {
  const below = tile.subarray(index * HASH_BYTES, (index + 2 ** height) * HASH_BYTES);
  if (height === 0) return below;
  row.set(below);
  for (let width = 2 ** height; width > 1; width /= 2)
    for (let at = 0; at < width; at += 2) foldPair(row, at * HASH_BYTES, (at / 2) * HASH_BYTES);
  return Uint8Array.from(row.subarray(0, HASH_BYTES));
}

/** Where the hashes of a tile are folded, a level after the other. */
const row = Buffer.alloc(TILE_WIDTH * HASH_BYTES);

/** The tile in which a perfect subtree is found. */
export const tileOf = ({ level, index }: Node): TileId => ({
  level: Math.floor(level / TILE_HEIGHT),
  n: Math.floor((index * 2 ** (level % TILE_HEIGHT)) / TILE_WIDTH),
});

/** Reads nodes from tiles; `tile` throws where one is missing. */
export const hashesFrom =
  (tile: (id: TileId) => Uint8Array): HashOf =>
  (node) => {
    const height = node.level % TILE_HEIGHT;
    return rootWithin(tile(tileOf(node)), height, (node.index * 2 ** height) % TILE_WIDTH);
  };

/** A tile or bundle as its path names it: a partial one with its width. */
export interface TileName {
  /** "entries" for a bundle of records. */
  readonly level: number | "entries";
  readonly n: number;
  /** 1 to 256. */
  readonly width: number;
}

/** `tile/0/x001/067.p/8`. */
export function formatTilePath({ level, n, width }: TileName): string {
  const digits = String(n).padStart(Math.ceil(String(n).length / 3) * 3, "0");
  const groups = digits.match(/.{3}/gu)!;
  const path = groups.map((group, index) => (index < groups.length - 1 ? `x${group}` : group)).join("/");
  return `tile/${level}/${path}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/** Undefined for anything but the one path of a tile. */
export function parseTilePath(path: string): TileName | undefined {
  const [, level, ...groups] = path.split("/");
  const partial = groups.at(-2)?.endsWith(".p") === true;
  const width = partial ? Number(groups.pop()) : TILE_WIDTH;
  const digits = groups.map((group) => group.replace(/^x/u, "").replace(/\.p$/u, "")).join("");
  const name: TileName = { level: level === "entries" ? level : Number(level), n: Number(digits), width };
  const isPossible =
    Number.isSafeInteger(name.n) &&
    Number.isInteger(width) &&
    width >= 1 &&
    (name.level === "entries" || isLevel(name.level));
  return isPossible && groups.length > 0 && formatTilePath(name) === path ? name : undefined;
}

const isLevel = (level: number): boolean => Number.isInteger(level) && level >= 0 && level <= HIGHEST_LEVEL;

/** The longest record that a bundle takes: its length is written in two bytes. */
const LONGEST_ENTRY = 65_535;

/** An entry bundle: each record after its length, two bytes, big-endian. */
export function writeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(entries.reduce((sum, { length }) => sum + 2 + length, 0));
  let at = 0;
  for (const entry of entries) {
    if (entry.length > LONGEST_ENTRY)
      throw new RangeError(`a record of ${entry.length} bytes does not fit into a bundle`);
    at = bytes.writeUInt16BE(entry.length, at);
    bytes.set(entry, at);
    at += entry.length;
  }
  return bytes;
}
