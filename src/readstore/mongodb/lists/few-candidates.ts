// The numbers of the few resources that can match, where something names them: a value that they bear, the others that they are
// joined with, or the time of their last change.
import type { Condition } from "./condition.ts";
import { isPrecise, type Way } from "./key-query.ts";
import type { Asker } from "./others.ts";
import { changedResources } from "./recency.ts";
import type { Apart } from "./resource-condition.ts";
import type { SemiJoins } from "./semi-joins.ts";

export interface FewCandidatesParts {
  readonly asker: Asker;
  /** The resource type's name. */
  readonly type: string;
  readonly condition: Condition<Apart>;
  readonly way: Way | undefined;
  /** The instant since when every match was created or changed, where the filter says one. */
  readonly since: number | undefined;
  readonly joins: SemiJoins;
}

/** In the order of creation. */
type Numbers = readonly number[];

export class FewCandidates {
  readonly #parts: FewCandidatesParts;
  #recent: Promise<readonly number[] | undefined> | undefined;

  constructor(parts: FewCandidatesParts) {
    this.#parts = parts;
  }

  /** Undefined where the whole type has to be looked at. */
  async numbers(): Promise<Numbers | undefined> {
    const { way, asker } = this.#parts;
    // In the past a resource has no key of its own, but its readings have.
    const isNamed = way !== undefined && isPrecise(way) && (asker.place === undefined || way.on === "keys");
    return isNamed ? inOrder(await this.#bearers(way)) : ((await this.#joined()) ?? this.recent());
  }

  /** Those that were created or changed lately, if the filter asks for no others. */
  async recent(): Promise<Numbers | undefined> {
    const { asker, since } = this.#parts;
    if (since === undefined) return undefined;
    this.#recent ??= changedResources(asker, since);
    const recent = await this.#recent;
    return recent === undefined ? undefined : inOrder(recent);
  }

  /** Whoever bears the value now, or bore it at the place. */
  async #bearers({ query }: Way): Promise<readonly number[]> {
    const { asker, type } = this.#parts;
    const { reading, tenant, place } = asker;
    const bears = { tenant, type, ...query };
    const now = await reading.all(reading.views.resources, bears, { projection: { _id: 1 } });
    const rids = now.map(({ _id }) => _id);
    if (place === undefined) return rids;
    const held = { ...bears, since: { $lte: place }, to: { $gt: place } };
    const then = await reading.all(reading.views.versions, held, { projection: { rid: 1 } });
    return [...rids, ...then.map(({ rid }) => rid)];
  }

  /** Whose groups or members are among the few that a term is true of, without which nothing matches. */
  async #joined(): Promise<Numbers | undefined> {
    const { condition, joins } = this.#parts;
    for (const term of necessary(condition)) {
      if (term.on !== "groups" && term.on !== "members") continue;
      const few = await joins.fewOf(term);
      if (few !== undefined) return inOrder(await joins.mineOf(term, few));
    }
    return undefined;
  }
}

/** Terms apart without which nothing matches. */
function necessary(condition: Condition<Apart>): readonly Apart[] {
  if (typeof condition === "boolean") return [];
  if (condition.kind === "apart") return [condition.term];
  if (condition.kind !== "and") return [];
  return condition.of.flatMap((each) => (typeof each !== "boolean" && each.kind === "apart" ? [each.term] : []));
}

const inOrder = (numbers: readonly number[]): Numbers => [...new Set(numbers)].sort((a, b) => a - b);
