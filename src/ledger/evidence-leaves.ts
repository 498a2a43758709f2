// The leaves of a tenant's tree, as far as an answer needs them: which event of which stream each one is, and when. All of
// them are there, so that no event of a stream can be left out, not even its last ones.
import { Tampered } from "./judge.ts";
import { decodeLeaf, type LeafRecord, NotALeaf } from "./leaf.ts";

export class LeafTable {
  readonly #tenant: string;
  readonly #isOurs: (stream: string) => boolean;
  readonly #streams = new Map<string, { readonly name: string; readonly indexes: number[] }>();
  readonly #streamAt: { readonly name: string; readonly indexes: readonly number[] }[] = [];
  readonly #revisions: number[] = [];
  readonly #at: number[] = [];
  readonly #sealed: boolean[] = [];
  readonly #types = new Map<string, number[]>();

  /** `isOurs`: whether a stream's name is one of the tenant's. */
  constructor(tenant: string, isOurs: (stream: string) => boolean) {
    this.#tenant = tenant;
    this.#isOurs = isOurs;
  }

  /** Leaves so far. */
  get size(): number {
    return this.#at.length;
  }

  /** Takes the next leaf. Throws Tampered where it is none, is another tenant's, or leaves a gap in its stream. */
  add(bytes: Uint8Array): LeafRecord {
    const index = this.size;
    const record = decoded(bytes, index);
    if (record.tenant !== this.#tenant) throw new Tampered(`the event is of the tenant “${record.tenant}”`, index);
    if (!this.#isOurs(record.stream))
      throw new Tampered(`“${record.stream}” is no stream of the tenant “${this.#tenant}”`, index);
    const stream = this.#streams.get(record.stream) ?? { name: record.stream, indexes: [] };
    this.#streams.set(record.stream, stream);
    if (record.revision !== stream.indexes.length)
      throw new Tampered(
        `${record.stream} goes on at revision ${record.revision} and not ${stream.indexes.length}`,
        index,
      );
    stream.indexes.push(index);
    this.#streamAt.push(stream);
    this.#revisions.push(record.revision);
    this.#at.push(record.at);
    this.#sealed.push(record.ciphertext !== undefined);
    const ofType = this.#types.get(record.type) ?? [];
    this.#types.set(record.type, ofType);
    ofType.push(index);
    return record;
  }

  streamOf(index: number): string {
    return this.#streamAt[index]!.name;
  }

  revisionOf(index: number): number {
    return this.#revisions[index]!;
  }

  /** Microseconds, as the deciding node stamped it. */
  at(index: number): number {
    return this.#at[index]!;
  }

  /** Whether the event has a ciphertext. */
  isSealed(index: number): boolean {
    return this.#sealed[index]!;
  }

  /** The leaves of a stream, in the order of its revisions; none where there is no such stream. */
  ofStream(stream: string): readonly number[] {
    return this.#streams.get(stream)?.indexes ?? [];
  }

  ofType(type: string): readonly number[] {
    return this.#types.get(type) ?? [];
  }

  /** How many there are. */
  get streams(): number {
    return this.#streams.size;
  }
}

function decoded(bytes: Uint8Array, index: number): LeafRecord {
  try {
    return decodeLeaf(bytes);
  } catch (error) {
    if (error instanceof NotALeaf) throw new Tampered(error.message, index);
    throw error;
  }
}
