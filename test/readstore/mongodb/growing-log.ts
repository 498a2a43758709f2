// A history as a log that grows under those who follow it.
import { type Position, positionOf, type RecordedEvent } from "../../../src/eventlog/event-log.ts";
import type { History } from "../../projections/history.ts";

export class GrowingLog {
  readonly history: History;
  #change = Promise.withResolvers<void>();

  constructor(history: History) {
    this.history = history;
  }

  /** Lets others write; those who follow are told. */
  grow(write: (history: History) => void): void {
    write(this.history);
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  async readAll(after: Position, limit: number): Promise<readonly RecordedEvent[]> {
    return this.history.events.slice(Number(after), Number(after) + limit);
  }

  async head(): Promise<Position> {
    return positionOf(this.history.events.length);
  }

  async *subscribe(after: Position, signal: AbortSignal): AsyncGenerator<readonly RecordedEvent[], void> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    for (let position = after; !signal.aborted; ) {
      const change = this.#change.promise;
      const events = await this.readAll(position, 50);
      if (events.length === 0) await Promise.race([change, aborted]);
      else {
        position = events.at(-1)!.position;
        yield events;
      }
    }
  }
}
