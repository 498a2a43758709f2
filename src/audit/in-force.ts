// Whether effects are still in force at a position: all that a batch of them rests on is looked up at once, and remembered
// for the next ones, since the same subjects come again and again.
import type { Position } from "../eventlog/event-log.ts";
import type { MembershipKey } from "../readstore/memberships.ts";
import type { Awaitable } from "../readstore/read-store.ts";
import type { NamedLife, PathsOf, StandingHeld } from "../readstore/walks.ts";
import type { Effect } from "./effects.ts";
import type { Sources } from "./sources.ts";

/** What is remembered of each kind at once. */
const MOST_REMEMBERED = 50_000;

export interface InForce {
  /** Null where that cannot be told. */
  readonly inForce: boolean | null;
  /** It is not by this event, but by another one. */
  readonly regranted: boolean;
}

export class Standing {
  readonly #sources: Sources;
  readonly #tenant: string;
  /** Every event that is asked about comes after it. */
  readonly #after: Position;
  readonly #through: Position;
  readonly #lives = new Map<string, NamedLife | undefined>();
  readonly #changes = new Map<string, Position | null>();
  readonly #held = new Map<string, readonly StandingHeld[]>();
  readonly #since = new Map<string, Position | null>();

  constructor(sources: Sources, tenant: string, after: Position, through: Position) {
    this.#sources = sources;
    this.#tenant = tenant;
    this.#after = after;
    this.#through = through;
  }

  /** Looks up what these effects rest on. */
  async load(effects: readonly Effect[]): Promise<void> {
    const { store } = this.#sources;
    const [tenant, after, through] = [this.#tenant, this.#after, this.#through];
    const [named, held] = [new Set<string>(), new Set<string>()];
    const changes = new Map<string, PathsOf>();
    const memberships = new Map<string, MembershipKey>();
    for (const { subject, force } of effects) {
      named.add(subject);
      if (force?.by === "paths") changes.set(force.key, { id: subject, paths: force.paths });
      else if (force?.by === "held") held.add(subject);
      else if (force?.by === "membership") {
        named.add(force.group);
        memberships.set(force.key, { group: force.group, member: subject });
      }
    }
    await fill(this.#lives, named, (ids) => store.namedLives(tenant, ids, through), undefined);
    await fillEach(this.#changes, changes, (asked) => store.lastChanges(tenant, asked, after, through));
    await fill(this.#held, held, (ids) => store.standingHeld(tenant, ids, through), []);
    await fillEach(this.#since, memberships, (keys) => store.standingSince(tenant, keys, through));
  }

  life(id: string): NamedLife | undefined {
    return this.#lives.get(id);
  }

  /** Of an effect that was loaded, by the event at a position. */
  of({ effect, subject, force }: Effect, position: Position): InForce {
    if (force === null) return { inForce: null, regranted: false };
    switch (force.by) {
      case "end":
        return { inForce: true, regranted: false };
      case "life":
        return { inForce: this.#isAlive(subject), regranted: false };
      case "paths":
        return { inForce: this.#isAlive(subject) && this.#isLast(force.key, position), regranted: false };
      case "membership": {
        const since = this.#since.get(force.key) ?? null;
        const isHeld = since !== null && this.#isAlive(subject) && this.#isAlive(force.group);
        return standing(effect, isHeld ? [since] : [], position);
      }
      case "held": {
        const { kind, target } = force;
        const same = this.#held.get(subject)!.filter((one) => one.kind === kind && one.target === target);
        const since = same.map((one) => one.since);
        return standing(effect, since, position);
      }
    }
  }

  #isAlive(id: string): boolean {
    const life = this.#lives.get(id);
    return life !== undefined && (life.to === null || life.to > this.#through);
  }

  /** No later event changed any of these attributes. */
  #isLast(key: string, position: Position): boolean {
    const last = this.#changes.get(key) ?? null;
    return last === null || last <= position;
  }
}

/** What was gained holds since this very event, and what was lost does not hold. */
function standing(effect: Effect["effect"], since: readonly Position[], position: Position): InForce {
  const inForce = effect === "gained" ? since.includes(position) : since.length === 0;
  return { inForce, regranted: !inForce && since.length > 0 };
}

/** Looks up those that are not known; what is not found is `none`. */
async function fill<Value>(
  known: Map<string, Value>,
  names: ReadonlySet<string>,
  look: (names: readonly string[]) => Awaitable<ReadonlyMap<string, Value>>,
  none: Value,
): Promise<void> {
  const unknown = unknownOf(known, names.keys());
  if (unknown.length === 0) return;
  const found = await look(unknown);
  for (const name of unknown) known.set(name, found.get(name) ?? none);
}

/** The same for questions that have an answer each. */
async function fillEach<Asked, Value>(
  known: Map<string, Value>,
  asked: ReadonlyMap<string, Asked>,
  look: (asked: readonly Asked[]) => Awaitable<readonly Value[]>,
): Promise<void> {
  const unknown = unknownOf(known, asked.keys());
  if (unknown.length === 0) return;
  const found = await look(unknown.map((name) => asked.get(name)!));
  for (const [index, name] of unknown.entries()) known.set(name, found[index]!);
}

function unknownOf(known: Map<string, unknown>, names: Iterable<string>): readonly string[] {
  if (known.size > MOST_REMEMBERED) known.clear();
  const unknown: string[] = [];
  for (const name of names) if (!known.has(name)) unknown.push(name);
  return unknown;
}
