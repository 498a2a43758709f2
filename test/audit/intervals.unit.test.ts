import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { holdsAt, type Interval, intersection, overlap, union, without } from "../../src/audit/holdings/intervals.ts";
import { positionOf } from "../../src/eventlog/event-log.ts";

const span = (
  from: number,
  to: number | null,
  cause: Interval["cause"] = to === null ? null : "removed",
): Interval => ({
  from: positionOf(from),
  to: to === null ? null : positionOf(to),
  cause,
});

describe("half-open intervals", () => {
  it("hold at their beginning and not at their end", () => {
    const held = [2, 3, 4, 5].map((at) => holdsAt(span(3, 5), positionOf(at)));
    expect(held).toEqual([false, true, true, false]);
    expect(holdsAt(span(3, null), positionOf(9))).toBe(true);
  });

  it("do not overlap where they touch", () => {
    expect(overlap(span(1, 3), span(3, 5))).toBe(false);
    expect(overlap(span(3, 5), span(1, 3))).toBe(false);
    expect(overlap(span(1, null), span(3, 5))).toBe(true);
    expect(intersection(span(1, 3), span(3, null))).toBeUndefined();
  });

  it("end together for the cause of the earlier end", () => {
    expect(intersection(span(1, 9), span(4, 7, "groupDeleted"))).toEqual(span(4, 7, "groupDeleted"));
    expect(intersection(span(1, null), span(4, 7, "groupDeleted"))).toEqual(span(4, 7, "groupDeleted"));
  });

  it("join where they touch or overlap, for the cause of the last end", () => {
    expect(union([span(3, 5, "groupDeleted"), span(1, 3)])).toEqual([span(1, 5, "groupDeleted")]);
    expect(union([span(1, 9), span(2, 4, "groupDeleted")])).toEqual([span(1, 9)]);
    expect(union([span(6, null), span(1, 4)])).toEqual([span(1, 4), span(6, null)]);
    expect(union([span(1, null), span(4, 6)])).toEqual([span(1, null)]);
  });

  it("without others hold where they do and none of those does", () => {
    const spans = fc
      .tuple(fc.integer({ min: 1, max: 12 }), fc.option(fc.integer({ min: 1, max: 6 })))
      .map(([from, length]) => span(from, length === null ? null : from + length));
    fc.assert(
      fc.property(spans, fc.array(spans, { maxLength: 4 }), (one, others) => {
        const left = without(one, others);
        for (let at = 0; at < 25; at++) {
          const position = positionOf(at);
          const expected = holdsAt(one, position) && !others.some((other) => holdsAt(other, position));
          expect(left.filter((each) => holdsAt(each, position))).toHaveLength(expected ? 1 : 0);
        }
      }),
    );
  });
});
