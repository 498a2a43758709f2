// What a user or group held, as of one position: grants, each ended at the earliest of its own end, the end of its holder's
// life and the end of its group's life.
import { type Position, START } from "../eventlog/event-log.ts";
import type { Grant, Lifetime } from "../readstore/read-store.ts";
import { type Ending, endsBefore, following, type Interval } from "./intervals.ts";
import type { History } from "./sources.ts";

/** One grant, as it really held. */
export interface Holding extends Interval {
  readonly kind: Grant["kind"];
  readonly subject: string;
  readonly target: string;
}

/** Looks each grant up once: those that held at or after `since`. Everything after `through` is unknown to it. */
export class Holdings {
  readonly #store: History;
  readonly #tenant: string;
  readonly #since: Position;
  readonly #through: Position;
  readonly #of = new Map<string, readonly Holding[]>();
  readonly #lives = new Map<string, Lifetime | undefined>();

  constructor(store: History, tenant: string, through: Position, since: Position = START) {
    this.#store = store;
    this.#tenant = tenant;
    this.#through = through;
    this.#since = since;
  }

  /** What a user or group held, remembered for the next time. */
  async of(subject: string): Promise<readonly Holding[]> {
    let held = this.#of.get(subject);
    if (held === undefined) {
      held = await this.read(subject);
      this.#of.set(subject, held);
    }
    return held;
  }

  /** The same, not remembered: a large group has more members than memory should hold. */
  async read(subject: string): Promise<readonly Holding[]> {
    const grants = await this.#store.grantsOf(this.#tenant, subject, this.#since, following(this.#through));
    const life = await this.#store.lifetime(this.#tenant, subject);
    const held: Holding[] = [];
    for (const { kind, target, ...grant } of grants.toSorted(inOrder)) {
      const group = kind === "group" ? await this.#life(target) : undefined;
      const { from, to, cause } = earliestEnd(grant, life, group, this.#through);
      if (from <= this.#through && endsBefore(from, to)) held.push({ kind, subject, target, from, to, cause });
    }
    return held;
  }

  /** The groups of which a user or group was a direct member. */
  async groupsOf(subject: string): Promise<readonly Holding[]> {
    return (await this.of(subject)).filter(({ kind }) => kind === "group");
  }

  async #life(id: string): Promise<Lifetime | undefined> {
    if (!this.#lives.has(id)) this.#lives.set(id, await this.#store.lifetime(this.#tenant, id));
    return this.#lives.get(id);
  }
}

/** By their beginning, then by what is held: the same from every store. */
const inOrder = (a: Grant, b: Grant): number =>
  compare(a.from, b.from) || compare(a.kind, b.kind) || compare(a.target, b.target);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** On a tie, the end of a life is the cause. */
export function earliestEnd(
  grant: Pick<Grant, "from" | "to" | "cause">,
  holder: Lifetime | undefined,
  group: Lifetime | undefined,
  through: Position,
): Interval {
  const ends: readonly (readonly [Position | null | undefined, Ending])[] = [
    [holder?.to, holder?.type === "Group" ? "groupDeleted" : "userDeleted"],
    [group?.to, "groupDeleted"],
    [grant.to, grant.cause ?? "removed"],
  ];
  let end: { to: Position | null; cause: Ending | null } = { to: null, cause: null };
  for (const [to = null, cause] of ends) {
    if (to !== null && to <= through && endsBefore(to, end.to)) end = { to, cause };
  }
  return { from: grant.from, ...end };
}
