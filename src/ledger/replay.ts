// Makes a tree anew from events, and holds each to the record that stands for it.
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { emptyTree, grow, rootOf, type Tree } from "./growth.ts";
import { type Hash, leafHash, sameBytes, sha256 } from "./hash.ts";
import { decodeHeadLeaf } from "./head-leaf.ts";
import { Tampered } from "./judge.ts";
import { INSTANCE } from "./keys.ts";
import { commitsTo, decodeLeaf, leafHashIf, NotALeaf } from "./leaf.ts";
import { Malformed } from "./malformed.ts";
import { parseNote } from "./signed-note.ts";

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
  readonly #revisions = new Map<string, { next: number }>();
  /** Of the instance's tree: by origin. */
  readonly #lastHeads = new Map<string, Checkpoint>();
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

  /** An event with what is said to stand for it: a record, or in the instance's tree a note. */
  add(event: ExportedEvent): void {
    const { leaf, envelope, ciphertext } = event;
    const index = this.size;
    if (this.#tenant === INSTANCE) {
      this.#checkHead(leaf, envelope, index);
      this.addHash(leafHash(leaf));
      return;
    }
    const said = readObject(envelope);
    const hash = said && leafIfOf(leaf, said, envelope, ciphertext);
    if (hash === undefined || said?.["tenant"] !== this.#tenant) throw whyNot(event, said, index);
    this.#checkRevision(said["stream"] as string, said["revision"] as number, index);
    this.addHash(hash);
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

  #checkRevision(stream: string, revision: number, index: number): void {
    const counted = this.#revisions.get(stream);
    const expected = counted?.next ?? 0;
    if (revision !== expected)
      throw new Tampered(`${stream} goes on at revision ${revision} and not ${expected}`, index);
    if (counted === undefined) this.#revisions.set(stream, { next: 1 });
    else counted.next += 1;
  }

  /** A leaf of the instance's tree has the note of its event; the heads of one tree only grow. */
  #checkHead(leaf: Uint8Array, envelope: Uint8Array, index: number): void {
    const head = reading(() => decodeHeadLeaf(leaf), index);
    if (!sameBytes(head.envelope, sha256(envelope)))
      throw new Tampered("the event is not the one that its leaf commits to", index);
    const { stream, revision, type, data } = (readObject(envelope) ?? {}) as {
      readonly stream?: unknown;
      readonly revision?: unknown;
      readonly type?: unknown;
      readonly data?: { readonly note?: unknown };
    };
    if (typeof stream !== "string" || typeof revision !== "number" || data?.note !== head.note)
      throw new Tampered("the leaf is not the note of its event", index);
    this.#checkRevision(stream, revision, index);
    if (type === "CheckpointSigned") this.#checkGrowth(head.note, index);
  }

  #checkGrowth(note: string, index: number): void {
    const head = reading(() => parseCheckpoint(parseNote(note).text), index);
    const last = this.#lastHeads.get(head.origin);
    if (last !== undefined && last.size >= head.size && !(last.size === head.size && sameBytes(last.root, head.root)))
      throw new Tampered(`“${head.origin}” has a head over ${head.size} leaves after one over ${last.size}`, index);
    this.#lastHeads.set(head.origin, head);
  }
}

/** What cannot be read was tampered with. */
function reading<T>(read: () => T, index: number): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotALeaf || error instanceof Malformed) throw new Tampered(error.message, index);
    throw error;
  }
}

/** What an envelope says. */
type Said = Readonly<Record<string, unknown>>;

/** What both a leaf and its event's envelope say. */
const NAMED = ["tenant", "stream", "revision", "type", "at"] as const;

/** Why a leaf does not stand for an event, or not in this tree. */
function whyNot({ leaf, envelope, ciphertext }: ExportedEvent, said: Said | undefined, index: number): Tampered {
  const record = reading(() => decodeLeaf(leaf), index);
  const sealed =
    ciphertext === undefined
      ? {}
      : { ciphertext: sha256(ciphertext), commitment: ciphertext.subarray(COMMITMENT.from, COMMITMENT.to) };
  if (!commitsTo(record, { envelope: sha256(envelope), ...sealed }))
    return new Tampered("the event is not the one that its leaf commits to", index);
  if (said === undefined) return new Tampered("the event's envelope is not JSON", index);
  const other = NAMED.find((name) => said[name] !== record[name]);
  return other === undefined
    ? new Tampered(`the event is of the tenant “${record.tenant}”`, index)
    : new Tampered(`the leaf says another ${other} than its event`, index);
}

/** The hash of a leaf, where it is exactly the one of this event. */
function leafIfOf(
  leaf: Uint8Array,
  { tenant, stream, revision, type, at }: Said,
  text: Uint8Array,
  ciphertext: Uint8Array | undefined,
): Hash | undefined {
  const isName = (name: unknown): name is string => typeof name === "string" && name.isWellFormed();
  if (!isName(tenant) || !isName(stream) || !isName(type) || !isCount(revision) || !isCount(at)) return undefined;
  if (ciphertext !== undefined && ciphertext.length < COMMITMENT.to) return undefined;
  const sealed =
    ciphertext === undefined
      ? undefined
      : { ciphertext, commitment: ciphertext.subarray(COMMITMENT.from, COMMITMENT.to) };
  return leafHashIf(leaf, { tenant, stream, revision, type, at, text, sealed });
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Undefined for what is no JSON object. */
function readObject(envelope: Uint8Array): Said | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(envelope.buffer, envelope.byteOffset, envelope.length).toString());
    return typeof value === "object" && value !== null ? (value as Said) : undefined;
  } catch {
    return undefined;
  }
}
