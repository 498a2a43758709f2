// Makes a tree anew from events, and holds each to the record that stands for it.
import type { Checkpoint } from "./checkpoint.ts";
import { emptyTree, grow, rootOf, type Tree } from "./growth.ts";
import { type Hash, leafHash, sameBytes, sha256 } from "./hash.ts";
import { Tampered } from "./judge.ts";
import { commitsTo, decodeLeaf, type LeafRecord, NotALeaf } from "./leaf.ts";

/** An event as an export carries it. */
export interface ExportedEvent {
  readonly leaf: Uint8Array;
  readonly envelope: Uint8Array;
  readonly ciphertext?: Uint8Array;
}

/** Where the key commitment stands in a ciphertext. */
const COMMITMENT = { from: 1, to: 33 };
const BATCH = 1_024;

/** Takes a tenant's events in the order of their leaves. Its methods throw Tampered. */
export class Replay {
  readonly #tenant: string;
  /** Heads to be met on the way, by size. */
  readonly #heads: readonly Checkpoint[];
  readonly #revisions = new Map<string, number>();
  #tree: Tree = emptyTree;
  #waiting: Hash[] = [];
  #met = 0;

  constructor(tenant: string, heads: readonly Checkpoint[] = []) {
    this.#tenant = tenant;
    this.#heads = [...heads].sort((one, other) => one.size - other.size);
  }

  /** Leaves so far. */
  get size(): number {
    return this.#tree.size + this.#waiting.length;
  }

  /** An event with the record that is said to stand for it. */
  add({ leaf, envelope, ciphertext }: ExportedEvent): void {
    const index = this.size;
    let record: LeafRecord;
    try {
      record = decodeLeaf(leaf);
    } catch (error) {
      if (error instanceof NotALeaf) throw new Tampered(error.message, index);
      throw error;
    }
    const parts = {
      envelope: sha256(envelope),
      ...(ciphertext === undefined
        ? {}
        : { ciphertext: sha256(ciphertext), commitment: ciphertext.subarray(COMMITMENT.from, COMMITMENT.to) }),
    };
    if (!commitsTo(record, parts)) throw new Tampered("the event is not the one that its leaf commits to", index);
    this.#checkPlace(record, envelope, index);
    this.addHash(leafHash(leaf));
  }

  /** A leaf of which the hash alone is at hand. */
  addHash(hash: Hash): void {
    this.#waiting.push(hash);
    const next = this.#heads[this.#met];
    if (this.#waiting.length >= BATCH || next?.size === this.size) this.#settle();
  }

  /** The tree of all that was added. Throws Tampered where a head was not met. */
  finish(): { readonly size: number; readonly root: Hash } {
    this.#settle();
    return { size: this.#tree.size, root: rootOf(this.#tree) };
  }

  /** The heads that the tree has met. */
  get met(): readonly Checkpoint[] {
    return this.#heads.slice(0, this.#met);
  }

  #settle(): void {
    this.#tree = grow(this.#tree, this.#waiting).tree;
    this.#waiting = [];
    for (let head = this.#heads[this.#met]; head?.size === this.#tree.size; head = this.#heads[this.#met]) {
      if (!sameBytes(head.root, rootOf(this.#tree)))
        throw new Tampered(`the first ${head.size} leaves are not those over which a head was signed`);
      this.#met += 1;
    }
  }

  #checkPlace(record: LeafRecord, envelope: Uint8Array, index: number): void {
    const said = parsed(envelope, index);
    for (const name of ["tenant", "stream", "revision", "type", "at"] as const)
      if (said[name] !== record[name]) throw new Tampered(`the leaf says another ${name} than its event`, index);
    if (record.tenant !== this.#tenant) throw new Tampered(`the event is of the tenant “${record.tenant}”`, index);
    const expected = (this.#revisions.get(record.stream) ?? -1) + 1;
    if (record.revision !== expected)
      throw new Tampered(`${record.stream} goes on at revision ${record.revision} and not ${expected}`, index);
    this.#revisions.set(record.stream, record.revision);
  }
}

function parsed(envelope: Uint8Array, index: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(envelope.buffer, envelope.byteOffset, envelope.length).toString());
    if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new Tampered("the event's envelope is not JSON", index);
}
