// What the leaves of any tree are made of: of a tenant's its events, of the instance's the words of the tenants' ledgers.
import { type Envelope, readEnvelope } from "../../eventlog/envelope.ts";
import type { RecordedEvent } from "../../eventlog/event-log.ts";
import { leafHash, sha256 } from "../../ledger/hash.ts";
import { encodeHeadLeaf } from "../../ledger/head-leaf.ts";
import { INSTANCE } from "../../ledger/keys.ts";
import { encodeLeaf } from "../../ledger/leaf.ts";
import { ledgerWordOf } from "./head-of.ts";
import { type Leaf, leafRecordOf } from "./leaf-of.ts";

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
