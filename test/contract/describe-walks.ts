// The promises of walks: pinned to where they began, whatever is written while they go on.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { ReadResource, ReadStore, TypeQuery, Walk, WalkPage } from "../../src/readstore/read-store.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import { resolvePath } from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { arbitraryHistory, arbitraryOperation } from "../projections/arbitrary-history.ts";
import { GAP, History } from "../projections/history.ts";
import { anyFilterText, askedOver } from "./describe-lists.ts";
import type { OpenStore } from "./describe-read-store.ts";
import { creationOrder, listIn } from "./naive-list.ts";

const types = [userType, groupType];
const sortBys = ["userName", "displayName", "externalId", "emails", "meta.created", "active", "groups.display", "id"];

/** All pages; `after` runs after each. */
async function walked(
  store: ReadStore,
  walk: Walk,
  after: (page: WalkPage) => void | Promise<void> = () => {},
): Promise<WalkPage[]> {
  const pages: WalkPage[] = [];
  for (let asked = walk; ; ) {
    const page = await store.walk(asked);
    pages.push(page);
    await after(page);
    if (page.next === undefined) return pages;
    if (pages.length > 500) throw new Error("the walk never ends");
    asked = { ...walk, asOf: page.position, after: page.next };
  }
}

const idsOf = (pages: readonly WalkPage[]): string[] =>
  pages.flatMap(({ resources }) => resources.map(({ id }: ReadResource) => id));

/** All that a client sees; the revision is for commands, which read no past. */
const shown = (resource: ReadResource | undefined) => resource && { ...resource, revision: 0 };

const question = fc.record({
  text: fc.option(anyFilterText, { nil: undefined }),
  sortBy: fc.option(fc.constantFrom(...sortBys), { nil: undefined }),
  sort: fc.constantFrom("ascending" as const, "descending" as const),
  count: fc.integer({ min: 1, max: 4 }),
  place: fc.option(fc.nat(), { nil: undefined, freq: 4 }),
  writes: fc.array(fc.array(arbitraryOperation, { maxLength: 3 }), { maxLength: 8 }),
});

export function describeWalks(name: string, open: OpenStore): void {
  describe(`${name}: a walk`, () => {
    it("is the list as it was at the first page, each resource once, while others write and people are erased", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(), question, async (history, asked) => {
          await using views = await open(history);
          const { store } = views;
          const order = creationOrder(history);
          const of = (asked.text === undefined ? types.map((type) => ({ type })) : askedOver(asked.text)).map(
            (one): TypeQuery => {
              const path = asked.sortBy === undefined ? undefined : resolvePath(one.type, asked.sortBy);
              return path === undefined ? one : { ...one, sortBy: path };
            },
          );
          const place = asked.place === undefined ? history.worlds.length - 1 : asked.place % history.worlds.length;
          const sorted = asked.sortBy === undefined ? {} : { sort: asked.sort };
          const expected = listIn(history.worlds[place]!, order, of, sorted.sort);
          const erasedBefore = erased(history);
          const writes = [...asked.writes];
          const walk: Walk = {
            tenant: "acme",
            of,
            count: asked.count,
            ...sorted,
            ...(asked.place === undefined ? {} : { asOf: history.at(place) }),
          };
          let pages: WalkPage[];
          try {
            pages = await walked(store, walk, async ({ position, resources }) => {
              expect(position).toBe(history.at(place));
              expect(resources.length).toBeLessThanOrEqual(asked.count);
              for (const resource of resources)
                expect(shown(resource)).toEqual(shown(await store.get("acme", resource.type, resource.id, position)));
              for (const operation of writes.shift() ?? []) operation(history);
              await views.catchUp();
            });
          } catch (error) {
            expect(error).toMatchObject({ status: 400, scimType: "expiredCursor" });
            expect(erased(history).size).toBeGreaterThan(erasedBefore.size);
            return;
          }
          const gone = erased(history).difference(erasedBefore);
          const isThere = (id: string): boolean => !gone.has(id);
          const ids = idsOf(pages);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.filter(isThere)).toEqual(expected.filter(isThere));
          expect(expected.filter((id) => ids.includes(id))).toEqual(ids);
          expect(pages.map(({ total }) => total)).toEqual([expected.length, ...pages.slice(1).map(() => undefined)]);
        }),
        { numRuns: 80, endOnFailure: true },
      ));

    it("goes on where the last resource of a page was erased", async () => {
      for (const sort of ["ascending", "descending"] as const) {
        const history = new History({ gap: GAP });
        const ids = ["a", "b", "c", "d", "e", "f"].map((userName) => history.createUser({ userName }));
        await using views = await open(history);
        const sortBy = resolvePath(userType, "userName")!;
        const walk: Walk = { tenant: "acme", of: [{ type: userType, sortBy }], sort, count: 2 };
        const pages = await walked(views.store, walk, async ({ resources }) => {
          if (resources.length > 0) history.erase(resources.at(-1)!.id);
          await views.catchUp();
        });
        const expected = sort === "ascending" ? ids : ids.toReversed();
        expect(idsOf(pages)).toEqual(expected);
      }
    });

    it("ends, rather than leave anybody out, where it rests on the name of somebody who is erased", async () => {
      const history = new History({ gap: GAP });
      const boss = history.createUser({ userName: "boss", displayName: "The Boss" });
      const urn = userType.extensions[0]!.schema.id;
      for (const userName of ["a", "b"]) history.createUser({ userName, [urn]: { manager: { value: boss } } });
      await using views = await open(history);
      const path = resolvePath(userType, `${urn}:manager.displayName`)!;
      const filter = parseFilter(userType, 'manager.displayName eq "the boss"');
      const asked: Walk[] = [
        { tenant: "acme", of: [{ type: userType, sortBy: path }], sort: "ascending", count: 1 },
        { tenant: "acme", of: [{ type: userType, filter }], count: 1 },
      ];
      const pages = await Promise.all(asked.map((walk) => views.store.walk(walk)));
      history.erase(boss);
      await views.catchUp();
      for (const [index, walk] of asked.entries()) {
        const { position: asOf, next } = pages[index]!;
        const rest = (async () => views.store.walk({ ...walk, asOf, after: next! }))();
        await expect(rest).rejects.toMatchObject({ status: 400, scimType: "expiredCursor" });
      }
    });

    it("leaves out who was erased since, and keeps who had been erased before", async () => {
      const history = new History({ gap: GAP });
      const [before, since, other] = ["a", "b", "c"].map((userName) => history.createUser({ userName }));
      history.erase(before!);
      await using views = await open(history);
      const first = await views.store.walk({ tenant: "acme", of: [{ type: userType }], count: 1 });
      expect(idsOf([first])).toEqual([before]);
      history.erase(since!);
      await views.catchUp();
      const rest = { tenant: "acme", of: [{ type: userType }], count: 10, asOf: first.position, after: first.next! };
      expect(idsOf([await views.store.walk(rest)])).toEqual([other]);
    });

    it("counts without a page, and ends at once where nothing is", async () => {
      const history = new History({ gap: GAP });
      for (const userName of ["a", "b"]) history.createUser({ userName });
      await using views = await open(history);
      const { store } = views;
      const none = { position: history.head, resources: [] };
      expect(await store.walk({ tenant: "acme", of: [{ type: userType }], count: 0 })).toEqual({ ...none, total: 2 });
      expect(await store.walk({ tenant: "acme", of: [{ type: groupType }], count: 5 })).toEqual({ ...none, total: 0 });
      expect(await store.walk({ tenant: "other", of: [{ type: userType }], count: 5 })).toEqual({ ...none, total: 0 });
      expect(await store.walk({ tenant: "acme", of: [], count: 5 })).toEqual({ ...none, total: 0 });
    });

    it("says how many erased subjects its filter could not test", async () => {
      const history = new History({ gap: GAP });
      const [ada] = ["ada", "bob"].map((userName) => history.createUser({ userName }));
      history.erase(ada!);
      await using views = await open(history);
      const of = [{ type: userType, filter: parseFilter(userType, 'userName ne "eve"') }];
      expect(await views.store.walk({ tenant: "acme", of, count: 5 })).toMatchObject({ total: 1, untested: 1 });
    });
  });
}

const erased = (history: History): Set<string> => new Set(history.users.filter((id) => history.user(id).erased));
