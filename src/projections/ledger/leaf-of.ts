// The leaf of an event: made from the very bytes that the log stores, so that whoever holds them can make it again.
import { commitmentOf } from "../../eventlog/codec.ts";
import type { Envelope } from "../../eventlog/envelope.ts";
import type { RecordedEvent } from "../../eventlog/event-log.ts";
import { type Hash, sha256 } from "../../ledger/hash.ts";
import { type LeafRecord, leafHashOf } from "../../ledger/leaf.ts";

export interface Leaf {
  /** Whose tree; `INSTANCE` for that over the tenants' heads. */
  readonly tenant: string;
  readonly eventId: string;
  readonly hash: Hash;
}

/** The record that stands for an event in its tenant's tree. */
export function leafRecordOf(
  { envelope: text, ciphertext }: Pick<RecordedEvent, "envelope" | "ciphertext">,
  { tenant, stream, revision, type, at }: Envelope,
): LeafRecord {
  const clear = { tenant, stream, revision, type, at, envelope: sha256(text) };
  return ciphertext === null
    ? clear
    : { ...clear, ciphertext: sha256(ciphertext), commitment: commitmentOf(ciphertext) };
}

export function leafOf(event: RecordedEvent, envelope: Envelope): Leaf {
  const { tenant, stream, revision, type, at, id } = envelope;
  const { envelope: text, ciphertext } = event;
  const sealed = ciphertext === null ? undefined : { ciphertext, commitment: commitmentOf(ciphertext) };
  return { tenant, eventId: id, hash: leafHashOf({ tenant, stream, revision, type, at, text, sealed }) };
}
