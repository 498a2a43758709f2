// What the double of EventStoreDB keeps, and how it answers an append: as a real server was seen to. Positions have gaps,
// others' events stand between ours, and a repeat is known by the whole batch at the old revision.
import { randomUUID } from "node:crypto";

export interface Proposal {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly customMetadata: Uint8Array;
}

export interface Stored extends Proposal {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly batch: number;
}

export type Expected = number | "none" | "any" | "exists";

export type Appended =
  | { readonly kind: "written" | "repeated"; readonly last: Stored }
  | { readonly kind: "empty" }
  | { readonly kind: "deleted" | "too large" }
  | { readonly kind: "conflict"; readonly head: number };

const APPEND_LIMIT = 1_048_576;
const NOTHING = new Uint8Array(0);

export class ServerLog {
  readonly events: Stored[] = [];
  readonly #streams = new Map<string, Stored[]>();
  readonly #tombs = new Set<string>();
  readonly #listeners = new Set<(events: readonly Stored[]) => void>();
  #place = 300;
  #batches = 0;
  /** Events of others that follow each append. */
  noise = 0;
  /** How far the server's clock is ahead, ms. */
  clockAheadMs = 0;
  /** No append is known again, as after its traces are gone. */
  forgetsRepeats = false;

  constructor() {
    this.addForeign(3);
  }

  stream(name: string): readonly Stored[] {
    return this.#streams.get(name) ?? [];
  }

  isDeleted(name: string): boolean {
    return this.#tombs.has(name);
  }

  tombstone(name: string): void {
    this.#tombs.add(name);
  }

  /** Told of events as they are written; returns how to stop it. */
  onWritten(listener: (events: readonly Stored[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  append(stream: string, expected: Expected, proposals: readonly Proposal[]): Appended {
    if (this.#tombs.has(stream)) return { kind: "deleted" };
    if (sizeOf(proposals) >= APPEND_LIMIT) return { kind: "too large" };
    const events = this.#streams.get(stream) ?? [];
    const head = events.length - 1;
    const after = expected === "none" ? -1 : expected === "any" || expected === "exists" ? head : expected;
    if (proposals.length === 0) return { kind: "empty" };
    if (after !== head) return this.#repeated(events, after, proposals) ?? { kind: "conflict", head };
    const written = this.#write(stream, proposals);
    this.addForeign(this.noise);
    return { kind: "written", last: written.at(-1)! };
  }

  /** Events that are none of ours: the server's own, and another application's. */
  addForeign(count: number): void {
    for (let index = 0; index < count; index++) {
      const stream = index % 2 === 0 ? "$stats-127.0.0.1:2113" : "orders-1";
      const data = Buffer.from('{"cpu":1}');
      this.#write(stream, [
        { id: randomUUID(), type: "$statsCollected", contentType: "application/json", data, customMetadata: NOTHING },
      ]);
    }
  }

  #write(stream: string, proposals: readonly Proposal[]): readonly Stored[] {
    const events = this.#streams.get(stream) ?? [];
    this.#streams.set(stream, events);
    const batch = ++this.#batches;
    const created = Date.now() + this.clockAheadMs;
    const written = proposals.map((proposal, index) => {
      const stored = { ...proposal, stream, revision: events.length + index, position: this.#place, created, batch };
      this.#place += 137 + proposal.data.length;
      return stored;
    });
    events.push(...written);
    this.events.push(...written);
    for (const listener of [...this.#listeners]) listener(written);
    return written;
  }

  #repeated(events: readonly Stored[], after: number, proposals: readonly Proposal[]): Appended | undefined {
    const there = events.slice(after + 1, after + 1 + proposals.length);
    const whole = there[0] === undefined ? [] : events.filter(({ batch }) => batch === there[0]!.batch);
    const isRepeat =
      !this.forgetsRepeats &&
      whole.length === proposals.length &&
      there.every(({ id }, index) => id === proposals[index]!.id);
    return isRepeat ? { kind: "repeated", last: there.at(-1)! } : undefined;
  }
}

const sizeOf = (proposals: readonly Proposal[]) =>
  proposals.reduce(
    (sum, { data, customMetadata, type }) => sum + data.length + customMetadata.length + 2 * type.length,
    0,
  );
