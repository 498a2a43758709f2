// Everyone who held a group at some position of a window, directly or through groups in it, and when exactly. Holds one
// batch of members in memory.
import { setImmediate as turn } from "node:timers/promises";
import { type Position, START } from "../../eventlog/event-log.ts";
import { foreignCursor } from "../answers/cursor.ts";
import type { Window } from "../answers/window.ts";
import type { Sources } from "../sources.ts";
import { type Holding, Holdings } from "./holdings.ts";
import { following, type Interval, overlap, union } from "./intervals.ts";
import { timesFrom } from "./reach.ts";

export interface Holder {
  readonly user: string;
  /** Held, within the window at least in part; in order. */
  readonly held: readonly Interval[];
  /** When the account was enabled. */
  readonly enabled: readonly Interval[];
  /** Direct memberships of the group itself are among them. */
  readonly direct: boolean;
  /** Of the user itself, at all times. */
  readonly memberships: readonly Holding[];
  /** Reached groups → times, all of them. */
  readonly times: ReadonlyMap<string, readonly Interval[]>;
  /** The group that has the user, and the user: where a cursor goes on. */
  readonly place: readonly [group: string, user: string];
}

const AT_ONCE = 100;

/** A group, and every one that was below it at some position of a window, by distance. */
async function groupsBelow(
  { store }: Pick<Sources, "store">,
  tenant: string,
  group: string,
  { from, to }: Window,
): Promise<ReadonlySet<string>> {
  const groups = new Set([group]);
  for (const one of groups)
    for (let after: string | null = null; ; ) {
      const nested: readonly { value: string }[] = await store.everMembers(tenant, one, after, AT_ONCE, from, to, true);
      for (const { value } of nested) groups.add(value);
      if (nested.length < AT_ONCE) break;
      after = nested.at(-1)!.value;
    }
  return groups;
}

export class Holders {
  readonly #sources: Sources;
  readonly #tenant: string;
  readonly #root: string;
  readonly #window: Window;
  readonly #holdings: Holdings;
  readonly #distance: ReadonlyMap<string, number>;

  private constructor(
    sources: Sources,
    tenant: string,
    root: string,
    window: Window,
    holdings: Holdings,
    groups: readonly string[],
  ) {
    this.#sources = sources;
    this.#tenant = tenant;
    this.#root = root;
    this.#window = window;
    this.#holdings = holdings;
    this.#distance = new Map(groups.map((id, index) => [id, index]));
  }

  static async of(
    sources: Sources,
    tenant: string,
    group: string,
    through: Position,
    window: Window,
    holdings = new Holdings(sources.store, tenant, through),
  ): Promise<Holders> {
    const groups = await groupsBelow(sources, tenant, group, window);
    // What is held in the window may have begun or end outside of it, by way of groups that are below only then: evidence has
    // to have them all.
    await groupsBelow(sources, tenant, group, { from: START, to: following(through) });
    return new Holders(sources, tenant, group, window, holdings, [...groups]);
  }

  /** The group asked about, and every group that was below it. */
  get groups(): readonly string[] {
    return [...this.#distance.keys()];
  }

  /** From the first, or after a user at a group. */
  async *walk(after?: readonly string[]): AsyncGenerator<Holder> {
    const start = after === undefined ? 0 : this.#distance.get(after[0]!);
    if (start === undefined) throw foreignCursor();
    let last = after?.[1] ?? null;
    for (const group of this.groups.slice(start)) {
      yield* this.#usersOf(group, last);
      last = null;
    }
  }

  /** One user, undefined where it held nothing in the window. */
  async find(user: string): Promise<Holder | undefined> {
    const all = await this.#holdings.read(user);
    const within = all.filter(
      ({ kind, target, ...span }) => kind === "group" && this.#distance.has(target) && overlap(span, this.#window),
    );
    if (within.length === 0) return undefined;
    const memberships = all.filter(({ kind }) => kind === "group");
    const times = await timesFrom(memberships, this.#holdings);
    const held = (times.get(this.#root) ?? []).filter((span) => overlap(span, this.#window));
    if (held.length === 0) return undefined;
    const nearest = within.reduce((a, b) => (this.#distance.get(b.target)! < this.#distance.get(a.target)! ? b : a));
    return {
      user,
      held,
      enabled: union(all.filter(({ kind }) => kind === "account")),
      direct: nearest.target === this.#root,
      memberships,
      times,
      place: [nearest.target, user],
    };
  }

  async *#usersOf(group: string, after: string | null): AsyncGenerator<Holder> {
    const { from, to } = this.#window;
    for (let last = after; ; ) {
      const batch: readonly { value: string; type: string }[] = await this.#sources.store.everMembers(
        this.#tenant,
        group,
        last,
        AT_ONCE,
        from,
        to,
      );
      for (const { value, type } of batch) {
        const holder = type === "User" ? await this.find(value) : undefined;
        if (holder?.place[0] === group) yield holder;
      }
      if (batch.length < AT_ONCE) return;
      last = batch.at(-1)!.value;
      await turn();
    }
  }
}
