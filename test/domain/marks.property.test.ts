// Marks are what was marked and not taken back, whatever came before; what stands already makes no event.
import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { decideMark, evolveMarks, type MarkCommand, noMarks, pairName } from "../../src/domain/marks.ts";

const group = fc.constantFrom("a", "b", "c");
const command: fc.Arbitrary<MarkCommand> = fc.oneof(
  fc.record({
    type: fc.constantFrom("MarkPrivileged" as const, "UnmarkPrivileged" as const),
    tenant: fc.constant("t"),
    group,
  }),
  fc.record({
    type: fc.constantFrom("MarkExclusive" as const, "UnmarkExclusive" as const),
    tenant: fc.constant("t"),
    groups: fc.tuple(group, group).filter(([a, b]) => a !== b),
  }),
);

it("marks agree with a set that is added to and taken from", () =>
  fc.assert(
    fc.property(fc.array(command), (commands) => {
      const model = new Set<string>();
      let marks = noMarks;
      for (const one of commands) {
        const name = "group" in one ? one.group : pairName(one.groups);
        const isMark = one.type.startsWith("Mark");
        const events = decideMark(one, marks);
        expect(events.length).toBe(model.has(name) === isMark ? 0 : 1);
        marks = events.reduce(evolveMarks, marks);
        if (isMark) model.add(name);
        else model.delete(name);
        expect(new Set([...marks.privileged, ...marks.exclusive.keys()])).toEqual(model);
      }
    }),
  ));

it("a group does not exclude itself", () =>
  expect(() => decideMark({ type: "MarkExclusive", tenant: "t", groups: ["a", "a"] }, noMarks)).toThrow(/itself/));
