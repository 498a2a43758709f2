// A filter as a query means what the evaluator says, whatever stands in a document and whatever a client writes.
import { expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { indexedPathsOf } from "../../../src/readstore/indexed-paths.ts";
import { queryOf } from "../../../src/readstore/mongodb/lists/filter-query.ts";
import { wayInto } from "../../../src/readstore/mongodb/lists/key-query.ts";
import { keyOf, storedShadow } from "../../../src/readstore/mongodb/shadow-names.ts";
import { matches } from "../../../src/scim/filter/evaluate.ts";
import { isObject, type Json, type JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { pathsOf } from "../../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../../src/scim/schema/resource-types.ts";
import { shadowOf } from "../../../src/scim/shadow.ts";
import { arbitraryFilterText, arbitraryGroup, arbitraryUser, computedPaths } from "../../scim/arbitraries.ts";
import { parseFilterLeniently } from "../../scim/reading.ts";
import { describeOnMongo } from "../../support/mongodb.ts";

jest.setTimeout(60_000);

/** What stands elsewhere than in the shadow. */
const isElsewhere = (text: string): boolean =>
  computedPaths.has(text) || /^(id|schemas|meta|members)(\.|$)/.test(text) || text.endsWith(":manager");

const kinds = [
  { type: userType, resource: arbitraryUser },
  { type: groupType, resource: arbitraryGroup },
];

const valuesAt = (value: Json | undefined, sub: string | undefined): Json[] => {
  if (value === undefined) return [];
  const elements = Array.isArray(value) ? value : [value];
  return sub === undefined ? elements : elements.flatMap((one) => (isObject(one) ? (one[sub] ?? []) : []));
};

const keysOf = (type: ResourceType, shadow: JsonObject): string[] =>
  indexedPathsOf(type).flatMap(({ text, container, attribute, sub }) => {
    const holder = container === undefined ? shadow : shadow[container];
    return isObject(holder) ? valuesAt(holder[attribute], sub).map((value) => keyOf(text, String(value))) : [];
  });

describeOnMongo("a filter as a query of MongoDB", ({ database, newGeneration }) => {
  for (const { type, resource } of kinds)
    it(`is true of the same documents as the evaluator, of every ${type.name}, and its way in finds all of them`, async () => {
      const paths = pathsOf(type).filter(({ text }) => !isElsewhere(text));
      const stored = database.collection<{ _id: number }>(`${newGeneration()}.filtered`);
      await fc.assert(
        fc.asyncProperty(
          fc.array(resource, { minLength: 20, maxLength: 40 }),
          fc.array(arbitraryFilterText(type, paths), { minLength: 20, maxLength: 20 }),
          async (resources, texts) => {
            await stored.deleteMany({});
            await stored.insertMany(
              resources.map((one, _id) => {
                const shadow = shadowOf(type, one);
                return { _id, ix: storedShadow(shadow), keys: keysOf(type, shadow) };
              }),
            );
            for (const text of texts) {
              const filter = parseFilterLeniently(type, text);
              const expected = [...resources.keys()].filter((index) => matches(filter, resources[index]!));
              const found = await stored.find(queryOf(filter) as never, { sort: { _id: 1 } }).toArray();
              expect([text, found.map(({ _id }) => _id)]).toEqual([text, expected]);
              const way = wayInto(filter, type);
              if (way === undefined) continue;
              const candidates = await stored.find(way.query as never, { projection: { _id: 1 } }).toArray();
              const named = new Set(candidates.map(({ _id }) => _id));
              expect([text, expected.filter((index) => !named.has(index))]).toEqual([text, []]);
            }
          },
        ),
        { numRuns: 15, endOnFailure: true },
      );
    });
});
