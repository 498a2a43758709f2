// Text that becomes much longer on its way into a query.
import { expect, it } from "@jest/globals";
import { queryOf } from "../../../src/readstore/mongodb/filter-query.ts";
import { testOf, testOfExpression } from "../../../src/readstore/mongodb/text-query.ts";
import { FILTER_LIMITS } from "../../../src/scim/filter/limits.ts";
import { userType } from "../../../src/scim/schema/resource-types.ts";
import { parseFilterLeniently } from "../../scim/reading.ts";
import { describeOnMongo } from "../../support/mongodb.ts";

const longest = (unit: string): string => unit.repeat(Math.floor((FILTER_LIMITS.length - 50) / unit.length));

it.each(["co", "ew"] as const)("“%s” with a text that no expression holds is refused, and says so", (operator) => {
  // In its comparable form this one letter is three signs, of six bytes.
  const filter = parseFilterLeniently(userType, `userName ${operator} "${longest("\ufb2c")}"`);
  const refused = { scimType: "invalidFilter", message: expect.stringContaining("too long") };
  expect(() => queryOf(filter)).toThrow(expect.objectContaining(refused));
  expect(() => testOf(operator, longest("\ufb2c").normalize("NFC"))).toThrow(expect.objectContaining(refused));
});

it("“ew” with such a text is refused of a computed one too", () => {
  expect(() => testOfExpression("ew", {}, longest("\ufb2c").normalize("NFC"))).toThrow("too long");
});

describeOnMongo("a text as long as a filter may hold", ({ database, newGeneration }) => {
  it.each(["\u007f", "-", "\u6f22", "\u0130", "😀"])("of %j is found", async (unit) => {
    const stored = database.collection<{ _id: number }>(`${newGeneration()}.texts`);
    const filters = ["co", "ew"].map((operator) =>
      parseFilterLeniently(userType, `displayName ${operator} "${longest(unit)}"`),
    );
    const [value] = filters.map((filter) => (filter.kind === "compare" ? filter.value : ""));
    await stored.insertOne({ _id: 1, ix: { displayName: `x${value}` } } as never);
    for (const filter of filters) expect(await stored.countDocuments(queryOf(filter) as never)).toBe(1);
  });
});
