// What a user or group held, as of one position: grants, each ended at the earliest of its own end, the end of its holder's
// life and the end of its group's life.
import { type Position, START } from "../../eventlog/event-log.ts";
import type { Grant } from "../../readstore/read-store.ts";
import type { History } from "../sources.ts";
import { following, type Interval } from "./intervals.ts";

/** One grant, as it really held. */
export interface Holding extends Interval {
  readonly kind: Grant["kind"];
  readonly subject: string;
  readonly target: string;
}

/** Looks each subject up once: what it held at or after `since`. Everything after `through` is unknown to it. */
export class Holdings {
  readonly #store: History;
  readonly #tenant: string;
  readonly #since: Position;
  readonly #through: Position;
  readonly #of = new Map<string, readonly Holding[]>();

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
    return grants
      .toSorted(inOrder)
      .map(({ to, cause, ...grant }) =>
        to !== null && to <= this.#through ? { ...grant, to, cause } : { ...grant, to: null, cause: null },
      );
  }

  /** The groups of which a user or group was a direct member. */
  async groupsOf(subject: string): Promise<readonly Holding[]> {
    return (await this.of(subject)).filter(({ kind }) => kind === "group");
  }
}

type Begun = Pick<Grant, "from" | "kind" | "target">;

/** By their beginning, then by what is held: the same from every store. */
export const inOrder = (a: Begun, b: Begun): number =>
  compare(a.from, b.from) || compare(a.kind, b.kind) || compare(a.target, b.target);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
