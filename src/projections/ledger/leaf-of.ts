// The leaf of an event: made from the very bytes that the log stores, so that whoever holds them can make it again.
import { commitmentOf } from "../../eventlog/codec.ts";
import { type Envelope, readEnvelope } from "../../eventlog/envelope.ts";
import type { RecordedEvent } from "../../eventlog/event-log.ts";
import { type Hash, leafHash, sha256 } from "../../ledger/hash.ts";
import { encodeHeadLeaf } from "../../ledger/head-leaf.ts";
import { INSTANCE } from "../../ledger/keys.ts";
import { encodeLeaf, type LeafRecord, leafHashOf } from "../../ledger/leaf.ts";
import { ledgerWordOf } from "./head-of.ts";

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

/** The leaf of a word of a tenant's ledger in the instance's tree; undefined for the instance's own, which are in no tree. */
export const headLeafOf = (event: RecordedEvent, { tenant, id }: Envelope, note: string): Leaf | undefined =>
  tenant === INSTANCE
    ? undefined
    : { tenant: INSTANCE, eventId: id, hash: leafHash(encodeHeadLeaf({ envelope: sha256(event.envelope), note })) };

/** What the leaf of an event in this tree is the hash of. */
export const entryOf = (tree: string, event: RecordedEvent, envelope = readEnvelope(event)): Uint8Array =>
  tree === INSTANCE
    ? encodeHeadLeaf({ envelope: sha256(event.envelope), note: ledgerWordOf(envelope).note })
    : encodeLeaf(leafRecordOf(event, envelope));
