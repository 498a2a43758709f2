import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { packEvents, unpackEvents } from "../../src/embedded/prepared-messages.ts";
import type { RecordedEvent } from "../../src/eventlog/event-log.ts";
import { type PreparedEvent, prepareEvent } from "../../src/projections/preparing.ts";
import { Projector } from "../../src/projections/projector.ts";
import { SqliteViewWriter } from "../../src/readstore/sqlite/writing/sqlite-view-writer.ts";
import { dumpOf } from "../readstore/dump.ts";
import { projectAll, viewsOf } from "../readstore/views.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { arbitraryHistory } from "./arbitrary-history.ts";
import { History } from "./history.ts";

const newFolder = temporaryFolders();

const prepared = (history: History, events: readonly RecordedEvent[] = history.events): PreparedEvent[] =>
  unpackEvents(packEvents(events.map((event) => prepareEvent(event, "scim", history.openKey))));

const dumpAfterEachEvent = (history: History): Record<string, string[]> => {
  const folder = newFolder();
  viewsOf(history, folder, { size: 1 })[Symbol.dispose]();
  return dumpOf(folder);
};

/** Nothing is asked of a vault any more, but where the events say that it has to be. */
function dumpAfterCatchUp(history: History, size: number): Record<string, string[]> {
  const folder = newFolder();
  const writer = new SqliteViewWriter(folder, { cacheMegabytes: 1 });
  const projector = new Projector(writer, { namespace: "scim", openKey: () => undefined });
  const end = writer.beginCatchUp();
  projectAll(projector, prepared(history), size);
  end();
  writer.close();
  return dumpOf(folder);
}

const someErased = fc.tuple(arbitraryHistory(40), fc.array(fc.nat(), { maxLength: 2 })).map(([history, who]) => {
  for (const index of who) {
    const id = history.users[index % Math.max(history.users.length, 1)];
    if (id !== undefined) history.erase(id);
  }
  return history;
});

describe("events that another thread prepared", () => {
  it("come to the read models that the log comes to event by event, however they are cut", () =>
    fc.assert(
      fc.property(someErased, fc.integer({ min: 1, max: 9 }), (history, size) => {
        const one = dumpAfterEachEvent(history);
        expect(dumpAfterCatchUp(history, size)).toEqual(one);
        expect(dumpAfterCatchUp(history, 1_000)).toEqual(one);
      }),
      { numRuns: 30 },
    ));

  it("carry no ciphertext that was opened", () => {
    const history = new History();
    history.createUser({ userName: "ada" });
    const [event] = prepared(history);
    expect(event).toMatchObject({ ciphertext: null, personal: expect.stringContaining("ada") });
  });
});

describe("an event that cannot be prepared", () => {
  const sealed = (): [History, RecordedEvent] => {
    const history = new History();
    history.createUser({ userName: "ada" });
    return [history, history.events[0]!];
  };
  const says = (event: PreparedEvent, history: History): string => {
    const writer = new SqliteViewWriter(newFolder());
    try {
      new Projector(writer, { namespace: "scim", openKey: history.openKey }).project([event]);
      return "nothing";
    } catch (error) {
      return String(error);
    } finally {
      writer.close();
    }
  };

  const damages: readonly (readonly [string, (event: RecordedEvent) => RecordedEvent])[] = [
    ["was altered", (event) => ({ ...event, envelope: event.envelope.replace("UserCreated", "UserDeleted") })],
    ["has a cut ciphertext", (event) => ({ ...event, ciphertext: event.ciphertext!.slice(0, 20) })],
    ["names no key", (event) => ({ ...event, envelope: event.envelope.replace(/"key":"[^"]*",/u, "") })],
  ];
  it.each(damages)("as one that %s is left as it was, and the projector says why", (_, damage) => {
    const [history, event] = sealed();
    const damaged = damage(event);
    const [same] = prepared(history, [damaged]);
    expect(same).toEqual({ ...damaged, type: same!.type });
    expect(says(same!, history)).toMatch(/Fatal/u);
    expect(says(same!, history)).toBe(says(damaged, history));
  });

  it("for its key is destroyed keeps its ciphertext, for whoever looks for the key again", () => {
    const [, event] = sealed();
    const without = prepareEvent(event, "scim", () => undefined);
    expect(without.ciphertext).toBe(event.ciphertext);
    expect(without.personal).toBeUndefined();
  });
});
