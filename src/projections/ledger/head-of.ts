// The ledger's own events: the heads that were signed, and restores that were accepted. They are no leaves of their tenants'
// trees; their notes are those of the instance's.
import { CheckpointSigned, RestoreAccepted } from "../../domain/ledger-events.ts";
import { recognise } from "../../domain/recognise.ts";
import type { Envelope } from "../../eventlog/envelope.ts";
import { Fatal } from "../../eventlog/event-log.ts";
import type { LedgerHead } from "../../readstore/view-writer.ts";

export interface LedgerWord {
  readonly head: LedgerHead;
  /** The signed note that the event carries. */
  readonly note: string;
}

/** What the event says of its tenant's tree. Throws Fatal for an event that this version does not know. */
export function ledgerWordOf({ tenant, revision, type, version, data }: Envelope): LedgerWord {
  const event = recognise(type, version, data, undefined);
  if (event === undefined)
    throw new Fatal(
      `the ledger of “${tenant}” has a ${type} of version ${version}, which this version of scim-ledger does not know`,
    );
  switch (event.type) {
    case CheckpointSigned.type: {
      const { epoch, note } = event.data as ReturnType<typeof CheckpointSigned>["data"];
      return { head: { tenant, revision, epoch, note }, note };
    }
    case RestoreAccepted.type: {
      const { epoch, note } = event.data as ReturnType<typeof RestoreAccepted>["data"];
      return { head: { tenant, revision, epoch }, note };
    }
    default:
      throw new Fatal(`the ledger of “${tenant}” has a ${type}, which does not belong there`);
  }
}
