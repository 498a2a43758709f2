// A shadow is stored under names that MongoDB's query paths reach, and comes back as it was.
import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { originalShadow, storedShadow } from "../../../src/readstore/mongodb/shadow-names.ts";
import type { JsonObject } from "../../../src/scim/json.ts";

const name = fc.oneof(
  fc.constantFrom(
    "userName",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "$ref",
    "a.$b..$$",
    "__proto__",
  ),
  fc.string({ maxLength: 4 }).filter((text) => !/[\uff0e\uff04]/u.test(text)),
);
const { shadow } = fc.letrec<{ shadow: JsonObject; value: unknown }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, fc.constantFrom("x", 1, true, null), tie("shadow"), fc.array(tie("value"))),
  shadow: fc.dictionary(name, tie("value"), { maxKeys: 4, noNullPrototype: true }) as fc.Arbitrary<JsonObject>,
}));

const namesIn = (value: unknown): string[] =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) => [...(Array.isArray(value) ? [] : [key]), ...namesIn(inner)]);

it("every shadow comes back from its stored form, names in the same order, and no stored name has a dot or a dollar", () =>
  fc.assert(
    fc.property(shadow, (own) => {
      const before = JSON.stringify(own);
      const stored = storedShadow(own);
      expect(namesIn(stored).filter((stands) => /[.$]/u.test(stands))).toEqual([]);
      expect(JSON.stringify(originalShadow(stored))).toBe(before);
      expect(JSON.stringify(own)).toBe(before);
    }),
  ));

it("what has no name to change is not copied", () => {
  const plain = { userName: "ada", emails: [{ value: "a.b$c" }] };
  expect(storedShadow(plain)).toBe(plain);
  expect(originalShadow(plain)).toBe(plain);
});
