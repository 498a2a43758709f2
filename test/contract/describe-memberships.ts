// What a read store promises of memberships, one by one.
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Position } from "../../src/eventlog/event-log.ts";
import type { Membership, MembershipKey, MembershipPage, MembershipWalk } from "../../src/readstore/memberships.ts";
import { mayGoOn, PAGE_LENGTH, type ReadStore } from "../../src/readstore/read-store.ts";
import { arbitraryHistory, arbitraryOperation } from "../projections/arbitrary-history.ts";
import { GAP, History, membersOf } from "../projections/history.ts";
import { grantsIn } from "../projections/naive-grants.ts";
import type { OpenStore } from "./describe-read-store.ts";

const ALL = { tenant: "acme", startIndex: 1, count: 1_000 } as const;

/** Every membership that stands at a place, by looking at who held what. */
function standing(history: History, at: Position): Membership[] {
  const world = history.worlds[history.placeOf(at)]!;
  const display = (id: string) => {
    const { attributes } = world.get(id)!.state;
    return (attributes["displayName"] as string | undefined) ?? null;
  };
  const created = [...history.users, ...history.groups].sort();
  const grants = grantsIn(history).filter(
    ({ kind, from, to }) => kind === "group" && from <= at && (to === null || to > at),
  );
  return grants
    .map(({ subject, target, from }): Membership => {
      const { envelope, revision } = history.events[history.placeOf(from) - 1]!;
      return {
        group: { value: target, display: display(target) },
        member: { value: subject, type: world.get(subject)!.kind, display: display(subject) },
        since: (JSON.parse(envelope) as { at: number }).at,
        revision,
      };
    })
    .sort(
      (a, b) =>
        created.indexOf(a.group.value) - created.indexOf(b.group.value) ||
        created.indexOf(a.member.value) - created.indexOf(b.member.value),
    );
}

const plain = ({ group, member, since, revision }: Membership): Membership => ({ group, member, since, revision });
const byText = (memberships: readonly Membership[]) => memberships.map((one) => JSON.stringify(plain(one))).sort();
const keyOf = ({ group, member }: Membership): MembershipKey => ({ group: group.value, member: member.value });

/** All pages; `after` runs after each. */
async function walked(
  store: ReadStore,
  asked: MembershipWalk,
  after: (page: MembershipPage) => void | Promise<void> = () => {},
): Promise<MembershipPage[]> {
  const pages: MembershipPage[] = [];
  for (let walk = asked; ; ) {
    const page = await store.walkMemberships(walk);
    pages.push(page);
    await after(page);
    if (page.next === undefined) return pages;
    if (pages.length > 500) throw new Error("the walk never ends");
    walk = { ...asked, asOf: page.position, after: page.next };
  }
}

/** A whole list, page after page. */
const walk = async (store: ReadStore, asked: MembershipWalk): Promise<Membership[]> =>
  (await walked(store, asked)).flatMap(({ memberships }) => memberships);

const erasedIn = (history: History): Set<string> => new Set(history.users.filter((id) => history.user(id).erased));

const walkAsked = fc.record({
  by: fc.constantFrom<readonly ("group" | "member")[]>([], ["group"], ["member"], ["group", "member"]),
  pick: fc.nat(),
  count: fc.integer({ min: 1, max: 4 }),
  place: fc.option(fc.nat(), { nil: undefined, freq: 4 }),
  writes: fc.array(fc.array(arbitraryOperation, { maxLength: 3 }), { maxLength: 8 }),
});

export function describeMemberships(name: string, open: OpenStore): void {
  describe(`${name}: memberships one by one`, () => {
    it("are at every place, by group, by member and by both, what a fold from the first event says", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(50), fc.nat(), fc.integer({ min: 1, max: 3 }), async (history, a, size) => {
          await using views = await open(history);
          const { store } = views;
          for (const asOf of [history.at(a % history.worlds.length), history.head]) {
            const expected = standing(history, asOf);
            const at = asOf === history.head ? {} : { asOf };
            const everything = await store.memberships({ ...ALL, ...at });
            expect(everything.total).toBe(expected.length);
            expect(byText(everything.memberships)).toEqual(byText(expected));
            for (const id of [...history.users, ...history.groups]) {
              for (const by of ["group", "member"] as const) {
                const answer = await store.memberships({ ...ALL, ...at, [by]: id });
                const own = expected.filter((one) => one[by].value === id);
                expect([answer.total, byText(answer.memberships)]).toEqual([own.length, byText(own)]);
                const { memberships } = answer;
                const scope = { tenant: "acme", ...at, [by]: id, count: size };
                expect(await walk(store, scope)).toEqual(memberships);
                const window = await store.memberships({ ...scope, startIndex: size });
                expect(window).toEqual({ total: own.length, memberships: memberships.slice(size - 1, 2 * size - 1) });
              }
            }
            expect(await walk(store, { tenant: "acme", ...at, count: size })).toEqual(everything.memberships);
            for (const one of expected) {
              const { group, member } = keyOf(one);
              expect(plain((await store.membership("acme", group, member, at.asOf))!)).toEqual(one);
              const both = await store.memberships({ ...ALL, ...at, group, member });
              expect([both.total, both.memberships.map(plain)]).toEqual([1, [one]]);
            }
          }
        }),
        { numRuns: 20 },
      ));

    it("are walked as they were at the first page, each once, while others write and people are erased", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(40), walkAsked, async (history, asked) => {
          await using views = await open(history);
          const place = asked.place === undefined ? history.worlds.length - 1 : asked.place % history.worlds.length;
          const position = history.at(place);
          const ids = { group: history.groups, member: [...history.users, ...history.groups] };
          const scope = Object.fromEntries(
            asked.by.map((by) => [by, ids[by][asked.pick % ids[by].length] ?? "nobody"]),
          );
          const isAsked = (one: Membership) => asked.by.every((by) => one[by].value === scope[by]);
          const expected = standing(history, position).filter(isAsked);
          const erasedBefore = erasedIn(history);
          const writes = [...asked.writes];
          const asOf = asked.place === undefined ? {} : { asOf: position };
          const query = { tenant: "acme", ...scope, count: asked.count, ...asOf };
          const pages = await walked(views.store, query, async (page) => {
            expect(page.position).toBe(position);
            expect(page.memberships.length).toBeLessThanOrEqual(asked.count);
            for (const { group, member, since, revision } of page.memberships)
              expect(await views.store.membership("acme", group.value, member.value, position)).toMatchObject({
                group,
                member,
                since,
                revision,
              });
            for (const operation of writes.shift() ?? []) operation(history);
            await views.catchUp();
          });
          const gone = erasedIn(history).difference(erasedBefore);
          const isThere = ({ member }: MembershipKey): boolean => !gone.has(member);
          const [found, all] = [pages.flatMap(({ memberships }) => memberships).map(keyOf), expected.map(keyOf)];
          expect(found.filter(isThere)).toEqual(all.filter(isThere));
          expect(all.filter((one) => found.some((other) => isDeepStrictEqual(one, other)))).toEqual(found);
          expect(pages.map(({ total }) => total)).toEqual([all.length, ...pages.slice(1).map(() => undefined)]);
        }),
        { numRuns: 100, endOnFailure: true },
      ));

    it("are walked on where the last of a page has ended, died or was erased, and leave out who was erased since", async () => {
      const history = new History({ gap: GAP });
      const users = ["a", "b", "c", "d", "e", "f", "g"].map((userName) => history.createUser({ userName }));
      history.erase(users[5]!);
      const team = history.createGroup({ displayName: "Team" }, users);
      await using views = await open(history);
      const endings = [
        () => history.remove(team, [users[0]!]),
        () => history.deleteUser(users[1]!),
        () => history.erase(users[2]!),
        () => history.erase(users[4]!),
        () => history.deleteGroup(team),
      ];
      const pages = await walked(views.store, { tenant: "acme", group: team, count: 1 }, async () => {
        endings.shift()?.();
        await views.catchUp();
      });
      const seen = pages.flatMap(({ memberships }) => memberships.map(({ member }) => member.value));
      expect(seen).toEqual(users.filter((id) => id !== users[4]));
    });

    it("are counted without a page, and a walk of none ends at once", async () => {
      const history = new History({ gap: GAP });
      const team = history.createGroup({ displayName: "Team" }, [history.createUser({ userName: "ada" })]);
      await using views = await open(history);
      const { head: position } = history;
      const none = { position, memberships: [], total: 0 };
      const asked = { tenant: "acme", count: 5 };
      expect(await views.store.walkMemberships({ ...asked, group: team, count: 0 })).toEqual({ ...none, total: 1 });
      for (const query of [{ tenant: "other" }, { group: "nothing" }, { member: "nobody" }, { member: team }])
        expect(await views.store.walkMemberships({ ...asked, ...query })).toEqual(none);
    });

    it("are those that the members of a group show, with the version of the group at that instant", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(), async (history) => {
          await using views = await open(history);
          for (const group of history.groups) {
            const known = history.world.get(group)!;
            const alive = known.kind === "Group" && history.isLive(group) ? membersOf(history.world, known) : [];
            const { memberships } = await views.store.memberships({ ...ALL, group });
            expect(memberships.map(({ member }) => member)).toEqual(
              await views.store.members("acme", group, null, 1_000),
            );
            expect(memberships.length).toBe(alive.length);
            for (const { member } of memberships)
              expect(await views.store.membership("acme", group, member.value)).toMatchObject({
                groupVersion: history.group(group).version,
              });
          }
        }),
        { numRuns: 20 },
      ));

    it("of the dead, of another tenant and of ids that nothing has are none", async () => {
      const history = new History({ gap: GAP });
      const [ada, bob] = [history.createUser({ userName: "ada" }), history.createUser({ userName: "bob" })];
      const team = history.createGroup({ displayName: "Team" }, [ada, bob]);
      history.deleteUser(bob);
      await using views = await open(history);
      const { store } = views;
      expect(await store.membership("acme", team, bob)).toBeUndefined();
      expect(await store.membership("acme", team, bob, history.at(4))).toMatchObject({ member: { value: bob } });
      expect(await store.membership("other", team, ada)).toBeUndefined();
      expect(await store.membership("acme", ada, team)).toBeUndefined();
      for (const query of [{ tenant: "other" }, { group: "nothing" }, { member: "nobody" }, { group: ada }])
        expect(await store.memberships({ ...ALL, ...query })).toEqual({ total: 0, memberships: [] });
      expect(await store.memberships({ ...ALL, count: 0 })).toEqual({ total: 1, memberships: [] });
    });

    it("with names as long as a request come a few at a time, and all of them in the end", async () => {
      const history = new History({ gap: GAP });
      const users = Array.from({ length: 5 }, (_, i) => history.createUser({ userName: `user${i}` }));
      const team = history.createGroup({ displayName: "x".repeat(PAGE_LENGTH * 0.6) }, users);
      await using views = await open(history);
      const query = { tenant: "acme", group: team, count: 1_000 };
      const page = await views.store.memberships({ ...query, startIndex: 1 });
      expect([page.total, page.memberships.length]).toEqual([5, 1]);
      expect((await walk(views.store, query)).map(({ member }) => member.value)).toEqual(users);
    });

    it("of a group whose members have long names come a few at a time too, and all of them in the end", async () => {
      const history = new History({ gap: GAP });
      const long = (i: number) => ({ userName: `user${i}`, displayName: "x".repeat(PAGE_LENGTH * 0.3) });
      const users = Array.from({ length: 9 }, (_, i) => history.createUser(long(i)));
      const team = history.createGroup({ displayName: "Team" }, users);
      await using views = await open(history);
      const seen: string[] = [];
      for (let after: string | null = null, more = true; more; after = seen.at(-1)!) {
        const page = await views.store.members("acme", team, after, 1_000);
        expect(page.length).toBeLessThan(5);
        seen.push(...page.map(({ value }) => value));
        more = mayGoOn(page, 1_000);
      }
      expect(seen).toEqual(users);
    });
  });
}
