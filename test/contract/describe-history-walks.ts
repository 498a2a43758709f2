// What a read store promises to audit questions: every walk comes, page after page, to what a look at each event finds.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Position, positionOf, START } from "../../src/eventlog/event-log.ts";
import * as oneByOne from "../../src/readstore/one-by-one.ts";
import type { Awaitable } from "../../src/readstore/read-store.ts";
import type { LastHeld, StandingMember } from "../../src/readstore/walks.ts";
import { arbitraryHistory } from "../projections/arbitrary-history.ts";
import { ELSEWHERE, GAP, History } from "../projections/history.ts";
import { grantsIn } from "../projections/naive-grants.ts";
import type { OpenedStore, OpenStore } from "./describe-read-store.ts";
import {
  happenedIn,
  isWithin,
  lifetimesIn,
  naiveDeadMembers,
  naiveEverMembers,
  naivePopulation,
  recordsIn,
} from "./naive-history.ts";

const RUNS = { numRuns: 30, endOnFailure: true };
const TENANTS = ["acme", ELSEWHERE, "nobody"] as const;
const TYPES = ["User", "Group", "Tenant", "Thing"] as const;
const RECORDS = ["attempt", "inspection", "assertion"] as const;

const pageSize = fc.integer({ min: 1, max: 4 });
const tenants = fc.constantFrom(...TENANTS);
/** A share of a history's places, and a step beside it: positions between those of events count as well. */
const places = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0, 1, -1));
type Place = [share: number, beside: number];

function positionIn(history: History, [share, beside]: Place): Position {
  const place = Math.round(share * history.events.length);
  return positionOf(Math.max(0, Number(history.at(place)) + beside));
}

const following = (position: Position): Position => positionOf(Number(position) + 1);

/** A stretch or window, the earlier position first. */
const stretchIn = (history: History, a: Place, b: Place): readonly [Position, Position] =>
  [positionIn(history, a), positionIn(history, b)].sort() as [Position, Position];

/** Many ask the same of a store whose every answer takes its time. */
function remembered(store: OpenedStore["store"]): Pick<OpenedStore["store"], "activityBefore"> {
  const known = new Map<string, ReturnType<OpenedStore["store"]["activityBefore"]>>();
  return {
    activityBefore(...asked) {
      const name = asked.join();
      const found = known.get(name) ?? store.activityBefore(...asked);
      known.set(name, found);
      return found;
    },
  };
}

/** All pages of a walk that goes on after the last item of the page before. */
async function walked<Item, After>(
  limit: number,
  start: After,
  page: (after: After) => Awaitable<readonly Item[]>,
  next: (last: Item) => After,
): Promise<Item[]> {
  const found: Item[] = [];
  for (let after = start; ; after = next(found.at(-1)!)) {
    const items = await page(after);
    expect(items.length).toBeLessThanOrEqual(limit);
    found.push(...items);
    if (items.length < limit) return found;
    if (found.length > 10_000) throw new Error("the walk never ends");
  }
}

/** Holds every promise of `HistoryWalks`, and of what the port answers about single events and lives. */
export function describeHistoryWalks(name: string, open: OpenStore): void {
  describe(`${name}: what happened`, () => {
    it("comes, of a tenant, a credential, a request and a type, in the order of the log", () =>
      fc.assert(
        fc.asyncProperty(
          arbitraryHistory(40),
          fc.record({
            tenant: tenants,
            actor: fc.option(fc.constantFrom("okta", "entra", "nobody"), { nil: undefined }),
            request: fc.option(fc.constantFrom("request-2", "request-5", "nothing"), { nil: undefined }),
            resourceType: fc.option(fc.constantFrom(...TYPES), { nil: undefined }),
            from: places,
            to: places,
            limit: pageSize,
          }),
          async (history, { tenant, actor, request, resourceType, limit, ...asked }) => {
            await using views = await open(history);
            const [first, until] = stretchIn(history, asked.from, asked.to);
            const found = await walked(
              limit,
              first,
              (after) => views.store.activityIn(tenant, { after, until, limit, actor, request, resourceType }),
              ({ position }) => position,
            );
            const expected = happenedIn(history, tenant)
              .filter(({ position }) => isWithin(position, first, until))
              .filter((one) => actor === undefined || one.actor === actor)
              .filter((one) => request === undefined || one.requestId === request)
              .filter((one) => resourceType === undefined || one.resourceType === resourceType);
            expect(found.map(({ paths: _, ...rest }) => rest)).toEqual(expected);
          },
        ),
        RUNS,
      ));

    it("reads the same in every walk, and at the positions themselves, in the order asked", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(), fc.integer({ min: 1, max: 7 }), async (history, size) => {
          await using views = await open(history, size);
          const { store } = views;
          const all = await store.activityIn("acme", { after: START, until: history.head, limit: 10_000 });
          const backwards = all.toReversed();
          expect(await store.activityAt(backwards.map(({ position }) => position))).toEqual(backwards);
          const of = new Map(all.map((one) => [one.position, one]));
          for (const id of [...history.users, ...history.groups])
            for (const one of await store.activityOf("acme", id, START, 1_000))
              expect(one).toEqual(of.get(one.position));
        }),
        RUNS,
      ));

    it("to one resource comes in stretches, oldest or newest first", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(), places, places, pageSize, async (history, a, b, limit) => {
          await using views = await open(history);
          const { store } = views;
          const [first, until] = stretchIn(history, a, b);
          for (const id of [...history.users, ...history.groups]) {
            const all = await store.activityOf("acme", id, START, 1_000);
            const expected = all.filter(({ position }) => isWithin(position, first, until));
            const position = (one: { readonly position: Position }) => one.position;
            expect(
              await walked(limit, first, (after) => store.activityOf("acme", id, after, limit, until), position),
            ).toEqual(expected);
            const end = following(until);
            expect(
              await walked(limit, end, (before) => store.activityBefore("acme", id, before, limit, first), position),
            ).toEqual(expected.toReversed());
          }
        }),
        RUNS,
      ));

    it("names the paths that changed: those of a large change at its completion", async () => {
      const history = new History({ gap: GAP });
      history.createTenant();
      const ada = history.createUser({ userName: "ada", title: "Dr" });
      history.changeUser(ada, { active: false });
      const team = history.createGroup({ displayName: "Team" }, [ada]);
      history.change(team, [], "completed");
      await using views = await open(history);
      const found = await views.store.activityIn("acme", { after: START, until: history.head, limit: 100 });
      expect(found.map(({ eventType, paths }) => [eventType, [...paths].sort()])).toEqual([
        ["TenantCreated", []],
        ["UserCreated", ["title", "userName"]],
        ["UserDeactivated", ["active"]],
        ["GroupCreated", ["displayName"]],
        ["GroupMembersAdded", ["members"]],
        ["GroupChangeBegun", []],
        ["GroupMembersRemoved", []],
        ["GroupChangeCompleted", ["members"]],
      ]);
    });

    it("tells the members of an event that stands alone and is short; of others the log does", async () => {
      const history = new History({ gap: GAP });
      const people = Array.from({ length: 60 }, (_, index) => history.createUser({ userName: `user ${index}` }));
      const [ada, grace] = people as [string, string];
      const team = history.createGroup({ displayName: "Team" }, [ada, grace]);
      history.change(team, [ada], "completed");
      history.createGroup({ displayName: "Everybody" }, people);
      await using views = await open(history);
      const stretch = { after: START, until: history.head, limit: 1_000, resourceType: "Group" };
      const found = await views.store.activityIn("acme", stretch);
      expect(found.map(({ eventType, told }) => [eventType, told])).toEqual([
        ["GroupCreated", {}],
        ["GroupMembersAdded", { members: [ada, grace] }],
        ["GroupChangeBegun", undefined],
        ["GroupMembersRemoved", undefined],
        ["GroupChangeCompleted", undefined],
        ["GroupCreated", {}],
        ["GroupMembersAdded", undefined],
      ]);
    });

    it("is passed over where a position has no event, or one that no read model shows", async () => {
      const history = new History({ gap: GAP });
      history.createTenant();
      history.claim();
      history.record("attempt");
      await using views = await open(history);
      const asked = [history.at(3), history.at(2), positionOf(Number(history.at(1)) + 1), history.at(1), history.at(9)];
      expect((await views.store.activityAt(asked)).map(({ position }) => position)).toEqual([history.at(1)]);
      expect(await views.store.activityAt([])).toEqual([]);
    });

    it("is counted over all tenants, whether a read model shows it or not", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(), places, places, async (history, a, b) => {
          await using views = await open(history);
          const [after, until] = stretchIn(history, a, b);
          const seen = history.events.filter(({ position }) => isWithin(position, after, until));
          expect(await views.store.eventsSeen(after, until)).toBe(seen.length);
          const before = history.events.filter(({ position }) => position <= until);
          expect(await views.store.eventsUpTo(until)).toBe(before.length);
        }),
        RUNS,
      ));
  });

  describe(`${name}: records`, () => {
    it("are found by their positions, of one tenant and kind", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(40), places, places, pageSize, async (history, a, b, limit) => {
          await using views = await open(history);
          const [first, until] = stretchIn(history, a, b);
          for (const tenant of TENANTS)
            for (const kind of RECORDS) {
              const found = await walked(
                limit,
                first,
                (after) => views.store.recordsOf(tenant, kind, after, until, limit),
                (position) => position,
              );
              const all = recordsIn(history, tenant, kind);
              expect(found).toEqual(all.filter((position) => isWithin(position, first, until)));
            }
        }),
        RUNS,
      ));
  });

  describe(`${name}: lives`, () => {
    it("come in the order of creation, also those that are over, each as it is found by its id", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(40), tenants, pageSize, async (history, tenant, limit) => {
          await using views = await open(history);
          const { store } = views;
          for (const type of ["User", "Group", "Thing"]) {
            const lives = await walked(
              limit,
              null as string | null,
              (after) => store.livesOf(tenant, type, after, limit),
              ({ id }) => id,
            );
            expect(lives).toEqual(lifetimesIn(history, tenant, type));
            for (const life of lives) expect(await store.lifetime(tenant, life.id)).toEqual(life);
          }
          expect(await store.lifetime(tenant, "no id")).toBeUndefined();
        }),
        RUNS,
      ));

    it("tell of which tenants and types there are or were resources", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(), async (history) => {
          await using views = await open(history);
          const { store } = views;
          const of = history.events.some(({ stream }) => stream.includes(`user-${ELSEWHERE}`)) ? [ELSEWHERE] : [];
          expect(await store.tenants()).toEqual(["acme", ...of]);
          for (const tenant of TENANTS)
            for (const type of ["User", "Group", "Thing"])
              expect([tenant, type, await store.population(tenant, type)]).toEqual([
                tenant,
                type,
                naivePopulation(history, tenant, type),
              ]);
        }),
        RUNS,
      ));

    it("that are over while groups still hold them are found, with what they were", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(40), async (history) => {
          await using views = await open(history);
          const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
          expect([...(await views.store.deadMembers())].sort(byId)).toEqual(naiveDeadMembers(history).sort(byId));
        }),
        RUNS,
      ));
  });

  describe(`${name}: whoever was in a group`, () => {
    it("comes once, in the order of creation, if a membership touches the window, ended by a death or not", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(50), pageSize, async (history, limit) => {
          await using views = await open(history);
          const { store } = views;
          const grants = grantsIn(history, { lives: false }).filter(({ kind }) => kind === "group");
          for (const group of [...history.groups, ...history.users.slice(0, 1), "no id"]) {
            // A window that begins or ends just where a membership does takes it in or not.
            const own = grants.filter(({ target }) => target === group);
            const ends = own.flatMap(({ from, to }) => [from, to ?? following(history.head)]);
            const edges = [...new Set([START, ...ends])].sort();
            for (const [index, from] of edges.entries()) {
              const window = { from, to: edges[index + 1] ?? following(from), groupsAlone: index % 3 === 0 };
              const { to, groupsAlone } = window;
              const found = await walked(
                limit,
                null as string | null,
                (last) => store.everMembers("acme", group, last, limit, from, to, groupsAlone),
                ({ value }) => value,
              );
              expect(found).toEqual(naiveEverMembers(history, grants, group, window));
              expect(await store.everMembers(ELSEWHERE, group, null, limit, from, to)).toEqual([]);
            }
          }
        }),
        RUNS,
      ));

    it("and is a group, is found among the members at every place", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(40), async (history) => {
          await using views = await open(history);
          const { store } = views;
          for (const group of history.groups)
            for (const asOf of [undefined, ...history.worlds.keys()].map((p) =>
              p === undefined ? p : history.at(p),
            )) {
              const members = await store.members("acme", group, null, 1_000, asOf);
              expect(await store.nestedGroups("acme", group, asOf)).toEqual(
                members.filter(({ type }) => type === "Group").map(({ value }) => value),
              );
            }
        }),
        RUNS,
      ));
  });

  describe(`${name}: many at once`, () => {
    const inAnyOrder = (members: readonly StandingMember[]) =>
      members.map(({ within, ...member }) => ({
        ...member,
        within: within.toSorted((a, b) => (a.group < b.group ? -1 : 1)),
      }));

    it("members stand as they do one by one, with the groups among those asked about that have them", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(50), places, pageSize, async (history, at, limit) => {
          await using views = await open(history);
          const { store } = views;
          const asOf = positionIn(history, at);
          const world = history.worlds[history.placeOf(asOf)] ?? history.world;
          const alive = history.groups.filter((id) => world.get(id)?.state.status === "live");
          for (const group of [...history.groups, ...history.users.slice(0, 1), "no id"]) {
            const among = alive.includes(group) ? alive.slice(alive.indexOf(group)) : [group];
            const found = await walked(
              limit,
              null as string | null,
              (last) => store.standingMembers("acme", group, among, last, limit, asOf),
              ({ value }) => value,
            );
            const expected = await oneByOne.standingMembers(store, "acme", group, among, null, 1_000, asOf);
            expect(inAnyOrder(found)).toEqual(inAnyOrder(expected));
            expect(await store.standingMembers(ELSEWHERE, group, among, null, limit, asOf)).toEqual([]);
          }
        }),
        RUNS,
      ));

    it("memberships stand since when they do one by one", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(50), places, async (history, at) => {
          await using views = await open(history);
          const asOf = positionIn(history, at);
          const world = history.worlds[history.placeOf(asOf)] ?? history.world;
          const isAlive = (id: string) => world.get(id)?.state.status === "live";
          const ids = [...history.users.filter(isAlive), ...history.groups.filter(isAlive), "no id"];
          const keys = ids.flatMap((group) => ids.map((member) => ({ group, member }))).reverse();
          const since = await views.store.lastMemberships("acme", keys, asOf);
          expect(since).toEqual(await oneByOne.lastMemberships(views.store, "acme", keys, asOf));
          expect(await views.store.lastMemberships(ELSEWHERE, keys, asOf)).toEqual(keys.map(() => null));
        }),
        RUNS,
      ));

    it("roles and entitlements stand as they do one by one", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(40), places, async (history, at) => {
          await using views = await open(history);
          const { store } = views;
          const asOf = positionIn(history, at);
          const ids = [...history.users, ...history.groups, "no id"];
          const texts = (held: ReadonlyMap<string, readonly LastHeld[]>) =>
            [...held].map(([id, all]) => [id, all.map((one) => JSON.stringify(one)).sort()] as const).sort();
          expect(texts(await store.lastHeld("acme", ids, asOf))).toEqual(
            texts(await oneByOne.lastHeld(store, "acme", ids, asOf)),
          );
          expect((await store.lastHeld("nobody", ids, asOf)).size).toBe(0);
        }),
        RUNS,
      ));

    it("lives are named as they are one by one, and the dead as they last were", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(40), places, async (history, at) => {
          await using views = await open(history);
          const { store } = views;
          const asOf = positionIn(history, at);
          const ids = [...history.users, ...history.groups, "no id"];
          expect(await store.namedLives("acme", ids, asOf)).toEqual(
            await oneByOne.namedLives(store, "acme", ids, asOf),
          );
          expect((await store.namedLives("nobody", ids, asOf)).size).toBe(0);
        }),
        RUNS,
      ));

    it("last changes of attributes are those that single walks find", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(50), places, places, async (history, a, b) => {
          await using views = await open(history);
          const { store } = views;
          const [after, until] = stretchIn(history, a, b);
          const all = await store.activityIn("acme", { after: START, until: history.head, limit: 10_000 });
          const paths = [...all.map((one) => one.paths), ["active"], ["title", "active"], []];
          const asked = [...new Map(paths.map((of) => [of.join(), of])).values()]
            .filter((of) => !of.includes("members"))
            .flatMap((of) => [...history.users, ...history.groups, "no id"].map((id) => ({ id, paths: of })));
          const expected = await oneByOne.lastChanges(remembered(store), "acme", asked, after, until);
          expect(await store.lastChanges("acme", asked, after, until)).toEqual(expected);
          expect(await store.lastChanges("nobody", asked, after, until)).toEqual(asked.map(() => null));
        }),
        RUNS,
      ));
  });

  describe(`${name}: a position between those of events`, () => {
    it("answers as that of the event before it", () =>
      fc.assert(
        fc.asyncProperty(
          arbitraryHistory().filter((history) => history.at(1) !== positionOf(1)),
          fc.nat(),
          async (history, at) => {
            await using views = await open(history);
            const { store } = views;
            const place = at % history.worlds.length;
            const [before, between] = [history.at(place), positionOf(Number(history.at(place + 1)) - 1)];
            expect(await store.effectiveAt(between)).toBe(await store.effectiveAt(before));
            for (const [id, { kind }] of history.world) {
              expect(await store.get("acme", kind, id, between)).toEqual(await store.get("acme", kind, id, before));
              expect(await store.members("acme", id, null, 100, between)).toEqual(
                await store.members("acme", id, null, 100, before),
              );
              const next = following(between);
              expect(await store.grantsOf("acme", id, between, next)).toEqual(
                await store.grantsOf("acme", id, before, following(before)),
              );
            }
          },
        ),
        RUNS,
      ));
  });
}
