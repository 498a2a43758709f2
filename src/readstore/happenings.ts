// Events and lives as the read side tells them.
import type { Position, Revision } from "../eventlog/event-log.ts";

export type Awaitable<T> = T | Promise<T>;

/** One row an event: who did what to whom, without personal values. */
export interface Activity {
  readonly position: Position;
  /** Effective time: the running maximum of `at` in log order, microseconds. */
  readonly effectiveAt: number;
  readonly at: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly revision: Revision;
  readonly actor: string;
  readonly requestId: string;
  /** Attribute paths that changed, without selectors. */
  readonly paths: readonly string[];
}

/** From its creation to its deletion. */
export interface Lifetime {
  readonly type: string;
  readonly id: string;
  readonly from: Position;
  readonly to: Position | null;
}
