// What a command is decided on, and what its decision comes to.
import type { DomainEvent } from "../domain/event.ts";
import type { DataKey } from "../vault/key-vault.ts";
import type { Aggregate } from "./aggregate.ts";
import type { Append, Position, Revision } from "./event-log.ts";

/** A stream, how its events fold, and where its state begins. */
export interface Target<State extends { readonly revision: Revision }, Event extends DomainEvent> {
  readonly aggregate: Aggregate<State, Event>;
  readonly stream: string;
  readonly snapshot?: () => State | undefined | Promise<State | undefined>;
  /** The stream is new: its id was issued for this very command. */
  readonly fresh?: boolean;
}

/** What a decision comes to: events of the stream, and appends to other streams that belong with them. */
export interface Decision<State, Event extends DomainEvent> {
  readonly events: readonly Event[];
  /** The state that was decided on, where the decision learned more about it (members, say). */
  readonly state?: State;
  /** Seals the personal values of the events. */
  readonly key?: DataKey;
  /** The time that all events of the command share, where some of them are written already. */
  readonly at?: number;
  /** Appends the events as one; the default is one append after the other on the stream alone. */
  readonly commit?: (appends: readonly Append[], at: number) => Promise<Position>;
  /** Gives back what the decision holds, where it comes to no commit after all. */
  readonly abandon?: () => void;
}

/** Decides on a state; `attempt` counts from 1. Runs again when the state turns out to be old. */
export type Decide<State, Event extends DomainEvent> = (
  state: State,
  attempt: number,
) => Decision<State, Event> | Promise<Decision<State, Event>>;
