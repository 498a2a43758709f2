// Read your writes: an answer waits until the projector has passed its position.
import { type Position, Unavailable } from "./event-log.ts";
import { NotYetVisible } from "./provisioning.ts";
import { RecentLeaves } from "./recent-leaves.ts";

interface Waiter {
  readonly position: Position;
  readonly resolve: () => void;
}

const NONE: readonly number[] = [];

export class Visibility {
  /** Called when somebody begins to wait, for whoever has to look how far the read models are. */
  onWaiting: (() => void) | undefined;
  #position: Position;
  /** In the order of their positions, as nearly all of them arrive. */
  #waiters: Waiter[] = [];
  readonly #timeoutMs: number;
  #stalled: string | undefined;
  readonly #leaves = new RecentLeaves();

  constructor(position: Position, timeoutMs: number) {
    this.#position = position;
    this.#timeoutMs = timeoutMs;
  }

  /** How far the read models are. */
  get position(): Position {
    return this.#position;
  }

  /** Whether anybody waits. */
  get isAwaited(): boolean {
    return this.#waiters.length > 0;
  }

  /** Why the read models cannot be written now; undefined when all is well. */
  get stalled(): string | undefined {
    return this.#stalled;
  }

  /** The projector cannot go on; until it does, nothing new is to be written. */
  stall(reason: string): void {
    this.#stalled = reason;
  }

  /** Throws Unavailable while nothing that is written would become visible. */
  admit(): void {
    if (this.#stalled !== undefined) throw new Unavailable(`the read models cannot be written: ${this.#stalled}`, "no");
  }

  /** The projector has passed this position. `leaves`, from an engine that knows them: see `RecentLeaves.add`. */
  advance(position: Position, leaves: readonly number[] = NONE): void {
    this.#stalled = undefined;
    this.#leaves.add(position, leaves);
    if (position <= this.#position) return;
    this.#position = position;
    const ready = this.#waiters.filter((waiter) => waiter.position <= position);
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.position > position);
    for (const { resolve } of ready) resolve();
  }

  /** The index of an event's leaf in its tenant's Merkle tree, where that was told not long ago. */
  leafAt(position: Position): number | undefined {
    return this.#leaves.at(position);
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
      this.onWaiting?.();
    });
  }
}
