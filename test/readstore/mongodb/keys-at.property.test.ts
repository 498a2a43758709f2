import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { keysAt } from "../../../src/readstore/mongodb/reading/keys-at.ts";
import { keyOf } from "../../../src/readstore/mongodb/shadow-names.ts";

/** What stands after each place, as sets of `path value`. */
const arbitraryStanding = fc
  .array(fc.uniqueArray(fc.constantFrom("userName a", "userName b", "emails.value a", "emails.value \ud800")), {
    minLength: 1,
    maxLength: 8,
  })
  .map((sets) => sets.map((set) => new Set(set)));

const change = (open: boolean, text: string, place: number) => {
  const [path = "", value = ""] = text.split(" ");
  return { open, path, value, place };
};
const keysOf = (standing: ReadonlySet<string>): string[] =>
  [...standing].map((text) => keyOf(text.split(" ")[0]!, text.split(" ")[1]!)).sort();

it("a reading bears what stood right before its end, from whatever place its keys were stored", () =>
  fc.assert(
    fc.property(arbitraryStanding, fc.nat(), fc.nat(), (standing, stored, step) => {
      const changes = standing.slice(1).flatMap((after, at) => {
        const before = standing[at]!;
        return [
          ...[...before.difference(after)].map((text) => change(false, text, at + 1)),
          ...[...after.difference(before)].map((text) => change(true, text, at + 1)),
        ];
      });
      const from = stored % standing.length;
      const ends = standing.map((_, at) => at + 1).filter((end) => end > from && (end - from) % (1 + (step % 3)) === 0);
      const fresh = changes.filter(({ place }) => place > from);
      expect(keysAt(keysOf(standing[from]!), fresh, ends)).toEqual(ends.map((end) => keysOf(standing[end - 1]!)));
    }),
  ));
