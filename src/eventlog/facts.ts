// Stored events become facts of the domain: opened, recognised by the catalogue, upcast where they are old.
import type { DomainEvent, Fact } from "../domain/event.ts";
import { recognise } from "../domain/recognise.ts";
import { type FindKey, type OpenedEvent, type OpenKey, openEvent, openEvents } from "./codec.ts";
import { Fatal, type RecordedEvent } from "./event-log.ts";

/** A recorded event as the domain folds it. Throws Fatal for an event that this version does not know. */
export function factOf(recorded: RecordedEvent, openKey: OpenKey): Fact {
  return factIn(recorded, openEvent(recorded, openKey));
}

/** The same of many, whose keys are looked for in one go. */
export async function factsOf(recorded: readonly RecordedEvent[], findKey: FindKey): Promise<readonly Fact[]> {
  const opened = await openEvents(recorded, findKey);
  return opened.map((one, index) => factIn(recorded[index]!, one));
}

function factIn(recorded: RecordedEvent, { envelope, personal }: OpenedEvent): Fact {
  const event = recognise(envelope.type, envelope.version, envelope.data, personal);
  if (event === undefined) {
    throw new Fatal(
      `the event at position ${recorded.position} is a ${envelope.type} of version ${envelope.version}, which this version of scim-ledger does not know`,
    );
  }
  const key = envelope.key === undefined ? {} : { key: envelope.key };
  return { event: event as DomainEvent, revision: recorded.revision, at: envelope.at, ...key };
}
