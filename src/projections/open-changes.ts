// A change too large for one append: its parts wait for its completion, or are dropped; every effect then has
// the place, time and revision of the completing event. The other projections see effects alone.
import type { Fact } from "../domain/event.ts";
import type { PendingPart, ResourceKey } from "../readstore/view-writer.ts";
import type { LogEvent } from "./log-event.ts";

/** An event with what takes effect at its place: mostly itself; nothing for a part; all parts for a completion. */
export interface Step extends LogEvent {
  readonly effects: readonly Fact[];
  /** A large change of the stream is open after this event. */
  readonly isOpen: boolean;
}

interface OpenChange {
  readonly key: ResourceKey;
  readonly change: string;
  readonly parts: PendingPart[];
}

export const keyText = ({ tenant, type, id }: ResourceKey): string => `${tenant}/${type}/${id}`;

const changeOf = ({ event }: Fact): string | undefined =>
  (event.data as { readonly change?: string } | null | undefined)?.change;

/** Follows the open changes of a batch, from the parts that were pending before it. */
export class OpenChanges {
  readonly #open = new Map<string, OpenChange>();
  readonly #before = new Map<string, ResourceKey>();
  readonly #dropped = new Map<string, ResourceKey>();

  constructor(pending: readonly PendingPart[]) {
    for (const part of pending) {
      const text = keyText(part.key);
      this.#before.set(text, part.key);
      const open = this.#open.get(text);
      if (open === undefined) this.#open.set(text, { key: part.key, change: part.change, parts: [part] });
      else open.parts.push(part);
    }
  }

  step(event: LogEvent): Step {
    if (event.key.type !== "Group") return { ...event, effects: [event.fact], isOpen: false };
    const text = keyText(event.key);
    const { fact } = event;
    const type = fact.event.type;
    const change = changeOf(fact);
    if (type === "GroupChangeBegun" && change !== undefined) {
      this.#end(text);
      this.#open.set(text, { key: event.key, change, parts: [pendingPart(event, change)] });
      return { ...event, effects: [], isOpen: true };
    }
    const open = this.#open.get(text);
    if (change !== undefined && change === open?.change && type !== "GroupChangeAbandoned") {
      if (type === "GroupChangeCompleted") {
        this.#end(text);
        return { ...event, effects: effectsOf(open.parts, fact), isOpen: false };
      }
      open.parts.push(pendingPart(event, change));
      return { ...event, effects: [], isOpen: true };
    }
    // Anything else ends an open change without effect; so does a part of a change that is not open have none.
    if (open !== undefined) this.#end(text);
    return { ...event, effects: change === undefined ? [fact] : [], isOpen: false };
  }

  /** What the batch leaves pending, and which streams' older parts are done with. */
  result(): { added: PendingPart[]; dropped: ResourceKey[] } {
    const added = [...this.#open.values()].flatMap(({ parts }) => parts);
    return { added, dropped: [...this.#dropped.values()] };
  }

  #end(text: string): void {
    this.#open.delete(text);
    const key = this.#before.get(text);
    if (key !== undefined) this.#dropped.set(text, key);
  }
}

const pendingPart = ({ key, place, fact }: LogEvent, change: string): PendingPart => ({
  key,
  place,
  change,
  fact: JSON.stringify(fact),
});

/** The first part is the beginning itself. What takes effect is no longer part of anything. */
const effectsOf = (parts: readonly PendingPart[], { revision, at }: Fact): Fact[] =>
  parts.slice(1).map((part) => {
    const fact = JSON.parse(part.fact) as Fact;
    const { change: _, ...data } = fact.event.data as { readonly change: string };
    return { ...fact, event: { ...fact.event, data }, revision, at };
  });
