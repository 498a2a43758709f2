import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { emptyTree, grow, rootOf, type Tile, type Tree } from "../../src/ledger/growth.ts";
import { EMPTY_ROOT, type Hash, leafHash } from "../../src/ledger/hash.ts";
import { consistencyRanges, hashOfRange, inclusionRanges, type Node, type Range } from "../../src/ledger/ranges.ts";
import { hashesFrom, TILE_WIDTH, tileKey, widthOf } from "../../src/ledger/tiles.ts";
import { verifyConsistency, verifyInclusion } from "../../src/ledger/verify.ts";
import { entries, NaiveTree } from "./naive-tree.ts";

const SIZE = 600;
const all = entries(SIZE);
const naive = new NaiveTree(all);
const leaves = all.map(leafHash);

/** All tiles of a tree that grew by these leaves. */
function tilesOf(hashes: readonly Hash[], batches: readonly number[] = [hashes.length]) {
  const tiles = new Map<string, Tile>();
  let tree: Tree = emptyTree;
  let at = 0;
  for (const batch of batches) {
    const grown = grow(tree, hashes.slice(at, at + batch));
    for (const tile of grown.tiles) tiles.set(tileKey(tile), tile);
    tree = grown.tree;
    at += batch;
  }
  return { tiles, tree };
}

const { tiles } = tilesOf(leaves);
const fromTiles = hashesFrom((id) => tiles.get(tileKey(id))!.hashes);
const known = new Map<string, Hash>();
/** Each node is read from the tiles once. */
function hashOf(node: Node): Hash {
  const name = `${node.level}/${node.index}`;
  const hash = known.get(name) ?? fromTiles(node);
  known.set(name, hash);
  return hash;
}
const pathOf = (ranges: readonly Range[]): Hash[] => ranges.map((range) => hashOfRange(range, hashOf));
const flip = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
};

describe("the tree", () => {
  it(`proves every leaf of every tree of up to ${SIZE} leaves, by the very path of RFC 6962`, () => {
    for (let size = 1; size <= SIZE; size++)
      for (let index = 0; index < size; index++) {
        const path = pathOf(inclusionRanges(index, size));
        const proof = { index, size, leaf: leaves[index]!, path, root: naive.root(size) };
        if (!verifyInclusion(proof)) throw new Error(`leaf ${index} of ${size} is not proved`);
        if (size % 37 === 0) expect(path).toEqual(naive.path(index, size));
      }
  }, 120_000);

  it(`proves every tree of up to ${SIZE} leaves to be the beginning of every larger one`, () => {
    for (let to = 0; to <= SIZE; to++)
      for (let from = 0; from <= to; from++) {
        const path = pathOf(consistencyRanges(from, to));
        const proof = { from, to, fromRoot: naive.root(from), toRoot: naive.root(to), path };
        if (!verifyConsistency(proof)) throw new Error(`${from} to ${to} is not proved`);
        if (to % 37 === 0 && from > 0) expect(path).toEqual(naive.proof(from, to));
      }
  }, 120_000);

  it("has the same root and tiles however its leaves come in", () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 8 }), (batches) => {
        const count = Math.min(
          SIZE,
          batches.reduce((sum, batch) => sum + batch, 0),
        );
        const grown = tilesOf(leaves.slice(0, count), batches);
        expect(rootOf(grown.tree)).toEqual(naive.root(count));
        expect(grown.tree.size).toBe(count);
        expect(grown.tiles).toEqual(tilesOf(leaves.slice(0, count)).tiles);
        for (const { level, n, hashes } of grown.tiles.values())
          expect(hashes).toHaveLength(32 * widthOf({ level, n }, count));
      }),
      { numRuns: 50 },
    ));

  it("passes a full tile on, two levels up", () => {
    const hash = leafHash(Buffer.from("the same"));
    const { tree, tiles: many } = tilesOf(
      Array.from({ length: TILE_WIDTH ** 2 + 1 }, () => hash),
      [65_000, 537],
    );
    expect(tree.edge.map(({ n, hashes }) => [n, hashes.length / 32])).toEqual([
      [256, 1],
      [1, 0],
      [0, 1],
    ]);
    const same = Array.from({ length: TILE_WIDTH ** 2 }, () => Buffer.from("the same"));
    expect(Buffer.from(many.get("2/0")!.hashes)).toEqual(new NaiveTree(same).root(same.length));
  });

  it("without leaves has the hash of nothing as its root", () => {
    expect(rootOf(emptyTree)).toEqual(EMPTY_ROOT);
    expect(Buffer.from(EMPTY_ROOT).toString("base64")).toBe("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  });
});

describe("a proof", () => {
  it("of inclusion fails when any bit of leaf, path or root changes, or a hash is no hash", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: SIZE }), fc.nat(), fc.nat(), (size, at, bit) => {
        const index = at % size;
        const path = pathOf(inclusionRanges(index, size));
        const proof = { index, size, leaf: leaves[index]!, path, root: naive.root(size) };
        expect(verifyInclusion({ ...proof, leaf: flip(proof.leaf, bit % 256) })).toBe(false);
        expect(verifyInclusion({ ...proof, root: flip(proof.root, bit % 256) })).toBe(false);
        expect(verifyInclusion({ ...proof, root: proof.root.subarray(0, 31) })).toBe(false);
        expect(verifyInclusion({ ...proof, path: [...path, proof.leaf] })).toBe(false);
        expect(verifyInclusion({ ...proof, index: size })).toBe(false);
        for (const broken of path.keys()) {
          const other = path.with(broken, flip(path[broken]!, bit % 256));
          expect(verifyInclusion({ ...proof, path: other })).toBe(false);
          expect(verifyInclusion({ ...proof, path: path.toSpliced(broken, 1) })).toBe(false);
          expect(verifyInclusion({ ...proof, path: path.with(broken, path[broken]!.subarray(1)) })).toBe(false);
        }
      }),
    ));

  it("of consistency fails when any bit of path or roots changes, or a hash is no hash", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: SIZE }), fc.nat(), fc.nat(), (to, at, bit) => {
        const from = 1 + (at % to);
        const path = pathOf(consistencyRanges(from, to));
        const proof = { from, to, fromRoot: naive.root(from), toRoot: naive.root(to), path };
        expect(verifyConsistency({ ...proof, fromRoot: flip(proof.fromRoot, bit % 256) })).toBe(false);
        expect(verifyConsistency({ ...proof, toRoot: flip(proof.toRoot, bit % 256) })).toBe(false);
        expect(verifyConsistency({ ...proof, path: [...path, proof.toRoot] })).toBe(false);
        for (const broken of path.keys()) {
          expect(verifyConsistency({ ...proof, path: path.with(broken, flip(path[broken]!, bit % 256)) })).toBe(false);
          expect(verifyConsistency({ ...proof, path: path.toSpliced(broken, 1) })).toBe(false);
        }
      }),
    ));

  it("from the empty tree is an empty one, under the empty root alone", () => {
    const proof = { from: 0, to: 7, fromRoot: EMPTY_ROOT, toRoot: naive.root(7), path: [] };
    expect(verifyConsistency(proof)).toBe(true);
    expect(verifyConsistency({ ...proof, fromRoot: naive.root(1) })).toBe(false);
    expect(verifyConsistency({ ...proof, path: [naive.root(1)] })).toBe(false);
    expect(verifyConsistency({ ...proof, to: 0 })).toBe(false);
    expect(verifyConsistency({ ...proof, to: 0, toRoot: EMPTY_ROOT })).toBe(true);
  });

  it("is not made of what is not there", () => {
    expect(() => inclusionRanges(7, 7)).toThrow("a tree of 7 leaves has no leaf 7");
    expect(() => inclusionRanges(0, 0)).toThrow(RangeError);
    expect(() => inclusionRanges(-1, 7)).toThrow(RangeError);
    expect(() => consistencyRanges(8, 7)).toThrow("a tree cannot grow from 8 to 7 leaves");
    expect(() => consistencyRanges(0.5, 7)).toThrow(RangeError);
  });
});
