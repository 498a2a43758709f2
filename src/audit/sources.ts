// What the audit questions are answered from.

import type { FindKey } from "../eventlog/codec.ts";
import type { EventLog, Position } from "../eventlog/event-log.ts";
import type { Awaitable, ReadStore } from "../readstore/read-store.ts";
import type { HistoryWalks } from "../readstore/walks.ts";
import type { TypesOfTenants } from "../scim/schema/type-set.ts";
import type { ClientOf } from "./effects/clients.ts";

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
  | keyof HistoryWalks
>;

/** What turns an instant into a position. */
export interface Moments {
  readonly store: Pick<ReadStore, "position" | "positionAt">;
  readonly log: Pick<EventLog, "head">;
  /** Microseconds since 1970 UTC: of the clock by which events are stamped, so that no acknowledged change lies in its future. */
  readonly clock: () => number;
  /** Resolves once the read models have reached a position, so that nobody looks again and again; may reject, or be absent. */
  readonly reached?: (position: Position) => Promise<void>;
  /** How long an answer may wait for the read models to be level with the log, milliseconds; 5 000 if absent. */
  readonly patience?: number;
}

export type Present = (
  tenant: string,
  type: string,
  id: string,
  asOf: Position,
) => Awaitable<AsyncIterable<string> | undefined>;

export interface Sources extends Moments {
  readonly store: History;
  readonly log: Pick<EventLog, "readAt" | "read" | "head" | "isGapless">;
  readonly findKey: FindKey;
  readonly clientOf: ClientOf;
  readonly types: TypesOfTenants;
  /** The JSON text, in pieces, that a GET at this position would have answered; undefined where it would have found nothing. */
  readonly present: Present;
}
