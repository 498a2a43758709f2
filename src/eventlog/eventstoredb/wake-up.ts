// Tells a reader that waits at the end of the log when to look again. The server's live subscription is no more than that: it
// drops whoever falls 32 events behind, never comes back by itself, and may be silent for ever; so its loss wakes too, and
// so does a clock.
import { type AllStreamSubscription, streamNameFilter } from "@eventstore/db-client";
import { type Position, START } from "../event-log.ts";
import type { Connection } from "./connection.ts";
import { messageOf } from "./failure.ts";
import { logPositionOf, placeOf } from "./stored-event.ts";

/** Longest wait without a look at the log, ms. */
const POLL_MS = 1_000;
const FIRST_PAUSE_MS = 50;

export class WakeUp {
  readonly #connection: Connection;
  readonly #prefix: string;
  #live: AllStreamSubscription | undefined;
  #isStarting = false;
  #isEnded = false;
  /** The last position that something was heard of. */
  #latest: Position = START;
  #pauseMs = FIRST_PAUSE_MS;
  #notBefore = 0;
  #ring: (() => void) | undefined;

  constructor(connection: Connection, namespace: string) {
    this.#connection = connection;
    this.#prefix = `${namespace}.`;
  }

  /** Something was appended here. */
  heard(position: Position): void {
    if (position <= this.#latest) return;
    this.#latest = position;
    this.#ring?.();
  }

  /** Resolves when there may be something after a position, which the server knows. */
  async wait(position: Position): Promise<void> {
    if (this.#latest > position || this.#isEnded) return;
    if (this.#live === undefined && !this.#isStarting) void this.#listen(position);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ring = resolve;
    const poll = setTimeout(resolve, this.#live === undefined ? this.#pauseMs : POLL_MS);
    await promise;
    clearTimeout(poll);
    this.#ring = undefined;
  }

  /** Ends the live subscription until the next wait: a reader that has more than it can take needs no waking. */
  rest(): void {
    const live = this.#live;
    this.#live = undefined;
    live?.unsubscribe().catch(() => {});
  }

  /** Ends every wait. */
  end(): void {
    this.#isEnded = true;
    this.rest();
    this.#ring?.();
  }

  async #listen(position: Position): Promise<void> {
    if (Date.now() < this.#notBefore) return;
    this.#isStarting = true;
    try {
      const client = await this.#connection.client();
      const live = client.subscribeToAll({
        fromPosition: position === START ? "start" : logPositionOf(position),
        filter: streamNameFilter({ prefixes: [this.#prefix] }),
      });
      this.#attend(live);
      if (this.#isEnded) this.rest();
    } catch (error) {
      this.#lose(error);
    } finally {
      this.#isStarting = false;
    }
  }

  #attend(live: AllStreamSubscription): void {
    this.#live = live;
    live.on("confirmation", () => {
      this.#pauseMs = FIRST_PAUSE_MS;
    });
    live.on("data", ({ event }) => {
      if (event?.position !== undefined && this.#live === live) this.heard(placeOf(event.position, event.id));
    });
    for (const sign of ["end", "close"] as const) live.on(sign, () => this.#live === live && this.#lose(undefined));
    live.on("error", (error) => {
      if (this.#live === live) this.#lose(error);
    });
  }

  /** Looks again at once, and listens again after a pause that grows until a subscription was confirmed. */
  #lose(error: unknown): void {
    this.rest();
    if (this.#isEnded) return;
    if (error !== undefined) this.#connection.trouble(`a live subscription was lost: ${messageOf(error)}`);
    this.#notBefore = Date.now() + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, POLL_MS);
    this.#ring?.();
  }
}
