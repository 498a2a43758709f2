// The port through which attempts and inspections reach the log (streams of one writer each).
import type { DomainEvent } from "../domain/event.ts";
import type { Actor } from "../eventlog/provisioning.ts";

/** An event of an attempt or inspection stream, with who caused it. */
export interface Recording {
  readonly event: DomainEvent;
  readonly actor: Actor;
  readonly requestId: string;
  readonly client?: string;
  /** How the request was read, where that matters: the credential's profile, and the ids of the rules applied. */
  readonly profile?: string;
  readonly rules?: readonly string[];
}

export interface Recorder {
  /** Resolves once the events are durable, in this order. Throws Unavailable. */
  record(tenant: string, kind: "attempt" | "inspection" | "assertion", recordings: readonly Recording[]): Promise<void>;
}

/** The service itself, where no credential stands behind an event. */
export const systemActor: Actor = { credential: "scim-ledger", name: "scim-ledger", kind: "service" };

const RECORDS = "records/";
/** The name of the key that seals filters, parameters and values of a month such as “2026-11”. */
export const recordsOf = (month: string): string => `${RECORDS}${month}`;
/** The month of a key's name; undefined for a key of another use. */
export const recordMonth = (name: string): string | undefined =>
  name.startsWith(RECORDS) ? name.slice(RECORDS.length) : undefined;
