// Events and lives as the read side tells them.
import type { Position, Revision } from "../eventlog/event-log.ts";

export type Awaitable<T> = T | Promise<T>;

/** What an event says of the credential behind it. */
export interface CredentialTold {
  readonly name: string;
  readonly kind: string;
  /** How its request was read. */
  readonly profile?: string;
}

/** A role or entitlement that an event granted or took away. */
export interface HeldTold {
  readonly attribute: "roles" | "entitlements";
  readonly value: string;
}

/** What an event says of who holds what, as far as it speaks of that. */
export interface Told {
  readonly members?: readonly string[];
  readonly granted?: readonly HeldTold[];
  readonly revoked?: readonly HeldTold[];
}

/** One row an event: who did what to whom, without personal values. */
export interface Activity {
  readonly position: Position;
  /** Effective time: the running maximum of `at` in log order, microseconds. */
  readonly effectiveAt: number;
  readonly at: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly tenant: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly revision: Revision;
  /** Id of the credential. */
  readonly actor: string;
  readonly credential: CredentialTold;
  /** Id of the client, where the event names one. */
  readonly client?: string;
  readonly requestId: string;
  /** Attribute paths that changed, without selectors. */
  readonly paths: readonly string[];
  /** Absent where the event has to be read to know: it is long, part of a change too large for one append, or of another kind. */
  readonly told?: Told;
}

/** From its creation to its deletion. */
export interface Lifetime {
  readonly type: string;
  readonly id: string;
  readonly from: Position;
  readonly to: Position | null;
}
