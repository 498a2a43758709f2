// Load, decide, append, retry (DESIGN §6). Commands on one stream are decided in order, each on the state that includes
// the appends already handed to the log, so that they share a commit; when a commit fails, whatever was decided on it
// conflicts and is decided again.
import type { DomainEvent, Fact } from "../domain/event.ts";
import { preconditionFailed, ScimError } from "../scim/errors.ts";
import type { DataKey } from "../vault/key-vault.ts";
import type { Aggregate, Snapshots } from "./aggregate.ts";
import type { Clock } from "./clock.ts";
import { type OpenKey, sealEvent } from "./codec.ts";
import { derivedId } from "./event-id.ts";
import {
  type Append,
  Conflict,
  type EventLog,
  MAX_APPEND_BYTES,
  type Position,
  type Revision,
  type SealedEvent,
  Unavailable,
} from "./event-log.ts";
import { factOf } from "./facts.ts";
import type { CommandContext, CommandOptions, Written } from "./provisioning.ts";

/** Tries against other nodes' appends before a command is refused (DESIGN §6). */
const TRIES = 8;

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

interface Slot {
  state: { readonly revision: Revision } | undefined;
  /** Ends when whoever decides now has handed over. */
  turn: Promise<void>;
  /** The outcome of the last append that was handed over. */
  pending: Promise<unknown> | undefined;
  waiting: number;
}

export interface CommandLoopOptions {
  readonly log: EventLog;
  readonly openKey: OpenKey;
  readonly clock: Clock;
  /** States kept in memory. */
  readonly cacheSize?: number;
}

export class CommandLoop {
  readonly log: EventLog;
  readonly openKey: OpenKey;
  readonly clock: Clock;
  readonly #slots = new Map<string, Slot>();
  readonly #cacheSize: number;

  constructor({ log, openKey, clock, cacheSize = 5_000 }: CommandLoopOptions) {
    this.log = log;
    this.openKey = openKey;
    this.clock = clock;
    this.#cacheSize = cacheSize;
  }

  /** Resolves once the events are durable. Throws what `decide` throws, 412 for `ifMatch`, Unavailable. */
  async execute<State extends { readonly revision: Revision; readonly version?: number }, Event extends DomainEvent>(
    target: Target<State, Event>,
    context: CommandContext,
    decide: (state: State) => Decision<State, Event> | Promise<Decision<State, Event>>,
    options: CommandOptions = {},
  ): Promise<Written<State>> {
    for (let attempt = 1; ; attempt++) {
      try {
        const known = attempt === 1 ? target : { ...target, fresh: false };
        return await this.#attempt(known, context, decide, options);
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
        if (attempt === TRIES) throw new Unavailable("other writers kept changing the same resource", "no");
        if (attempt > 1) await pause(2 ** attempt * Math.random());
      }
    }
  }

  /** The state as it is durable now; changes nothing. */
  async load<State extends { readonly revision: Revision }, Event extends DomainEvent>(
    target: Target<State, Event>,
  ): Promise<State> {
    return await this.#caughtUp(target, (await target.snapshot?.()) ?? target.aggregate.initial);
  }

  async #attempt<State extends { readonly revision: Revision; readonly version?: number }, Event extends DomainEvent>(
    target: Target<State, Event>,
    context: CommandContext,
    decide: (state: State) => Decision<State, Event> | Promise<Decision<State, Event>>,
    { ifMatch }: CommandOptions,
  ): Promise<Written<State>> {
    const slot = this.#slot(target.stream);
    const previous = slot.turn;
    const { promise, resolve: handOver } = Promise.withResolvers<void>();
    slot.turn = promise;
    slot.waiting++;
    let state: State;
    let outcome: Promise<Position> | undefined;
    let basis: Promise<unknown> | undefined;
    try {
      await previous;
      basis = slot.pending;
      const current = await this.#current(target, slot);
      if (ifMatch !== undefined && !ifMatch(current.version ?? current.revision)) {
        throw preconditionFailed("the resource has changed: its version is not one that If-Match names");
      }
      const decision = await decide(current);
      state = decision.state ?? current;
      if (decision.events.length > 0) {
        const sealed = orAbandon(decision, () => this.#seal(target, context, decision, state.revision));
        state = sealed.facts.reduce((folded, fact) => target.aggregate.evolve(folded, fact), state);
        outcome = (decision.commit ?? this.#appendEach)(sealed.appends, sealed.at);
        slot.pending = outcome;
        this.#settle(slot, outcome, target.aggregate.isHeavy as ((state: unknown) => boolean) | undefined);
      }
      slot.state = state;
    } catch (error) {
      // A refusal rests on appends that may still fail: then it has to be decided again.
      if (error instanceof ScimError && basis !== undefined) await basis.catch(conflictOn(target.stream));
      throw error;
    } finally {
      slot.waiting--;
      handOver();
      this.#evict();
    }
    if (outcome !== undefined) return { state, position: await outcome };
    await basis?.catch(conflictOn(target.stream));
    return { state };
  }

  /** One append after the other; each is handed over at once, and a failure makes those after it conflict. */
  readonly #appendEach = async (appends: readonly Append[]): Promise<Position> => {
    const outcomes = await Promise.allSettled(appends.map((append) => this.log.append(append)));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return (outcomes.at(-1) as PromiseFulfilledResult<Position>).value;
  };

  #slot(stream: string): Slot {
    const known = this.#slots.get(stream);
    const slot = known ?? { state: undefined, turn: Promise.resolve(), pending: undefined, waiting: 0 };
    if (known !== undefined) this.#slots.delete(stream);
    this.#slots.set(stream, slot);
    return slot;
  }

  #settle(slot: Slot, outcome: Promise<unknown>, isHeavy: ((state: unknown) => boolean) | undefined): void {
    slot.pending = outcome;
    const settled = () => {
      if (slot.pending === outcome) slot.pending = undefined;
      if (slot.pending === undefined && isHeavy?.(slot.state)) slot.state = undefined;
    };
    outcome.then(settled, () => {
      slot.state = undefined;
      settled();
    });
  }

  #evict(): void {
    if (this.#slots.size <= this.#cacheSize) return;
    for (const [stream, slot] of this.#slots) {
      if (slot.waiting === 0 && slot.pending === undefined) {
        this.#slots.delete(stream);
        return;
      }
    }
  }

  async #current<State extends { readonly revision: Revision }, Event extends DomainEvent>(
    target: Target<State, Event>,
    slot: Slot,
  ): Promise<State> {
    const kept = slot.state as State | undefined;
    // While appends are on their way the log has nothing after them that they would not conflict with.
    if (kept !== undefined && slot.pending !== undefined) return kept;
    if (kept !== undefined) return this.#caughtUp(target, kept);
    return target.fresh === true ? target.aggregate.initial : this.load(target);
  }

  async #caughtUp<State extends { readonly revision: Revision }, Event extends DomainEvent>(
    { aggregate, stream }: Target<State, Event>,
    from: State,
  ): Promise<State> {
    let state = from;
    for (;;) {
      const events = await this.log.read(stream, state.revision, PAGE);
      for (const recorded of events) state = aggregate.evolve(state, factOf(recorded, this.openKey) as Fact<Event>);
      if (events.length < PAGE) return state;
    }
  }

  #seal<State extends { readonly revision: Revision }, Event extends DomainEvent>(
    { stream }: Target<State, Event>,
    context: CommandContext,
    { events, key, at = this.clock() }: Decision<State, Event>,
    revision: Revision,
  ): { appends: readonly Append[]; facts: readonly Fact<Event>[]; at: number } {
    const metadata = metadataOf(context);
    const facts: Fact<Event>[] = [];
    const sealed = events.map((event, index): SealedEvent => {
      const place = revision + 1 + index;
      facts.push({ event, revision: place, at, ...(key === undefined ? {} : { key: key.id }) });
      return sealEvent({
        at,
        data: event.data as never,
        id: derivedId(context.commandId, `${stream}:${index}`),
        metadata,
        revision: place,
        stream,
        tenant: context.tenant,
        type: event.type,
        version: event.version,
        ...(event.personal === undefined ? {} : { personal: event.personal as never }),
        ...(key === undefined ? {} : { key }),
      });
    });
    return { appends: inAppends(stream, revision, sealed), facts, at };
  }
}

const PAGE = 1_000;

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Gives back what a decision holds when it cannot be sealed. */
function orAbandon<Result>({ abandon }: { readonly abandon?: () => void }, seal: () => Result): Result {
  try {
    return seal();
  } catch (error) {
    abandon?.();
    throw error;
  }
}

const conflictOn = (stream: string) => () => {
  throw new Conflict(stream);
};

/** Splits events into appends that every log takes; only a bracketed change is ever that large (DESIGN §5). */
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

/** Flat strings, as every log and every later protocol takes them (DESIGN §5). */
export function metadataOf(context: CommandContext): Record<string, string> {
  const { actor, requestId, commandId, profile, rules, approval, traceparent, causationId } = context;
  return {
    $causationId: causationId ?? commandId,
    $correlationId: requestId,
    actor: actor.credential,
    actorKind: actor.kind,
    actorName: actor.name,
    commandId,
    ...(profile === undefined ? {} : { profile }),
    ...(rules === undefined || rules.length === 0 ? {} : { rules: rules.join(" ") }),
    ...(approval === undefined ? {} : { approval }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
