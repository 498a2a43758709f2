// The ledger's own events: the heads that were signed, and restores that were accepted.
import { CheckpointSigned, RestoreAccepted } from "../../domain/ledger-events.ts";
import { recognise } from "../../domain/recognise.ts";
import type { Envelope } from "../../eventlog/envelope.ts";
import { Fatal } from "../../eventlog/event-log.ts";
import type { LedgerHead } from "../../readstore/view-writer.ts";

/** What the event says of its tenant's tree. Throws Fatal for an event that this version does not know. */
export function headOf({ tenant, revision, type, version, data }: Envelope): { readonly head: LedgerHead } {
  const event = recognise(type, version, data, undefined);
  if (event === undefined)
    throw new Fatal(
      `the ledger of “${tenant}” has a ${type} of version ${version}, which this version of scim-ledger does not know`,
    );
  switch (event.type) {
    case CheckpointSigned.type: {
      const { epoch, note } = event.data as ReturnType<typeof CheckpointSigned>["data"];
      return { head: { tenant, revision, epoch, note } };
    }
    case RestoreAccepted.type:
      return { head: { tenant, revision, epoch: (event.data as ReturnType<typeof RestoreAccepted>["data"]).epoch } };
    default:
      throw new Fatal(`the ledger of “${tenant}” has a ${type}, which does not belong there`);
  }
}
