// Read your writes (DESIGN §8): an answer waits until the projector has passed its position.
import type { Position } from "./event-log.ts";
import { NotYetVisible } from "./provisioning.ts";

interface Waiter {
  readonly position: Position;
  readonly resolve: () => void;
}

export class Visibility {
  #position: Position;
  /** In the order of their positions, as nearly all of them arrive. */
  #waiters: Waiter[] = [];
  readonly #timeoutMs: number;

  constructor(position: Position, timeoutMs: number) {
    this.#position = position;
    this.#timeoutMs = timeoutMs;
  }

  /** How far the read models are. */
  get position(): Position {
    return this.#position;
  }

  /** The projector has passed this position. */
  advance(position: Position): void {
    if (position <= this.#position) return;
    this.#position = position;
    const ready = this.#waiters.filter((waiter) => waiter.position <= position);
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.position > position);
    for (const { resolve } of ready) resolve();
  }

  /** Resolves once the position is visible; throws NotYetVisible when that takes too long. */
  reached(position: Position): Promise<void> {
    if (position <= this.#position) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        position,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(new NotYetVisible());
      }, this.#timeoutMs);
      this.#waiters.push(waiter);
    });
  }
}
