// Turns what the client streams into batches that are pulled: the stream is held while nobody takes them, and silence counts
// only while somebody waits.
import type { ResolvedEvent } from "@eventstore/db-client";
import { Silence } from "./reading.ts";

/** A read or a subscription of the client. */
export interface Source {
  on(event: "data", listener: (event: ResolvedEvent) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  cancel(): Promise<unknown>;
}

export interface FlowOptions<Item> {
  readonly idleMs: number;
  /** Items of one batch, at most. */
  readonly most: number;
  /** What becomes of an event; undefined for one that is passed over. May throw. */
  readonly item: (event: ResolvedEvent) => Item | undefined;
}

export class Flow<Item> {
  readonly #reading: Source;
  readonly #options: FlowOptions<Item>;
  #waiting: Item[] = [];
  #isEnded = false;
  #failure: unknown;
  #wake: (() => void) | undefined;

  constructor(reading: Source, options: FlowOptions<Item>) {
    this.#reading = reading;
    this.#options = options;
    reading.on("data", (event) => this.#take(event));
    reading.on("end", () => this.#settle(undefined));
    reading.on("error", (error) => this.#settle(error));
  }

  /** The next items, once there are any; none at the end of the stream, or once it was stopped. Throws what broke it off. */
  async next(): Promise<readonly Item[]> {
    const { most, idleMs } = this.#options;
    if (this.#waiting.length < most && !this.#isEnded) this.#reading.resume();
    while (this.#waiting.length === 0 && !this.#isEnded) await this.#something(idleMs);
    const batch = this.#waiting.splice(0, most);
    if (batch.length === 0 && this.#failure !== undefined) throw this.#failure;
    return batch;
  }

  /** The server gave another sign of life than an event. */
  stir(): void {
    this.#wake?.();
  }

  /** Ends the call; who waits gets nothing more. */
  stop(): void {
    this.#waiting = [];
    this.#settle(undefined);
    this.#reading.cancel().catch(() => {});
  }

  #take(event: ResolvedEvent): void {
    if (this.#isEnded) return;
    try {
      const item = this.#options.item(event);
      if (item !== undefined) this.#waiting.push(item);
    } catch (error) {
      this.#settle(error);
      this.#reading.cancel().catch(() => {});
    }
    if (this.#waiting.length >= 2 * this.#options.most) this.#reading.pause();
    this.#wake?.();
  }

  #settle(failure: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#failure = failure;
    this.#wake?.();
  }

  /** Resolves a turn after the first event, so that what came with it is in the same batch. */
  async #something(idleMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const idle = setTimeout(() => reject(new Silence(`no answer for ${idleMs} ms`)), idleMs);
    // An event that is passed over wakes too: it is a sign of life.
    this.#wake = () => {
      this.#wake = undefined;
      setImmediate(resolve);
    };
    try {
      await promise;
    } finally {
      clearTimeout(idle);
      this.#wake = undefined;
    }
  }
}
