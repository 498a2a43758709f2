// The promises of sorted lists, and of lists over several types.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { TypeQuery } from "../../src/readstore/read-store.ts";
import { pathsOf, resolvePath } from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { arbitraryHistory } from "../projections/arbitrary-history.ts";
import { GAP, History } from "../projections/history.ts";
import { arbitraryFilterText } from "../scim/arbitraries.ts";
import { parseFilterOver } from "../scim/reading.ts";
import type { OpenStore } from "./describe-read-store.ts";
import { creationOrder, listIn } from "./naive-list.ts";

const types = [userType, groupType];
const ALL = { tenant: "acme", startIndex: 1, count: 1_000 } as const;
const directions = fc.constantFrom("ascending" as const, "descending" as const);
const sortablePaths = types.flatMap((type) =>
  pathsOf(type).flatMap((path) =>
    (path.sub ?? path.attribute).type !== "complex" && path.attribute.name !== "password" ? [{ type, path }] : [],
  ),
);

/** What a text asks of each type; those left out of which nothing can match. */
export const askedOver = (text: string): TypeQuery[] =>
  parseFilterOver(types, text).flatMap(({ type, filter }) =>
    filter === false ? [] : [filter === true ? { type } : { type, filter }],
  );

export const anyFilterText = fc.oneof(
  arbitraryFilterText(userType, pathsOf(userType)),
  arbitraryFilterText(groupType, pathsOf(groupType)),
  fc.constantFrom('meta.resourceType eq "Group"', 'meta.resourceType ne "Group" or members pr', "id pr"),
);

const idsOf = (resources: readonly { readonly id: string }[]): string[] => resources.map(({ id }) => id);

export function describeLists(name: string, open: OpenStore): void {
  describe(`${name}: a sorted list`, () => {
    it("is in the order of any path, now and as of any place: primary element first, nothing last, equals as created", () =>
      fc.assert(
        fc.asyncProperty(
          arbitraryHistory(),
          fc.array(fc.tuple(fc.constantFrom(...sortablePaths), directions, fc.nat()), { minLength: 8, maxLength: 8 }),
          async (history, asked) => {
            await using views = await open(history);
            const order = creationOrder(history);
            for (const [{ type, path }, sort, place] of asked) {
              const of = [{ type, sortBy: path }];
              const now = await views.store.query({ ...ALL, of, sort });
              expect([path.text, sort, idsOf(now.resources)]).toEqual([
                path.text,
                sort,
                listIn(history.world, order, of, sort),
              ]);
              const past = place % history.worlds.length;
              const then = await views.store.query({ ...ALL, of, sort, asOf: history.at(past) });
              expect([path.text, past, idsOf(then.resources)]).toEqual([
                path.text,
                past,
                listIn(history.worlds[past]!, order, of, sort),
              ]);
            }
          },
        ),
        { numRuns: 30, endOnFailure: true },
      ));

    it("compares instants as instants, whatever their texts", async () => {
      const history = new History({ gap: GAP });
      const ids = Array.from({ length: 12 }, (_, index) => history.createUser({ userName: `user ${index}` }));
      await using views = await open(history);
      const sortBy = resolvePath(userType, "meta.created")!;
      const created = (id: string): number => history.user(id).createdAt;
      const { resources } = await views.store.query({ ...ALL, of: [{ type: userType, sortBy }], sort: "descending" });
      expect(idsOf(resources)).toEqual(ids.toSorted((a, b) => created(b) - created(a)));
    });
  });

  describe(`${name}: a list over several types`, () => {
    it("is one list: filtered, sorted, counted and windowed as one", () =>
      fc.assert(
        fc.asyncProperty(
          arbitraryHistory(),
          fc.array(
            fc.record({
              text: fc.option(anyFilterText, { nil: undefined }),
              sortBy: fc.option(fc.constantFrom("id", "displayName", "userName", "meta.lastModified", "externalId"), {
                nil: undefined,
              }),
              sort: directions,
              startIndex: fc.integer({ min: 1, max: 6 }),
              count: fc.integer({ min: 0, max: 6 }),
              place: fc.option(fc.nat(), { nil: undefined }),
            }),
            { minLength: 8, maxLength: 8 },
          ),
          async (history, questions) => {
            await using views = await open(history);
            const order = creationOrder(history);
            for (const { text, sortBy, sort, startIndex, count, place } of questions) {
              const found = text === undefined ? types.map((type) => ({ type })) : askedOver(text);
              const of = found.map((asked): TypeQuery => {
                const path = sortBy === undefined ? undefined : resolvePath(asked.type, sortBy);
                return path === undefined ? asked : { ...asked, sortBy: path };
              });
              const past = place === undefined ? undefined : place % history.worlds.length;
              const world = past === undefined ? history.world : history.worlds[past]!;
              const sorted = sortBy === undefined ? {} : { sort };
              const asOf = past === undefined ? {} : { asOf: history.at(past) };
              const answer = await views.store.query({ tenant: "acme", of, startIndex, count, ...sorted, ...asOf });
              const expected = listIn(world, order, of, sorted.sort);
              expect([text, sortBy, sort, past, answer.total, idsOf(answer.resources)]).toEqual([
                text,
                sortBy,
                sort,
                past,
                expected.length,
                expected.slice(startIndex - 1, startIndex - 1 + count),
              ]);
            }
          },
        ),
        { numRuns: 30, endOnFailure: true },
      ));
  });
}
