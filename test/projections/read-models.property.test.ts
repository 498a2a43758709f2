import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Projector } from "../../src/projections/projector.ts";
import { dumpOf } from "../readstore/dump.ts";
import { projectAll, viewsOf } from "../readstore/views.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { arbitraryHistory } from "./arbitrary-history.ts";
import type { History } from "./history.ts";

const RUNS = { numRuns: 20 };
const newFolder = temporaryFolders();

const dumpAfter = (history: History, size: number): Record<string, string[]> => {
  const folder = newFolder();
  viewsOf(history, folder, { size })[Symbol.dispose]();
  return dumpOf(folder);
};

describe("the read models", () => {
  it("are the same in whatever batches they are built", () =>
    fc.assert(
      fc.property(arbitraryHistory(40), fc.integer({ min: 1, max: 7 }), (history, size) => {
        const one = dumpAfter(history, 1);
        expect(dumpAfter(history, size)).toEqual(one);
        expect(dumpAfter(history, 1_000)).toEqual(one);
      }),
      RUNS,
    ));

  it("do not change when events come again", () =>
    fc.assert(
      fc.property(arbitraryHistory(), fc.nat(), fc.nat(), (history, cut, again) => {
        const folder = newFolder();
        const { events } = history;
        const first = events.slice(0, cut % (events.length + 1));
        using views = viewsOf(history, folder, { size: 4 });
        projectAll(views.projector, first, 3);
        const fresh = new Projector(views.writer, { namespace: "scim", openKey: history.openKey });
        expect(fresh.position).toBe(history.head);
        projectAll(fresh, events.slice(again % (events.length + 1)), 5);
        expect(dumpOf(folder)).toEqual(dumpAfter(history, 1_000));
      }),
      RUNS,
    ));
});

describe("an erased person", () => {
  it("leaves the same read models as a rebuild without their key", () =>
    fc.assert(
      fc.property(arbitraryHistory(40), fc.nat(), (history, who) => {
        const folder = newFolder();
        using views = viewsOf(history, folder, { size: 5 });
        const id = history.users[who % Math.max(history.users.length, 1)];
        if (id === undefined) return;
        history.erase(id);
        projectAll(views.projector, history.events, 5);
        expect(dumpOf(folder)).toEqual(dumpAfter(history, 1_000));
      }),
      { numRuns: 30 },
    ));
});
