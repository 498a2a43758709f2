// Load, decide, append, retry. Commands on one stream are decided in order, each on the state that includes
// the appends already handed to the log, so that they share a commit; when a commit fails, whatever was decided on it
// conflicts and is decided again.
import type { DomainEvent, Fact } from "../domain/event.ts";
import { ScimError } from "../scim/errors.ts";
import type { Clock } from "./clock.ts";
import type { FindKey } from "./codec.ts";
import type { Decide, Decision, Target } from "./decision.ts";
import { type Append, Conflict, type EventLog, type Position, type Revision, Unavailable } from "./event-log.ts";
import { factsOf } from "./facts.ts";
import type { CommandContext, CommandOptions, Written } from "./provisioning.ts";
import { requireVersion } from "./required-version.ts";
import { sealDecision } from "./sealed-appends.ts";
import { type Slot, StreamSlots } from "./stream-slots.ts";

/** Tries against other nodes' appends before a command is refused. */
const TRIES = 8;

/** What conditions on a version look at. */
interface Versioned {
  readonly revision: Revision;
  readonly version?: number;
  readonly status?: string;
}

export interface CommandLoopOptions {
  readonly log: EventLog;
  readonly findKey: FindKey;
  readonly clock: Clock;
  /** Throws where a tenant's log is not to be written. */
  readonly admit?: (tenant: string) => void;
  /** States kept in memory. */
  readonly cacheSize?: number;
}

export class CommandLoop {
  readonly log: EventLog;
  readonly findKey: FindKey;
  readonly clock: Clock;
  readonly #slots: StreamSlots;
  readonly #admit: (tenant: string) => void;

  constructor({ log, findKey, clock, admit = () => {}, cacheSize = 5_000 }: CommandLoopOptions) {
    this.#admit = admit;
    this.log = log;
    this.findKey = findKey;
    this.clock = clock;
    this.#slots = new StreamSlots(cacheSize);
  }

  /** Resolves once the events are durable. Throws what `decide` throws, 412 for `options`, Unavailable. */
  async execute<State extends Versioned, Event extends DomainEvent>(
    target: Target<State, Event>,
    context: CommandContext,
    decide: Decide<State, Event>,
    options: CommandOptions = {},
  ): Promise<Written<State>> {
    this.#admit(context.tenant);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(target, context, (state) => decide(state, attempt), options, attempt);
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
    return this.#caughtUp(target, await this.#resumed({ ...target, fresh: false }));
  }

  async #attempt<State extends Versioned, Event extends DomainEvent>(
    target: Target<State, Event>,
    context: CommandContext,
    decide: (state: State) => Decision<State, Event> | Promise<Decision<State, Event>>,
    options: CommandOptions,
    attempt: number,
  ): Promise<Written<State>> {
    const slot = this.#slots.of(target.stream);
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
      const checked = (current: State) => {
        // Of what does not exist no condition is asked: the decision says that it does not (RFC 9110 §13.2.1).
        if (current.status === "live") requireVersion(current.version ?? current.revision, options);
        return decide(current);
      };
      const decided = await this.#decide(target, slot, checked, attempt);
      const { decision } = decided;
      state = decision.state ?? decided.state;
      if (decision.events.length > 0) {
        const written = sealDecision(target.stream, context, decision, state.revision, this.clock);
        state = written.facts.reduce((folded, fact) => target.aggregate.evolve(folded, fact), state);
        outcome = (decision.commit ?? this.#appendEach)(written.appends, written.at);
        this.#slots.settle(slot, outcome, target);
      }
      slot.state = state;
    } catch (error) {
      // A refusal rests on appends that may still fail: then it has to be decided again.
      if (error instanceof ScimError && basis !== undefined) await basis.catch(conflictOn(target.stream));
      throw error;
    } finally {
      slot.waiting--;
      handOver();
      this.#slots.evict();
    }
    if (outcome !== undefined) return { state, position: await outcome };
    await basis?.catch(conflictOn(target.stream));
    return { state };
  }

  /**
   * Decides on the state at hand. Events that come of it prove that it was current, as they are appended at exactly its
   * revision; a refusal or nothing at all proves nothing, and is decided on what the log holds.
   */
  async #decide<State extends { readonly revision: Revision }, Event extends DomainEvent>(
    target: Target<State, Event>,
    slot: Slot,
    decide: (state: State) => Decision<State, Event> | Promise<Decision<State, Event>>,
    attempt: number,
  ): Promise<{ readonly state: State; readonly decision: Decision<State, Event> }> {
    if (attempt > 1 && slot.pending === undefined) {
      const state = await this.load(target);
      return { state, decision: await decide(state) };
    }
    // While appends are on their way the log has nothing after them that they would not conflict with.
    const isCurrent = slot.pending !== undefined && slot.state !== undefined;
    const state = (slot.state as State | undefined) ?? (await this.#resumed(target));
    const [decided] = await Promise.allSettled([(async () => decide(state))()]);
    const isRefused = decided.status === "rejected";
    if (isRefused && !(decided.reason instanceof ScimError)) throw decided.reason;
    if (isCurrent || (!isRefused && decided.value.events.length > 0)) return settledAs(state, decided);
    const current = await this.#caughtUp(target, state);
    return current.revision === state.revision
      ? settledAs(state, decided)
      : { state: current, decision: await decide(current) };
  }

  /** One append after the other; each is handed over at once, and a failure makes those after it conflict. */
  readonly #appendEach = async (appends: readonly Append[]): Promise<Position> => {
    const outcomes = await Promise.allSettled(appends.map((append) => this.log.append(append)));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return (outcomes.at(-1) as PromiseFulfilledResult<Position>).value;
  };

  async #resumed<State extends { readonly revision: Revision }, Event extends DomainEvent>({
    aggregate,
    snapshot,
    fresh,
  }: Target<State, Event>): Promise<State> {
    return (fresh === true ? undefined : await snapshot?.()) ?? aggregate.initial;
  }

  async #caughtUp<State extends { readonly revision: Revision }, Event extends DomainEvent>(
    { aggregate, stream }: Target<State, Event>,
    from: State,
  ): Promise<State> {
    let state = from;
    for (;;) {
      const events = await this.log.read(stream, state.revision, PAGE);
      for (const fact of await factsOf(events, this.findKey)) {
        this.clock.pass?.(fact.at);
        state = aggregate.evolve(state, fact as Fact<Event>);
      }
      if (events.length < PAGE) return state;
    }
  }
}

const PAGE = 1_000;

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

function settledAs<State, Event extends DomainEvent>(
  state: State,
  decided: PromiseSettledResult<Decision<State, Event>>,
): { readonly state: State; readonly decision: Decision<State, Event> } {
  if (decided.status === "rejected") throw decided.reason;
  return { state, decision: decided.value };
}

const conflictOn = (stream: string) => () => {
  throw new Conflict(stream);
};
