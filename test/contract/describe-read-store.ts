// What every read store promises, on read models that the projector built.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Position, START } from "../../src/eventlog/event-log.ts";
import type { Query, ReadStore } from "../../src/readstore/read-store.ts";
import { compareText } from "../../src/scim/comparable.ts";
import { matches } from "../../src/scim/filter/evaluate.ts";
import type { Filter } from "../../src/scim/filter/filter.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { pathsOf, resolvePath } from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { arbitraryHistory } from "../projections/arbitrary-history.ts";
import { GAP, groupsOf, History, membersOf, resourceIn, type World } from "../projections/history.ts";
import { grantsIn } from "../projections/naive-grants.ts";
import { arbitraryFilterText } from "../scim/arbitraries.ts";
import { parseFilterLeniently } from "../scim/reading.ts";
import { describeLists } from "./describe-lists.ts";
import { describeWalks } from "./describe-walks.ts";
import { asksPersonal } from "./naive-list.ts";

export interface OpenedStore extends AsyncDisposable {
  readonly store: ReadStore;
  /** Projects what was added to the history since. */
  catchUp(): void | Promise<void>;
}
/** Read models of a history, projected in batches of `size` events; `$ref` and `meta.location` begin with BASE_URL. */
export type OpenStore = (history: History, size?: number) => OpenedStore | Promise<OpenedStore>;

const RUNS = { numRuns: 20 };
const ALL = { tenant: "acme", startIndex: 1, count: 1_000 } as const;

const asGroups = (groups: readonly JsonObject[]) =>
  groups.map(({ value, display }) => ({ value, display })).sort((a, b) => (String(a.value) < String(b.value) ? -1 : 1));

const ENTERPRISE = userType.extensions[0]!.schema.id;

function withManager(resource: JsonObject, computed: JsonObject): JsonObject {
  const extension = resource[ENTERPRISE] as { manager?: JsonObject } | undefined;
  if (extension?.manager === undefined) return resource;
  return { ...resource, [ENTERPRISE]: { ...extension, manager: { ...extension.manager, ...computed } } };
}

/** What the evaluator says of every resource of a world; nothing matches an erased value. */
function oracle(world: World, type: ResourceType, filter: Filter, order: readonly string[]): string[] {
  const isPersonal = asksPersonal(filter);
  return order.filter((id) => {
    const known = world.get(id);
    if (known?.kind !== type.name || (isPersonal && known.state.erased)) return false;
    const resource = resourceIn(world, id, true);
    return resource !== undefined && matches(filter, resource);
  });
}

const hasNoOrder = (ids: readonly string[]): string[] => [...ids].sort();
const idsIn = ({ users, groups }: History): string[] => [...users, ...groups];

const idsOf = (answer: { readonly resources: readonly { readonly id: string }[] }): string[] =>
  answer.resources.map(({ id }) => id);
const users = (text: string, more: Partial<Query> = {}): Query => ({
  ...ALL,
  of: [{ type: userType, filter: parseFilterLeniently(userType, text) }],
  ...more,
});

/** Holds every promise of the port once. */
export function describeReadStore(name: string, open: OpenStore): void {
  describeLists(name, open);
  describeWalks(name, open);

  describe(`${name}: a filter`, () => {
    for (const type of [userType, groupType])
      it(`means what the evaluator says, of every ${type.name}, now and as of any place`, () =>
        fc.assert(
          fc.asyncProperty(
            arbitraryHistory(),
            fc.array(fc.tuple(arbitraryFilterText(type, pathsOf(type)), fc.nat()), { minLength: 12, maxLength: 12 }),
            async (history, asked) => {
              await using views = await open(history);
              const ids = idsIn(history);
              for (const [text, place] of asked) {
                const filter = parseFilterLeniently(type, text);
                const query = { ...ALL, of: [{ type, filter }] };
                const now = await views.store.query(query);
                expect([text, hasNoOrder(idsOf(now))]).toEqual([
                  text,
                  hasNoOrder(oracle(history.world, type, filter, ids)),
                ]);
                const past = place % history.worlds.length;
                const then = await views.store.query({ ...query, asOf: history.at(past) });
                expect([text, past, hasNoOrder(idsOf(then))]).toEqual([
                  text,
                  past,
                  hasNoOrder(oracle(history.worlds[past]!, type, filter, ids)),
                ]);
              }
            },
          ),
          { numRuns: 30, endOnFailure: true },
        ));

    it("takes what a client sends for nothing but a value", async () => {
      const history = new History({ gap: GAP });
      const hostile = [
        "50% off",
        "50_ off",
        "50 off",
        "a'b",
        'a"b',
        "a\\b",
        "x\u0000y",
        "x",
        "😀",
        "ß",
        "'; DROP TABLE resources; --",
        "[a-z]*",
        "\u{10ffff}",
      ];
      const ids = new Map(
        hostile.map((title) => [title, history.createUser({ userName: title, title, externalId: title })]),
      );
      await using views = await open(history);
      for (const value of hostile)
        for (const path of ["title", "externalId", "userName"])
          for (const [operator, holds] of [
            ["eq", (other: string) => other === value],
            ["sw", (other: string) => other.startsWith(value)],
            ["co", (other: string) => other.includes(value)],
            ["ew", (other: string) => other.endsWith(value)],
            ["gt", (other: string) => compareText(other, value) > 0],
          ] as const) {
            const filter = `${path} ${operator} ${JSON.stringify(value)}`;
            const expected = hostile.filter(holds).map((title) => ids.get(title)!);
            expect([filter, idsOf(await views.store.query(users(filter)))]).toEqual([filter, expected]);
          }
    });

    it("lists erased users, page by page, alive or not, of their tenant alone", async () => {
      const history = new History({ gap: GAP });
      const ids = ["a", "b", "c", "d"].map((userName) => history.createUser({ userName }));
      history.erase(ids[0]!);
      history.deleteUser(ids[2]!);
      history.erase(ids[2]!);
      await using opened = await open(history);
      const all = await opened.store.erasedUsers("acme", null, 10);
      expect(all).toEqual([ids[0], ids[2]].map((id) => ({ id, revision: history.user(id!).revision })));
      expect(await opened.store.erasedUsers("acme", null, 1)).toEqual(all.slice(0, 1));
      expect(await opened.store.erasedUsers("acme", ids[0]!, 10)).toEqual(all.slice(1));
      expect(await opened.store.erasedUsers("globex", null, 10)).toEqual([]);
    });

    it("says how many erased subjects it could not test", async () => {
      const history = new History({ gap: GAP });
      const [ada, bob] = [history.createUser({ userName: "ada" }), history.createUser({ userName: "bob" })];
      const before = history.head;
      history.deleteUser(ada);
      history.erase(ada);
      await using views = await open(history);
      const then = await views.store.query(users('userName ne "eve"', { asOf: before }));
      expect([idsOf(then), then.untested]).toEqual([[bob], 1]);
      expect((await views.store.query(users('userName ne "eve"'))).untested).toBe(0);
      const clear = await views.store.query(users("not (active eq false)", { asOf: before }));
      expect([idsOf(clear), clear.untested]).toEqual([[ada, bob], undefined]);
    });

    it("answers nothing of another tenant", async () => {
      const history = new History({ gap: GAP });
      history.createUser({ userName: "ada" });
      await using views = await open(history);
      expect(await views.store.query(users('userName eq "ada"', { tenant: "other" }))).toMatchObject({
        total: 0,
        resources: [],
      });
    });
  });

  describe(`${name}: a list`, () => {
    it("comes in the order of creation, in windows, with the total of all", async () => {
      const history = new History({ gap: GAP });
      const ids = Array.from({ length: 7 }, (_, index) =>
        history.createUser({ userName: `user ${index}`, title: index % 2 === 0 ? "even" : "odd" }),
      );
      history.deleteUser(ids[2]!);
      const live = ids.filter((id) => id !== ids[2]);
      await using views = await open(history);
      const window = async (query: Partial<Query>) => {
        const answer = await views.store.query({ ...ALL, of: [{ type: userType }], ...query });
        return [answer.total, idsOf(answer)];
      };
      expect(await window({ startIndex: 2, count: 3 })).toEqual([6, live.slice(1, 4)]);
      expect(await window({ startIndex: 6, count: 3 })).toEqual([6, live.slice(5)]);
      expect(await window({ startIndex: 9, count: 3 })).toEqual([6, []]);
      expect(await window({ count: 0 })).toEqual([6, []]);
      const even = [{ type: userType, filter: parseFilterLeniently(userType, 'title eq "EVEN"') }];
      expect(await window({ of: even, startIndex: 2, count: 1 })).toEqual([3, [ids[4]]]);
      const byName = [{ type: userType, sortBy: resolvePath(userType, "userName")! }];
      expect(await window({ of: byName, sort: "descending", startIndex: 1, count: 2 })).toEqual([6, [ids[6], ids[5]]]);
      expect(await window({ asOf: history.at(3) })).toEqual([3, ids.slice(0, 3)]);
    });
  });

  describe(`${name}: the past and the present`, () => {
    it("answer as of every place what a fold from the first event says", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(), async (history) => {
          await using views = await open(history);
          const { store } = views;
          for (const [place, world] of history.worlds.entries()) {
            const asOf = history.at(place);
            for (const [id, known] of world) {
              const expected = resourceIn(world, id);
              const resource = await store.get("acme", known.kind, id, asOf);
              expect([place, id, resource === undefined]).toEqual([place, id, expected === undefined]);
              if (resource === undefined || expected === undefined) continue;
              const { meta: _, groups: __, members: ___, ...stored } = expected;
              const manager = resource.managerDisplayName === null ? {} : { displayName: resource.managerDisplayName };
              expect([place, withManager(JSON.parse(`${resource.body}}`) as JsonObject, manager)]).toEqual([
                place,
                stored,
              ]);
              const { version, revision, createdAt, modifiedAt } = known.state;
              expect([place, id, resource]).toMatchObject([place, id, { version, createdAt, modifiedAt }]);
              if (!("open" in known.state)) expect(resource.revision).toBe(revision);
              if (known.kind === "User") expect(resource.groups).toEqual(asGroups(groupsOf(world, id)));
              else {
                const members = await store.members("acme", id, null, 1_000, asOf);
                expect(new Set(members.map(({ value }) => value))).toEqual(
                  new Set(membersOf(world, known).map(({ value }) => value)),
                );
              }
            }
          }
        }),
        RUNS,
      ));

    it("answer now as they answer as of the head", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(), async (history) => {
          await using views = await open(history);
          const { store } = views;
          for (const [id, { kind }] of history.world) {
            expect(await store.get("acme", kind, id)).toEqual(await store.get("acme", kind, id, history.head));
            expect(await store.members("acme", id, null, 1_000)).toEqual(
              await store.members("acme", id, null, 1_000, history.head),
            );
            expect(await store.nestedGroups("acme", id)).toEqual(await store.nestedGroups("acme", id, history.head));
          }
          for (const type of [userType, groupType]) {
            const page = { tenant: "acme", of: [{ type }], startIndex: 2, count: 3 };
            expect(await store.query(page)).toEqual(await store.query({ ...page, asOf: history.head }));
          }
        }),
        RUNS,
      ));

    it("know every access interval, its end and its cause", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(50), fc.nat(), fc.nat(), async (history, a, b) => {
          await using views = await open(history);
          const [from, to] = [a % history.worlds.length, b % history.worlds.length].sort((x, y) => x - y) as [
            number,
            number,
          ];
          for (const id of [...history.users, ...history.groups]) {
            const all = grantsIn(history).filter(({ subject }) => subject === id);
            const found = await views.store.grantsOf("acme", id, history.at(from), history.at(to));
            const expected = all.filter(
              (grant) => grant.from < history.at(to) && (grant.to === null || grant.to > history.at(from)),
            );
            const texts = (grants: readonly object[]) => grants.map((grant) => JSON.stringify(grant)).sort();
            expect(texts(found)).toEqual(texts(expected));
          }
        }),
        RUNS,
      ));

    it("know the effective time of every place, whatever stands there", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(), fc.integer({ min: 1, max: 5 }), async (history, size) => {
          await using views = await open(history, size);
          for (const [place, effective] of history.effective.entries()) {
            expect(await views.store.effectiveAt(history.at(place))).toBe(effective);
            const last = history.effective.findLastIndex((other) => other <= effective);
            expect(await views.store.positionAt(effective)).toBe(history.at(last));
            if (effective > 0)
              expect(await views.store.positionAt(effective - 1)).toBe(
                history.at(history.effective.findLastIndex((other) => other < effective)),
              );
          }
        }),
        RUNS,
      ));

    it("tell of every event that touched a resource, both ways round", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(), fc.integer({ min: 1, max: 4 }), async (history, limit) => {
          await using views = await open(history);
          for (const [id] of history.world) {
            const own = history.events
              .filter(({ stream }) => stream.endsWith(`-acme:${id}`))
              .map(({ position }) => position);
            const member = grantsIn(history, { lives: false }).filter(
              ({ kind, subject }) => kind === "group" && subject === id,
            );
            const ends = member.flatMap(({ from, to }) => (to === null ? [from] : [from, to]));
            const expected = [...new Set([...own, ...ends])].sort();
            const forwards: Position[] = [];
            for (;;) {
              const page = await views.store.activityOf("acme", id, forwards.at(-1) ?? START, limit);
              forwards.push(...page.map(({ position }) => position));
              if (page.length < limit) break;
            }
            expect(forwards).toEqual(expected);
            const newest = await views.store.activityBefore("acme", id, history.at(history.events.length + 1), 1_000);
            expect(newest.map(({ position }) => position)).toEqual(expected.toReversed());
          }
        }),
        RUNS,
      ));
  });

  describe(`${name}: memberships`, () => {
    const team = () => {
      const history = new History({ gap: GAP });
      history.createTenant();
      const [ada, bob] = [
        history.createUser({ userName: "ada", displayName: "Ada" }),
        history.createUser({ userName: "bob" }),
      ];
      const inner = history.createGroup({ displayName: "Inner" }, [bob]);
      const outer = history.createGroup({ displayName: "Outer" }, [ada, bob, inner]);
      return { history, ada, bob, inner, outer };
    };

    it("are found by group and by member, in pages", async () => {
      const { history, ada, bob, inner, outer } = team();
      await using views = await open(history);
      const { store } = views;
      expect(await store.members("acme", outer, null, 2)).toEqual([
        { value: ada, type: "User", display: "Ada" },
        { value: bob, type: "User", display: null },
      ]);
      expect(await store.members("acme", outer, bob, 2)).toEqual([{ value: inner, type: "Group", display: "Inner" }]);
      expect(await store.nestedGroups("acme", outer)).toEqual([inner]);
      expect(await store.membersAmong("acme", inner, [ada, bob, "nobody"])).toEqual(new Set([bob]));
      expect(await store.groupsHolding("acme", bob)).toEqual([inner, outer]);
      expect(await store.liveAmong("acme", [ada, outer, "nobody"])).toEqual(new Set([ada, outer]));
      expect(await store.tenants()).toEqual(["acme"]);
    });

    it("of the dead are hidden at once and wait to be ended", async () => {
      const { history, ada, bob, inner, outer } = team();
      history.deleteUser(bob);
      history.deleteGroup(inner);
      await using views = await open(history);
      const { store } = views;
      expect((await store.members("acme", outer, null, 9)).map(({ value }) => value)).toEqual([ada]);
      expect(await store.groupsHolding("acme", bob)).toEqual([outer]);
      expect(await store.deadMembers()).toEqual([
        { tenant: "acme", id: bob, cause: "userDeleted" },
        { tenant: "acme", id: inner, cause: "groupDeleted" },
      ]);
      expect(await store.lifetime("acme", bob)).toEqual({
        type: "User",
        id: bob,
        from: history.at(3),
        to: history.at(8),
      });
      expect(await store.baseline("acme", "User", bob)).toMatchObject({ id: bob, deleted: true });
      expect(await store.get("acme", "User", bob)).toBeUndefined();
    });

    it("end with the life of member or group, whichever comes first, and begin anew when added again", async () => {
      const { history, ada, outer } = team();
      history.remove(outer, [ada]);
      history.add(outer, [ada]);
      history.deleteGroup(outer);
      history.deleteUser(ada);
      await using views = await open(history);
      const grants = await views.store.grantsOf("acme", ada, START, history.head);
      expect(grants.filter(({ kind }) => kind === "group").map(({ from, to, cause }) => [from, to, cause])).toEqual([
        [history.at(7), history.at(8), "removed"],
        [history.at(9), history.at(10), "groupDeleted"],
      ]);
      expect(grants.find(({ kind }) => kind === "account")).toMatchObject({ to: history.at(11), cause: "userDeleted" });
    });

    it("of an open change are left for a command to meet in the log", async () => {
      const { history, ada, outer } = team();
      const { revision } = history.group(outer);
      history.change(outer, [ada], "open");
      {
        await using views = await open(history, 1);
        expect(await views.store.baseline("acme", "Group", outer)).toMatchObject({ revision });
      }
      history.setPassword(ada);
      history.change(outer, [ada], "abandoned");
      await using views = await open(history, 2);
      expect(await views.store.baseline("acme", "Group", outer)).toMatchObject({
        revision: history.group(outer).revision,
      });
    });

    it("of a change in parts begin and end at its completion, or not at all", async () => {
      const { history, ada, bob, outer } = team();
      const before = history.head;
      history.change(outer, [ada], "open");
      const during = history.head;
      history.changeGroup(outer, { externalId: "void" });
      history.change(outer, [bob], "abandoned");
      const version = history.group(outer).version;
      history.change(outer, [bob], "completed");
      await using views = await open(history, 1);
      const { store } = views;
      const membersAt = async (asOf: typeof before) => (await store.members("acme", outer, null, 9, asOf)).length;
      expect([await membersAt(before), await membersAt(during)]).toEqual([3, 3]);
      expect(await store.get("acme", "Group", outer, history.at(history.events.length - 1))).toMatchObject({ version });
      expect((await store.members("acme", outer, null, 9)).map(({ value }) => value)).toEqual([bob]);
      const [completed] = await store.activityAt([history.head]);
      expect(completed).toMatchObject({ eventType: "GroupChangeCompleted", paths: ["members"], actor: "okta" });
    });
  });
}
