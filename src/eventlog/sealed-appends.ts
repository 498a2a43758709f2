// The events of a decision as the log takes them.
import type { DomainEvent, Fact } from "../domain/event.ts";
import { withInterpretations } from "../domain/interpreted.ts";
import type { Clock } from "./clock.ts";
import type { Decision } from "./decision.ts";
import { type Append, MAX_APPEND_BYTES, type Revision, type SealedEvent } from "./event-log.ts";
import type { CommandContext } from "./provisioning.ts";
import { sealed } from "./sealing.ts";

/** Seals the events of a decision on a state of `revision`; what cannot be sealed gives back what the decision holds. */
export function sealDecision<State, Event extends DomainEvent>(
  stream: string,
  context: CommandContext,
  { events, key, at: shared, abandon }: Decision<State, Event>,
  revision: Revision,
  clock: Clock,
): { appends: readonly Append[]; facts: readonly Fact<Event>[]; at: number } {
  try {
    const at = shared ?? clock();
    const facts = events.map((event, index): Fact<Event> => {
      const fact = { event, revision: revision + 1 + index, at };
      return key === undefined ? fact : { ...fact, key: key.id };
    });
    const { interpretations } = context;
    // What was sent is personal: without a key, as after an erasure, it is not kept.
    const kept =
      interpretations === undefined || key === undefined ? events : withInterpretations(events, interpretations);
    const batch = kept.map((event, name) =>
      sealed(event, { stream, revision: revision + 1 + name, at, name }, context, key),
    );
    return { appends: inAppends(stream, revision, batch), facts, at };
  } catch (error) {
    abandon?.();
    throw error;
  }
}

/** Splits events into appends that every log takes; only a bracketed change is ever that large. */
function inAppends(stream: string, revision: Revision, events: readonly SealedEvent[]): readonly Append[] {
  const batches: SealedEvent[][] = [[]];
  let bytes = 0;
  for (const event of events) {
    const size = Buffer.byteLength(event.envelope) + (event.ciphertext?.length ?? 0);
    if (bytes + size > MAX_APPEND_BYTES && events[0]?.type === "GroupChangeBegun") {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)!.push(event);
    bytes += size;
  }
  let last = revision;
  return batches.map((batch) => {
    const append: Append = { stream, expected: last === -1 ? "none" : last, events: batch };
    last += batch.length;
    return append;
  });
}
