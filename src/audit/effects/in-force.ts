// Whether effects are still in force at a position: all that a batch of them rests on is looked up at once.
import type { Position } from "../../eventlog/event-log.ts";
import type { MembershipKey } from "../../readstore/memberships.ts";
import type { Awaitable } from "../../readstore/read-store.ts";
import type { LastBegun, LastHeld, NamedLife, PathsOf } from "../../readstore/walks.ts";
import type { Sources } from "../sources.ts";
import type { Effect } from "./effects.ts";

export interface InForce {
  /** Null where that cannot be told. */
  readonly inForce: boolean | null;
  /** It is not by this event, but by another one. */
  readonly regranted: boolean;
}

/** Which effects: of a tenant, as of a position. Every event that is asked about comes after `after`. */
export interface Asked {
  readonly tenant: string;
  readonly after: Position;
  readonly through: Position;
}

/** Looks up what these effects rest on. */
export async function standingOf(
  { store }: Pick<Sources, "store">,
  { tenant, after, through }: Asked,
  effects: readonly Effect[],
): Promise<Standing> {
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
  const lives = named.size === 0 ? new Map() : await store.namedLives(tenant, [...named], through);
  const [lastChanges, lastHeld, lastMemberships] = await Promise.all([
    eachOf(changes, (asked) => store.lastChanges(tenant, asked, after, through)),
    held.size === 0 ? new Map() : store.lastHeld(tenant, [...held], through),
    eachOf(memberships, (keys) => store.lastMemberships(tenant, keys, through)),
  ]);
  return new Standing(through, { lives, changes: lastChanges, held: lastHeld, memberships: lastMemberships });
}

/** What was found, by name. */
interface Found {
  readonly lives: ReadonlyMap<string, NamedLife>;
  readonly changes: ReadonlyMap<string, Position | null>;
  readonly held: ReadonlyMap<string, readonly LastHeld[]>;
  readonly memberships: ReadonlyMap<string, LastBegun | null>;
}

/** What effects rest on, as of a position. */
export class Standing {
  readonly #through: Position;
  readonly #found: Found;

  constructor(through: Position, found: Found) {
    this.#through = through;
    this.#found = found;
  }

  life(id: string): NamedLife | undefined {
    return this.#found.lives.get(id);
  }

  /** Of one of these effects, by the event at a position. */
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
        const last = this.#found.memberships.get(force.key) ?? null;
        const stands = last?.stands === true && this.#isAlive(subject) && this.#isAlive(force.group);
        return this.#standing(effect, last === null ? [] : [{ ...last, stands }], position);
      }
      case "held": {
        const { kind, target } = force;
        const same = (this.#found.held.get(subject) ?? []).filter((one) => one.kind === kind && one.target === target);
        return this.#standing(effect, same, position);
      }
    }
  }

  /** What was gained holds since this very event; what was lost does not hold, nor did it ever since. */
  #standing(effect: Effect["effect"], last: readonly LastBegun[], position: Position): InForce {
    const standing = last.filter(({ stands }) => stands);
    const isHeld = standing.length > 0;
    if (effect === "gained") {
      const inForce = standing.some(({ since }) => since === position);
      return { inForce, regranted: isHeld && !inForce };
    }
    const isRepeated = last.some(({ since }) => since > position);
    return { inForce: !isHeld && !isRepeated, regranted: isHeld };
  }

  #isAlive(id: string): boolean {
    const life = this.life(id);
    return life !== undefined && (life.to === null || life.to > this.#through);
  }

  /** No later event changed any of these attributes. */
  #isLast(key: string, position: Position): boolean {
    const last = this.#found.changes.get(key) ?? null;
    return last === null || last <= position;
  }
}

/** Looks up an answer for each, by its name. */
async function eachOf<Asked, Value>(
  asked: ReadonlyMap<string, Asked>,
  look: (asked: readonly Asked[]) => Awaitable<readonly Value[]>,
): Promise<ReadonlyMap<string, Value>> {
  const found = asked.size === 0 ? [] : await look([...asked.values()]);
  return new Map([...asked.keys()].map((name, index) => [name, found[index]!]));
}
