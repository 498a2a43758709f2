// Text that becomes longer on its way into a query.
import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { queryOf } from "../../../src/readstore/mongodb/lists/filter-query.ts";
import { literally } from "../../../src/readstore/mongodb/lists/text-query.ts";
import { FILTER_LIMITS, LONGEST_TEXT } from "../../../src/scim/filter/limits.ts";
import { userType } from "../../../src/scim/schema/resource-types.ts";
import { parseFilterLeniently } from "../../scim/reading.ts";
import { describeOnMongo } from "../../support/mongodb.ts";

/** Bytes of the longest regular expression that MongoDB takes. */
const LONGEST_EXPRESSION = 32_764;
/** As it is compared: `\ufb2c` is three signs of six bytes then. */
const bytesOf = (text: string): number => Buffer.byteLength(text.toLowerCase().normalize("NFC"));

/** As often as a filter may hold it, and a text of it. */
const longest = (unit: string): string => {
  const inFilter = (FILTER_LIMITS.length - 50) / JSON.stringify(unit).slice(1, -1).length;
  return unit.repeat(Math.floor(Math.min(inFilter, LONGEST_TEXT / bytesOf(unit))));
};

/** Of the longest filter that the settings allow. */
const LONGEST_FILTER = 16_384;

it("every text that a filter may hold fits into an expression", () =>
  fc.assert(
    fc.property(fc.nat(2_700), fc.nat(5_300), (zeros, wide) => {
      const others = "\0".repeat(zeros) + "\u6f22".repeat(wide);
      const left = Math.min(LONGEST_FILTER - 6 * zeros - wide, LONGEST_TEXT - Buffer.byteLength(others));
      const text = others + "-".repeat(Math.max(left, 0));
      fc.pre(left >= 0);
      expect(Buffer.byteLength(`${literally(text)}\\z`)).toBeLessThanOrEqual(LONGEST_EXPRESSION);
    }),
  ));

describeOnMongo("a text as long as a filter may hold", ({ database, newGeneration }) => {
  it.each(["\u007f", "-", "\n", "\u6f22", "\u0130", "\ufb2c", "😀"])("of %j is found", async (unit) => {
    const stored = database.collection<{ _id: number }>(`${newGeneration()}.texts`);
    const filters = ["co", "ew"].map((operator) =>
      parseFilterLeniently(userType, `displayName ${operator} ${JSON.stringify(longest(unit))}`),
    );
    const [value] = filters.map((filter) => (filter.kind === "compare" ? filter.value : ""));
    await stored.insertOne({ _id: 1, ix: { displayName: `x${value}` } } as never);
    for (const filter of filters) expect(await stored.countDocuments(queryOf(filter) as never)).toBe(1);
  });
});
