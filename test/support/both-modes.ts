import { describe } from "@jest/globals";
import { type Embedded, startEmbedded } from "./embedded.ts";
import { onEventStore, startDouble } from "./on-event-store.ts";

/** Everything must be right with appends to single streams: each suite runs with the log's atomic appends and without. */
export function describeInBothModes(name: string, suite: (start: () => Promise<Embedded>) => void): void {
  describe.each([
    ["atomic appends", true],
    ["single-stream appends alone", false],
  ])(`${name} (%s)`, (_, atomic) => suite(() => startEmbedded({ atomic })));
}

/** Besides, on a log in EventStoreDB, whose positions have gaps and which holds others' events. */
export function describeOnEveryLog(name: string, suite: (start: () => Promise<Embedded>) => void): void {
  describeInBothModes(name, suite);
  describe(`${name} (EventStoreDB's double)`, () =>
    suite(async () => {
      const double = await startDouble();
      const embedded = await startEmbedded({ open: onEventStore(double) });
      return {
        folder: embedded.folder,
        get stores() {
          return embedded.stores;
        },
        get service() {
          return embedded.service;
        },
        restart: (between) => embedded.restart(between),
        async [Symbol.asyncDispose]() {
          await embedded[Symbol.asyncDispose]();
          double.stop();
        },
      };
    }));
}
