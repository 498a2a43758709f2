// Where the tests of EventStoreDB's adapter run: on the double always, and on a real server where one is named.
import { randomBytes } from "node:crypto";
import { afterAll } from "@jest/globals";
import { EventStoreEventLog, type EventStoreOptions } from "../../../src/eventlog/eventstoredb/event-store-log.ts";
import { EventStoreDouble } from "./double.ts";

/** The address of a real server for tests. */
export const REAL_SERVER = process.env["SCIM_LEDGER_TEST_ESDB"];

/** Opens the log of a place: a double each, which lives until the end of the describe. */
export function doubles(options: EventStoreOptions = {}) {
  const started = new Map<string, EventStoreDouble>();
  afterAll(() => {
    for (const double of started.values()) double.stop();
  });
  return async (place: string): Promise<EventStoreEventLog> => {
    const double = started.get(place) ?? (await new EventStoreDouble().start());
    double.log.noise = started.size % 3;
    started.set(place, double);
    return EventStoreEventLog.open(double.address, options);
  };
}

/** Opens the log of a place on the real server: a namespace each, in the one log that all share. */
export function namespaces(server: string, options: EventStoreOptions = {}) {
  const known = new Map<string, string>();
  return (place: string): Promise<EventStoreEventLog> => {
    const namespace = known.get(place) ?? `t${randomBytes(8).toString("hex")}`;
    known.set(place, namespace);
    return EventStoreEventLog.open(server, { ...options, namespace, beginBeside: true });
  };
}

/** Says in one line that there was no real server; true where there is one. */
export function hasRealServer(of: string): boolean {
  if (REAL_SERVER === undefined)
    process.stderr.write(`${of}: no real EventStoreDB was tested, as SCIM_LEDGER_TEST_ESDB names none\n`);
  return REAL_SERVER !== undefined;
}
