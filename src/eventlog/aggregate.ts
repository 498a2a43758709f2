// What the command loop must know of a kind of aggregate, and how its state is found without reading its whole stream.
import type { DomainEvent, Fact } from "../domain/event.ts";
import type { Revision } from "./event-log.ts";

export interface Aggregate<State extends { readonly revision: Revision }, Event extends DomainEvent> {
  /** Before the first event. */
  readonly initial: State;
  evolve(state: State, fact: Fact<Event>): State;
  /** Whether a state takes so much memory that it is not kept between commands. */
  isHeavy?(state: State | undefined): boolean;
}

/**
 * Where a state may be resumed from, so that a long stream is not folded from zero. Never required for correctness: the
 * events after `state.revision` are always read, and a wrong revision only makes the append conflict.
 */
export interface Snapshots<State> {
  load(tenant: string, id: string): State | undefined | Promise<State | undefined>;
}
