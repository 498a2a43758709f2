// Checks of what the settings keep on engines: that it can be reached, and is what this node would open.
import { openEventStore } from "../../stores/open-event-store.ts";
import { openKeysToRead } from "../keys-to-read.ts";
import { type Check, ok } from "./check.ts";

export const engines: readonly Check[] = [
  {
    name: "event log",
    of: "log in EventStoreDB",
    find: async ({ settings }) => {
      if (settings?.eventStore.engine !== "esdb") return ok("it is elsewhere");
      const log = await openEventStore(settings.eventStore.uri, settings, { forReading: true });
      try {
        return ok(
          `the EventStoreDB at ${log.server} has the log of ${log.namespace}, up to position ${await log.head()}`,
        );
      } finally {
        await log.close();
      }
    },
  },
  {
    name: "key vault",
    of: "keys in MongoDB",
    find: async ({ settings }) => {
      const keys = await openKeysToRead(settings!);
      await keys.close();
      return ok("the vault in MongoDB is there, and the root key of this node opens it");
    },
  },
];
