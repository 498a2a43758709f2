// A walk in the order of names is that of its first page, to whichever side, with equal names and erased ones among them.
import { expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { positionOf } from "../../../src/eventlog/event-log.ts";
import type { ReadStore, Walk, WalkPage } from "../../../src/readstore/read-store.ts";
import { parseFilter } from "../../../src/scim/filter/parse.ts";
import { resolvePath } from "../../../src/scim/schema/lookup.ts";
import { userType } from "../../../src/scim/schema/resource-types.ts";
import { creationOrder, listIn } from "../../contract/naive-list.ts";
import { History } from "../../projections/history.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { openIn } from "./opened.ts";

jest.setTimeout(120_000);

const NAMES = ["a", "b", "c", "d", "\u{10ffff}", "\ue000", "x\u0000y"];
const sortBy = resolvePath(userType, "userName")!;
const FILTERS = [undefined, "active eq true", 'userName gt "a"', 'userName sw "b" or title pr'];

const change = fc.record({
  kind: fc.constantFrom("rename" as const, "erase" as const, "delete" as const, "create" as const),
  at: fc.nat(),
  name: fc.constantFrom(...NAMES),
});

/** Undefined where all that the walk remembers of the page before was erased. */
async function pageOf(store: ReadStore, walk: Walk): Promise<WalkPage | undefined> {
  try {
    return await store.walk(walk);
  } catch (error) {
    expect(error).toMatchObject({ scimType: "expiredCursor" });
    return undefined;
  }
}

describeOnMongo("a walk in the order of names", (mongo) => {
  const open = openIn(mongo);

  it("tells each once, in the order of its first page, whatever is written meanwhile", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 14 }),
        fc.array(change, { maxLength: 4 }),
        fc.array(fc.array(change, { maxLength: 2 }), { maxLength: 8 }),
        fc.record({
          sort: fc.constantFrom("ascending" as const, "descending" as const),
          count: fc.integer({ min: 1, max: 4 }),
          text: fc.constantFrom(...FILTERS),
        }),
        async (names, before, between, { sort, count, text }) => {
          const history = new History();
          const ids = names.map((userName) => history.createUser({ userName, active: userName !== "c" }));
          const erased = new Set<string>();
          const apply = ({ kind, at, name }: (typeof before)[number]): void => {
            const id = ids[at % ids.length]!;
            const isLive = history.user(id).status === "live";
            if (kind === "create") ids.push(history.createUser({ userName: name }));
            else if (kind === "erase") {
              if (!erased.has(id)) history.erase(id);
              erased.add(id);
            } else if (isLive && !erased.has(id)) {
              if (kind === "delete") history.deleteUser(id);
              else history.changeUser(id, { userName: name });
            }
          };
          before.forEach(apply);
          await using views = await open(history);
          const place = history.worlds.length - 1;
          const filter = text === undefined ? {} : { filter: parseFilter(userType, text) };
          const of = [{ type: userType, sortBy, ...filter }];
          const expected = listIn(history.worlds[place]!, creationOrder(history), of, sort);
          const erasedBefore = new Set(erased);
          const found: string[] = [];
          const writes = [...between];
          for (let walk: Walk = { tenant: "acme", of, sort, count }; ; ) {
            const page = await pageOf(views.store, walk);
            if (page === undefined) {
              expect(erased.size).toBeGreaterThan(erasedBefore.size);
              return;
            }
            expect(page.position).toBe(positionOf(place));
            found.push(...page.resources.map(({ id }) => id));
            if (page.next === undefined) break;
            for (const each of writes.shift() ?? []) apply(each);
            await views.catchUp();
            walk = { ...walk, asOf: page.position, after: page.next };
          }
          const isThere = (id: string): boolean => erasedBefore.has(id) || !erased.has(id);
          expect(found.filter(isThere)).toEqual(expected.filter(isThere));
          expect(new Set(found).size).toBe(found.length);
        },
      ),
      { numRuns: 40, endOnFailure: true },
    ));
});
