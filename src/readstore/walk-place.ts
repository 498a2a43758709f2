import type { Position } from "../eventlog/event-log.ts";

/** Where a walk goes on: small, without personal values, the same on every node. */
export interface WalkPlace {
  /** The position at which the walk began. */
  readonly began: Position;
  /**
   * Positions of creation: of the last resources before this place, the last one last; of the group and of the member of the
   * last membership before it.
   */
  readonly passed: readonly Position[];
}
