import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ordinalOf, positionOf } from "../../src/eventlog/event-log.ts";
import { Projector } from "../../src/projections/projector.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { dumpOf } from "../readstore/dump.ts";
import { projectAll, viewsOf } from "../readstore/views.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { arbitraryHistory } from "./arbitrary-history.ts";
import { groupsOf, type History, membersOf, resourceIn } from "./history.ts";
import { grantsIn } from "./naive-grants.ts";

const RUNS = { numRuns: 30 };
const newFolder = temporaryFolders();

const dumpAfter = (history: History, size: number): Record<string, string[]> => {
  const folder = newFolder();
  viewsOf(history, folder, { size })[Symbol.dispose]();
  return dumpOf(folder);
};

const asGroups = (groups: readonly JsonObject[]) =>
  groups.map(({ value, display }) => ({ value, display })).sort((a, b) => (String(a.value) < String(b.value) ? -1 : 1));

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

  it("answer as of every place what a fold from the first event says", () =>
    fc.assert(
      fc.property(arbitraryHistory(), (history) => {
        using views = viewsOf(history, newFolder());
        const { store } = views;
        for (const [place, world] of history.worlds.entries()) {
          const asOf = positionOf(place);
          for (const [id, known] of world) {
            const expected = resourceIn(world, id);
            const resource = store.get("acme", known.kind, id, asOf);
            expect([place, id, resource === undefined]).toEqual([place, id, expected === undefined]);
            if (resource === undefined || expected === undefined) continue;
            const { meta: _, groups: __, members: ___, ...stored } = expected;
            const manager = resource.managerDisplayName === null ? {} : { displayName: resource.managerDisplayName };
            expect([place, withManager(JSON.parse(`${resource.body}}`) as JsonObject, manager)]).toEqual([place, stored]);
            const { version, revision, createdAt, modifiedAt } = known.state;
            expect([place, id, resource]).toEqual([place, id, expect.objectContaining({ version, revision, createdAt, modifiedAt })]);
            if (known.kind === "User") expect(resource.groups).toEqual(asGroups(groupsOf(world, id)));
            else {
              const members = store.members("acme", id, null, 1_000, asOf);
              expect(new Set(members.map(({ value }) => value))).toEqual(new Set(membersOf(world, known).map(({ value }) => value)));
            }
          }
        }
      }),
      RUNS,
    ));

  it("answer now as they answer as of the head", () =>
    fc.assert(
      fc.property(arbitraryHistory(), (history) => {
        using views = viewsOf(history, newFolder());
        const { store } = views;
        for (const [id, { kind }] of history.world) {
          expect(store.get("acme", kind, id)).toEqual(store.get("acme", kind, id, history.head));
          expect(store.members("acme", id, null, 1_000)).toEqual(store.members("acme", id, null, 1_000, history.head));
          expect(store.nestedGroups("acme", id)).toEqual(store.nestedGroups("acme", id, history.head));
        }
        for (const type of ["User", "Group"]) {
          const page = { tenant: "acme", type, startIndex: 2, count: 3 };
          expect(store.query(page)).toEqual(store.query({ ...page, asOf: history.head }));
        }
      }),
      RUNS,
    ));

  it("know every access interval, its end and its cause", () =>
    fc.assert(
      fc.property(arbitraryHistory(50), fc.nat(), fc.nat(), (history, a, b) => {
        using views = viewsOf(history, newFolder());
        const [from, to] = [a % history.worlds.length, b % history.worlds.length].sort((x, y) => x - y) as [number, number];
        for (const id of [...history.users, ...history.groups]) {
          const all = grantsIn(history).filter(({ subject }) => subject === id);
          const found = views.store.grantsOf("acme", id, positionOf(from), positionOf(to));
          const expected = all.filter((grant) => ordinalOf(grant.from) < to && (grant.to === null || ordinalOf(grant.to) > from));
          const texts = (grants: readonly object[]) => grants.map((grant) => JSON.stringify(grant)).sort();
          expect(texts(found)).toEqual(texts(expected));
        }
      }),
      RUNS,
    ));

  it("know the effective time of every place, whatever stands there", () =>
    fc.assert(
      fc.property(arbitraryHistory(), fc.integer({ min: 1, max: 5 }), (history, size) => {
        using views = viewsOf(history, newFolder(), { size });
        for (const [place, effective] of history.effective.entries()) {
          expect(views.store.effectiveAt(positionOf(place))).toBe(effective);
          const last = history.effective.findLastIndex((other) => other <= effective);
          expect(views.store.positionAt(effective)).toBe(positionOf(last));
          if (effective > 0) expect(views.store.positionAt(effective - 1)).toBe(positionOf(history.effective.findLastIndex((other) => other < effective)));
        }
      }),
      RUNS,
    ));

  it("tell of every event that touched a resource, both ways round", () =>
    fc.assert(
      fc.property(arbitraryHistory(), fc.integer({ min: 1, max: 4 }), (history, limit) => {
        using views = viewsOf(history, newFolder());
        for (const [id] of history.world) {
          const own = history.events.filter(({ stream }) => stream.endsWith(id)).map(({ position }) => position);
          const member = grantsIn(history, { lives: false }).filter(({ kind, subject }) => kind === "group" && subject === id);
          const ends = member.flatMap(({ from, to }) => (to === null ? [from] : [from, to]));
          const expected = [...new Set([...own, ...ends])].sort();
          const forwards: string[] = [];
          for (;;) {
            const page = views.store.activityOf("acme", id, positionOf(Number(forwards.at(-1) ?? 0)), limit);
            forwards.push(...page.map(({ position }) => position));
            if (page.length < limit) break;
          }
          expect(forwards).toEqual(expected);
          const newest = views.store.activityBefore("acme", id, positionOf(history.events.length + 1), 1_000);
          expect(newest.map(({ position }) => position)).toEqual(expected.toReversed());
        }
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
      { numRuns: 60 },
    ));
});

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

function withManager(resource: JsonObject, computed: JsonObject): JsonObject {
  const extension = resource[ENTERPRISE] as { manager?: JsonObject } | undefined;
  if (extension?.manager === undefined) return resource;
  return { ...resource, [ENTERPRISE]: { ...extension, manager: { ...extension.manager, ...computed } } };
}
