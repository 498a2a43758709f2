// What a node has at hand of the streams that it writes: whose turn it is, which append is on its way, and the state after it.
import type { DomainEvent } from "../domain/event.ts";
import type { Target } from "./decision.ts";
import type { Revision } from "./event-log.ts";

export interface Slot {
  state: { readonly revision: Revision } | undefined;
  /** Ends when whoever decides now has handed over. */
  turn: Promise<void>;
  /** The outcome of the last append that was handed over. */
  pending: Promise<unknown> | undefined;
  waiting: number;
}

export class StreamSlots {
  readonly #slots = new Map<string, Slot>();
  readonly #kept: number;

  /** `kept`: slots with nothing on its way that stay in memory. */
  constructor(kept: number) {
    this.#kept = kept;
  }

  /** The slot of a stream, the last one to be evicted from now on. */
  of(stream: string): Slot {
    const known = this.#slots.get(stream);
    const slot = known ?? { state: undefined, turn: Promise.resolve(), pending: undefined, waiting: 0 };
    if (known !== undefined) this.#slots.delete(stream);
    this.#slots.set(stream, slot);
    return slot;
  }

  /**
   * Keeps the state for the next command, unless it is heavy, or new: what was just created is seldom changed soon, and in
   * an import thousands of such states would push out those in use.
   */
  settle<State extends { readonly revision: Revision }, Event extends DomainEvent>(
    slot: Slot,
    outcome: Promise<unknown>,
    { stream, fresh, aggregate }: Target<State, Event>,
  ): void {
    slot.pending = outcome;
    const settled = () => {
      if (slot.pending !== outcome) return;
      slot.pending = undefined;
      if (fresh === true || aggregate.isHeavy?.(slot.state as State | undefined)) slot.state = undefined;
      if (slot.state === undefined && slot.waiting === 0) this.#slots.delete(stream);
    };
    outcome.then(settled, () => {
      slot.state = undefined;
      settled();
    });
  }

  /** Makes room for what comes, once there are more slots than are kept. */
  evict(): void {
    if (this.#slots.size <= this.#kept) return;
    for (const [stream, slot] of this.#slots) {
      if (slot.waiting === 0 && slot.pending === undefined) {
        this.#slots.delete(stream);
        return;
      }
    }
  }
}
