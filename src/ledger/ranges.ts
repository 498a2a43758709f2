// Which parts of a tree its proofs are made of (RFC 6962 §2.1.1, §2.1.2), as ranges of leaves; and how the hash of a range
// comes from those of perfect subtrees, the only ones that are stored.
import { type Hash, isSize, nodeHash } from "./hash.ts";

/** Leaves from `start` (inclusive) to `end` (exclusive). */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The subtree over the leaves [index · 2^level, (index + 1) · 2^level). */
export interface Node {
  readonly level: number;
  readonly index: number;
}

/** The hash of a perfect subtree. */
export type HashOf = (node: Node) => Hash;

/** The largest power of two below a number that is at least 2. */
function split(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** The siblings from a leaf up to the root. Throws RangeError where the tree has no such leaf. */
export function inclusionRanges(index: number, size: number): readonly Range[] {
  if (!isSize(size) || !isSize(index) || index >= size)
    throw new RangeError(`a tree of ${size} leaves has no leaf ${index}`);
  const ranges: Range[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + split(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.reverse();
}

/** What shows that the tree of `from` leaves is the beginning of that of `to`; nothing for an empty or an equal one. */
export function consistencyRanges(from: number, to: number): readonly Range[] {
  if (!isSize(from) || !isSize(to) || from > to)
    throw new RangeError(`a tree cannot grow from ${from} to ${to} leaves`);
  if (from === 0 || from === to) return [];
  const ranges: Range[] = [];
  let [start, end] = [0, to];
  // Whether the old tree is, so far, a subtree that the verifier knows as its old root.
  let isOldRoot = true;
  while (from !== end) {
    const middle = start + split(end - start);
    if (from <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
      isOldRoot = false;
    }
  }
  if (!isOldRoot) ranges.push({ start, end });
  return ranges.reverse();
}

/** The perfect subtrees of a range that begins where a tree's recursion begins one, the largest first. */
export function nodesOf({ start, end }: Range): readonly Node[] {
  const nodes: Node[] = [];
  let at = start;
  while (at < end) {
    let level = 0;
    let width = 1;
    while (at % (width * 2) === 0 && at + width * 2 <= end) {
      width *= 2;
      level += 1;
    }
    nodes.push({ level, index: at / width });
    at += width;
  }
  return nodes;
}

/** The hash of a range that is not empty. */
export const hashOfRange = (range: Range, hashOf: HashOf): Hash =>
  nodesOf(range)
    .map(hashOf)
    .reduceRight((right, left) => nodeHash(left, right));
