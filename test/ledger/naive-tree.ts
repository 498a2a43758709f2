// RFC 6962 §2.1 word for word, by recursion on lists, with none of the ledger's code.
import { createHash } from "node:crypto";

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** A list of entries and what the RFC says of its beginnings. */
export class NaiveTree {
  readonly #leaves: readonly Buffer[];
  readonly #known = new Map<string, Buffer>();

  constructor(entries: readonly Uint8Array[]) {
    this.#leaves = entries.map((entry) => sha256(Buffer.of(0), entry));
  }

  leaf(index: number): Buffer {
    return this.#leaves[index]!;
  }

  /** MTH(D[from:to]). */
  root(to: number, from = 0): Buffer {
    if (to === from) return sha256();
    if (to - from === 1) return this.#leaves[from]!;
    const name = `${from}-${to}`;
    let root = this.#known.get(name);
    if (root === undefined) {
      const middle = from + powerBelow(to - from);
      root = sha256(Buffer.of(1), this.root(middle, from), this.root(to, middle));
      this.#known.set(name, root);
    }
    return root;
  }

  /** PATH(m, D[from:to]), m counted from `from`. */
  path(m: number, to: number, from = 0): Buffer[] {
    if (to - from === 1) return [];
    const k = powerBelow(to - from);
    return m < k
      ? [...this.path(m, from + k, from), this.root(to, from + k)]
      : [...this.path(m - k, to, from + k), this.root(from + k, from)];
  }

  /** PROOF(m, D[n]). */
  proof(m: number, n: number): Buffer[] {
    return this.#subproof(m, n, 0, true);
  }

  #subproof(m: number, to: number, from: number, isOld: boolean): Buffer[] {
    if (m === to - from) return isOld ? [] : [this.root(to, from)];
    const k = powerBelow(to - from);
    return m <= k
      ? [...this.#subproof(m, from + k, from, isOld), this.root(to, from + k)]
      : [...this.#subproof(m - k, to, from + k, false), this.root(from + k, from)];
  }
}

const powerBelow = (n: number): number => 2 ** Math.ceil(Math.log2(n) - 1);

/** Entries 0, 1, 2 … as texts. */
export const entries = (count: number): Buffer[] => Array.from({ length: count }, (_, n) => Buffer.from(`entry ${n}`));
