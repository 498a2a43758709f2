// Whether effects are still in force at a position: all that a batch of them rests on is looked up at once, and remembered
// for the next ones, since the same subjects come again and again.
import type { Position } from "../eventlog/event-log.ts";
import type { Awaitable } from "../readstore/read-store.ts";
import type { LastChange, NamedLife, StandingHeld } from "../readstore/walks.ts";
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
  readonly #changes = new Map<string, readonly LastChange[]>();
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
    const of = (by: NonNullable<Effect["force"]>["by"]) =>
      new Set(effects.flatMap(({ subject, force }) => (force?.by === by ? [subject] : [])));
    const subjects = new Set(effects.map(({ subject }) => subject));
    await fill(this.#lives, subjects, (ids) => store.namedLives(tenant, ids, through), undefined);
    await fill(this.#changes, of("paths"), (ids) => store.lastChanges(tenant, ids, after, through), []);
    await fill(this.#held, of("held"), (ids) => store.standingHeld(tenant, ids, through), []);
    await this.#loadMemberships(effects);
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
        return { inForce: this.#isAlive(subject) && this.#isLast(subject, force.paths, position), regranted: false };
      case "membership": {
        const since = this.#since.get(keyOf(force.group, subject)) ?? null;
        return standing(effect, since === null ? [] : [since], position);
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
  #isLast(id: string, paths: readonly string[], position: Position): boolean {
    const isLater = (one: LastChange) => one.position > position && one.paths.some((path) => paths.includes(path));
    return !this.#changes.get(id)!.some(isLater);
  }

  async #loadMemberships(effects: readonly Effect[]): Promise<void> {
    const keys = new Map<string, { group: string; member: string }>();
    for (const { subject: member, force } of effects) {
      if (force?.by !== "membership") continue;
      keys.set(keyOf(force.group, member), { group: force.group, member });
    }
    const of = async (names: readonly string[]) => {
      const asked = names.map((name) => keys.get(name)!);
      const since = await this.#sources.store.standingSince(this.#tenant, asked, this.#through);
      return new Map(names.map((name, index) => [name, since[index]!]));
    };
    await fill(this.#since, new Set(keys.keys()), of, null);
  }
}

const keyOf = (group: string, member: string): string => `${group} ${member}`;

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
  if (known.size > MOST_REMEMBERED) known.clear();
  const unknown = [...names].filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  const found = await look(unknown);
  for (const name of unknown) known.set(name, found.get(name) ?? none);
}
