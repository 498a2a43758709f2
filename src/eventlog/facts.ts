// Stored events become facts of the domain: opened, recognised by the catalogue, upcast where they are old.
import type { DomainEvent, Fact } from "../domain/event.ts";
import { recognise } from "../domain/recognise.ts";
import { type OpenKey, openEvent } from "./codec.ts";
import { Fatal, type RecordedEvent } from "./event-log.ts";

/** A recorded event as the domain folds it. Throws Fatal for an event that this version does not know. */
export function factOf(recorded: RecordedEvent, openKey: OpenKey): Fact {
  const { envelope, personal } = openEvent(recorded, openKey);
  const event = recognise(envelope.type, envelope.version, envelope.data, personal);
  if (event === undefined) {
    throw new Fatal(
      `the event at position ${recorded.position} is a ${envelope.type} of version ${envelope.version}, which this version of scim-ledger does not know`,
    );
  }
  const key = envelope.key === undefined ? {} : { key: envelope.key };
  return { event: event as DomainEvent, revision: recorded.revision, at: envelope.at, ...key };
}
