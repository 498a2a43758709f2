// Opened events that wait for their batch, and how much of them makes one.
import type { RecordedEvent } from "../eventlog/event-log.ts";
import { startsBatch } from "./fold.ts";
import type { Events } from "./folding.ts";
import { type LogEvent, shows, type Tick } from "./log-event.ts";

/** Rows, about, that one batch writes: what a transaction of the store takes with ease. */
const ROWS = 2_000;
/** Rows of an event that shows: its resource, what that superseded, and its own; and of each member that it names. */
const OF_EVENT = 3;
const OF_MEMBER = 2;

interface Waiting {
  readonly event: LogEvent | Tick;
  readonly recorded: RecordedEvent;
  readonly rows: number;
}

export interface Cut {
  readonly events: Events;
  readonly recorded: readonly RecordedEvent[];
}

export class Backlog {
  readonly #most: number;
  #waiting: Waiting[] = [];
  #rows = 0;
  #full = Promise.withResolvers<void>();
  #room = Promise.withResolvers<void>();

  /** `most`: rows of a batch. */
  constructor(most = ROWS) {
    this.#most = most;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Whether there is enough for a batch. */
  get isFull(): boolean {
    return this.#rows >= this.#most;
  }

  /** `recorded`: of the same events. */
  add(events: Events, recorded: readonly RecordedEvent[]): void {
    for (const [at, event] of events.entries()) {
      const rows = rowsOf(event);
      this.#rows += rows;
      this.#waiting.push({ event, recorded: recorded[at]!, rows });
    }
    if (!this.isFull) return;
    this.#full.resolve();
    this.#full = Promise.withResolvers();
  }

  /** Takes out the next batch: at least one event, and no more after those that come to a whole one. */
  next(): Cut {
    let [count, rows] = [0, 0];
    for (const { event, rows: own } of this.#waiting) {
      if (count > 0 && (startsBatch(event) || rows + own > this.#most)) break;
      count += 1;
      rows += own;
    }
    const batch = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#rows -= rows;
    if (!this.isFull) this.leave();
    return { events: batch.map(({ event }) => event), recorded: batch.map(({ recorded }) => recorded) };
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

/** About how many rows an event writes. */
function rowsOf(event: LogEvent | Tick): number {
  if (!shows(event)) return 1;
  const data = event.fact.event.data as { readonly members?: readonly string[] } | null | undefined;
  return OF_EVENT + OF_MEMBER * (data?.members?.length ?? 0);
}
