// Where the last events stand in their tenants' Merkle trees, for the answers of the writes that made them.
import { ordinalOf, type Position } from "./event-log.ts";

/** Events that are remembered: more than one commit has. */
const REMEMBERED = 16_384;

export class RecentLeaves {
  readonly #ordinals = new Float64Array(REMEMBERED).fill(-1);
  readonly #indexes = new Float64Array(REMEMBERED);

  /** `indexes`: of the leaves of the events up to `last`, one an event; -1 for an event without a leaf. */
  add(last: Position, indexes: readonly number[]): void {
    const after = ordinalOf(last) - indexes.length;
    for (const [at, index] of indexes.entries()) {
      const ordinal = after + at + 1;
      this.#ordinals[ordinal % REMEMBERED] = ordinal;
      this.#indexes[ordinal % REMEMBERED] = index;
    }
  }

  /** Undefined for an event that has no leaf, and for one of long ago. */
  at(position: Position): number | undefined {
    const ordinal = ordinalOf(position);
    const index = this.#indexes[ordinal % REMEMBERED] as number;
    return this.#ordinals[ordinal % REMEMBERED] === ordinal && index >= 0 ? index : undefined;
  }
}
