// What the audit questions are answered from.
import type { OpenKey } from "../eventlog/codec.ts";
import type { EventLog, Position } from "../eventlog/event-log.ts";
import type { Awaitable, ReadStore } from "../readstore/read-store.ts";

/** What the questions ask of the read store. */
export type History = Pick<
  ReadStore,
  | "position"
  | "positionAt"
  | "effectiveAt"
  | "get"
  | "members"
  | "nestedGroups"
  | "lifetime"
  | "activityOf"
  | "activityBefore"
  | "activityAt"
  | "grantsOf"
>;

export type Present = (
  tenant: string,
  type: string,
  id: string,
  asOf: Position,
) => Awaitable<AsyncIterable<string> | undefined>;

export interface Sources {
  readonly store: History;
  readonly log: Pick<EventLog, "readAt" | "head">;
  readonly openKey: OpenKey;
  /** The JSON text, in pieces, that a GET at this position would have answered; undefined where it would have found nothing. */
  readonly present: Present;
  /** Microseconds since 1970 UTC. */
  readonly clock: () => number;
  /** How long an answer may wait for the read models to be level with the log, milliseconds; 5 000 if absent. */
  readonly patience?: number;
}
