// The log in EventStoreDB that the settings name, for whoever serves and whoever only looks.
import { EventStoreEventLog, type EventStoreOptions, WrongLog } from "../eventlog/eventstoredb/event-store-log.ts";
import { type Settings, settingsTable } from "../settings/table.ts";

type EventStoreSettings = Pick<Settings, "storeCa" | "namespace">;

/** What the settings say of every log in EventStoreDB. */
export const eventStoreOptions = ({ storeCa, namespace }: EventStoreSettings): EventStoreOptions => ({
  ...(storeCa === undefined ? {} : { caFile: storeCa }),
  ...(namespace === undefined ? {} : { namespace }),
});

/** Throws an Error that says what to set where the server does not hold the log that is meant. */
export async function openEventStore(
  uri: string,
  settings: EventStoreSettings,
  options: EventStoreOptions = {},
): Promise<EventStoreEventLog> {
  try {
    return await EventStoreEventLog.open(uri, { ...eventStoreOptions(settings), ...options });
  } catch (error) {
    throw error instanceof WrongLog ? new Error(`${error.message}: ${WHAT_TO_SET[error.reason]}`) : error;
  }
}

const [NAMESPACE, BEGIN_LOG] = [settingsTable.namespace.env, settingsTable.beginLog.env];

const WHAT_TO_SET: Readonly<Record<WrongLog["reason"], string>> = {
  several: `say which by ${NAMESPACE}`,
  none: "a service that has started begins it",
  another: `correct ${NAMESPACE}, or begin the log there by ${BEGIN_LOG}=true`,
};
