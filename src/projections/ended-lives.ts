// Who ceased to exist, of a batch of events: their memberships are to be ended once that is visible.
import { readEnvelope } from "../eventlog/envelope.ts";
import type { RecordedEvent } from "../eventlog/event-log.ts";

/** A user or group that ceased to exist. */
export interface EndedLife {
  readonly tenant: string;
  readonly id: string;
  readonly cause: "userDeleted" | "groupDeleted";
  readonly eventId: string;
}

const CAUSES: ReadonlyMap<string, EndedLife["cause"]> = new Map([
  ["UserDeleted", "userDeleted"],
  ["GroupDeleted", "groupDeleted"],
]);

export function endedLives(events: readonly RecordedEvent[]): EndedLife[] {
  return events.flatMap((event) => {
    const cause = CAUSES.get(event.type);
    if (cause === undefined) return [];
    const { tenant, stream } = readEnvelope(event);
    return [{ tenant, id: stream.slice(stream.indexOf(":") + 1), cause, eventId: event.id }];
  });
}
