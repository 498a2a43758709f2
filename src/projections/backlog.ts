// Opened events that wait for their batch, and how much of them makes one.
import type { RecordedEvent } from "../eventlog/event-log.ts";
import { startsBatch } from "./fold.ts";
import type { Events } from "./folding.ts";
import { type LogEvent, shows, type Tick } from "./log-event.ts";

/** Rows, about, that one batch writes: what a transaction of the store takes with ease. */
const ROWS = 2_000;
/** Bytes of its events; what they write is looked at when they are folded. */
const BYTES = 8 * 1_048_576;
/** Rows of an event that shows: its resource, what that superseded, and its own; and of each member that it names. */
const OF_EVENT = 3;
const OF_MEMBER = 2;

interface Waiting {
  readonly event: LogEvent | Tick;
  readonly isAsked: boolean;
  readonly recorded: RecordedEvent;
  readonly rows: number;
  readonly bytes: number;
}

export interface Cut {
  readonly events: Events;
  readonly recorded: readonly RecordedEvent[];
}

export class Backlog {
  readonly #most: number;
  #waiting: Waiting[] = [];
  #rows = 0;
  #bytes = 0;
  /** How many of them somebody may ask for. */
  #asked = 0;
  #full = Promise.withResolvers<void>();
  #room = Promise.withResolvers<void>();

  /** `most`: rows of a batch. */
  constructor(most = ROWS) {
    this.#most = most;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Whether a reader would find anything new: a claim, which is followed by what it was made for, shows nowhere. */
  get isAsked(): boolean {
    return this.#asked > 0;
  }

  /** Whether there is enough for a batch. */
  get isFull(): boolean {
    return this.#rows >= this.#most || this.#bytes >= BYTES;
  }

  /** `recorded`: of the same events. */
  add(events: Events, recorded: readonly RecordedEvent[]): void {
    for (const [at, event] of events.entries()) {
      const of = recorded[at]!;
      const waiting = { event, recorded: of, rows: rowsOf(event), bytes: bytesOf(of), isAsked: isAsked(event) };
      this.#count(waiting, 1);
      this.#waiting.push(waiting);
    }
    if (!this.isFull) return;
    this.#full.resolve();
    this.#full = Promise.withResolvers();
  }

  /** The next batch: at least one event, and no more after those that come to a whole one. They stay until they are dropped. */
  next(): Cut {
    let [count, rows, bytes] = [0, 0, 0];
    for (const { event, ...own } of this.#waiting) {
      rows += own.rows;
      bytes += own.bytes;
      if (count > 0 && (startsBatch(event) || rows > this.#most || bytes > BYTES)) break;
      count += 1;
    }
    const batch = this.#waiting.slice(0, count);
    return { events: batch.map(({ event }) => event), recorded: batch.map(({ recorded }) => recorded) };
  }

  /** Drops the events up to a place. */
  drop(place: number): void {
    const count = this.#waiting.findIndex(({ event }) => event.place > place);
    for (const dropped of this.#waiting.splice(0, count < 0 ? this.#waiting.length : count)) this.#count(dropped, -1);
    if (!this.isFull) this.leave();
  }

  #count({ rows, bytes, isAsked }: Waiting, by: 1 | -1): void {
    this.#rows += by * rows;
    this.#bytes += by * bytes;
    if (isAsked) this.#asked += by;
  }

  /** Resolves when it is full the next time. */
  fills(): Promise<void> {
    return this.#full.promise;
  }

  /** Resolves when it is full no more, or nobody takes anything out. */
  hasRoom(): Promise<void> {
    return this.#room.promise;
  }

  /** Those who wait for room wait no longer. */
  leave(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }
}

const isAsked = (event: LogEvent | Tick): boolean =>
  shows(event) || event.record !== undefined || event.head !== undefined;

/** About how many rows an event writes. */
function rowsOf(event: LogEvent | Tick): number {
  if (!shows(event)) return 1;
  const data = event.fact.event.data as { readonly members?: readonly string[] } | null | undefined;
  return OF_EVENT + OF_MEMBER * (data?.members?.length ?? 0);
}

const bytesOf = ({ envelope, ciphertext }: RecordedEvent): number => envelope.length + (ciphertext?.length ?? 0);
