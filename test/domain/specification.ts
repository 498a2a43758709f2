// Given these events, when this command, then these events: the deciders as a reader of the catalogue would check them.
import { expect } from "@jest/globals";
import type { DomainEvent, Fact } from "../../src/domain/event.ts";
import { canonicalJson } from "../../src/eventlog/canonical-json.ts";
import type { Json } from "../../src/scim/json.ts";

interface Decider<State, Command> {
  readonly initial: State;
  evolve(state: State, fact: Fact<never>): State;
  decide(command: Command, state: State): readonly DomainEvent[];
}

/** Folds events as if each were appended a second after the one before. */
export const fold = <State>(
  decider: Pick<Decider<State, never>, "evolve">,
  initial: State,
  events: readonly DomainEvent[],
  from = 0,
): State =>
  events.reduce(
    (state, event, index) =>
      decider.evolve(state, {
        event,
        revision: from + index,
        at: (from + index + 1) * 1_000_000,
        key: "k1",
      } as Fact<never>),
    initial,
  );

/** What a decider makes; its clear data is in sorted order already. */
function decided<State, Command>({ decide }: Decider<State, Command>, command: Command, state: State) {
  const events = decide(command, state);
  for (const { type, data } of events)
    if (JSON.stringify(data) !== canonicalJson(data as Json)) throw new Error(`${type}'s data is not in sorted order`);
  return events;
}

export const specify = <State, Command>(decider: Decider<State, Command>) => ({
  given: (...events: readonly DomainEvent[]) => {
    const state = fold(decider, decider.initial, events);
    return {
      state,
      when: (command: Command) => ({
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits a specification
        then: (...expected: readonly DomainEvent[]) => expect(decided(decider, command, state)).toEqual(expected),
        thenNothing: () => expect(decided(decider, command, state)).toEqual([]),
        thenTypes: (...types: readonly string[]) =>
          expect(decided(decider, command, state).map(({ type }) => type)).toEqual(types),
        thenState: (check: (state: State) => void) =>
          check(fold(decider, state, decided(decider, command, state), events.length)),
        thenRefused: (refusal: { status: number; scimType?: string }) =>
          expect(() => decider.decide(command, state)).toThrow(expect.objectContaining(refusal)),
      }),
    };
  },
});
