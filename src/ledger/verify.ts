// Verifies proofs as RFC 9162 §2.1.3.2 and §2.1.4.2 word it, apart from the code that makes them. Sizes go beyond 32 bits, so
// they are halved, never shifted.
import { EMPTY_ROOT, type Hash, isHash, isSize, nodeHash, sameBytes } from "./hash.ts";

export interface Inclusion {
  readonly index: number;
  readonly size: number;
  /** The leaf's hash, not its record. */
  readonly leaf: Hash;
  /** From the leaf's sibling to the root's child. */
  readonly path: readonly Hash[];
  readonly root: Hash;
}

export interface Consistency {
  readonly from: number;
  readonly to: number;
  readonly fromRoot: Hash;
  readonly toRoot: Hash;
  readonly path: readonly Hash[];
}

const isOdd = (number: number): boolean => number % 2 === 1;
const half = (number: number): number => Math.floor(number / 2);

/** Whether the leaf stands at this index of the tree with this root. */
export function verifyInclusion({ index, size, leaf, path, root }: Inclusion): boolean {
  if (!isSize(size) || !isSize(index) || index >= size || ![leaf, root, ...path].every(isHash)) return false;
  let [at, last] = [index, size - 1];
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else hash = nodeHash(hash, sibling);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && sameBytes(hash, root);
}

/**
 * Whether the tree of `from` leaves is the beginning of that of `to`. The empty tree is the beginning of every tree, without
 * a proof and under its own root alone.
 */
export function verifyConsistency({ from, to, fromRoot, toRoot, path }: Consistency): boolean {
  if (!isSize(from) || !isSize(to) || from > to || ![fromRoot, toRoot, ...path].every(isHash)) return false;
  if (to === 0 && !sameBytes(toRoot, EMPTY_ROOT)) return false;
  if (from === 0) return path.length === 0 && sameBytes(fromRoot, EMPTY_ROOT);
  if (from === to) return path.length === 0 && sameBytes(fromRoot, toRoot);
  return leadsToBoth({ from, to, fromRoot, toRoot, path });
}

function leadsToBoth({ from, to, fromRoot, toRoot, path }: Consistency): boolean {
  let [at, last] = [from - 1, to - 1];
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  // Where the old tree is perfect, its root is a node of the new one and the path leaves it out.
  const [first, ...rest] = at === 0 ? [fromRoot, ...path] : path;
  if (first === undefined) return false;
  let [old, current] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      old = nodeHash(sibling, old);
      current = nodeHash(sibling, current);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else current = nodeHash(current, sibling);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && sameBytes(old, fromRoot) && sameBytes(current, toRoot);
}
