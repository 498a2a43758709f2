import { describe, expect, it } from "@jest/globals";
import { positionOf } from "../../src/eventlog/event-log.ts";
import { RecentLeaves } from "../../src/eventlog/recent-leaves.ts";

describe("recent leaves", () => {
  it("are found by the position of their event", () => {
    const leaves = new RecentLeaves();
    leaves.add(positionOf(12), [0, -1, 1]);
    leaves.add(positionOf(13), [7]);
    expect([10, 11, 12, 13].map((ordinal) => leaves.at(positionOf(ordinal)))).toEqual([0, undefined, 1, 7]);
  });

  it("of events that nobody told of, to come or long ago are not known", () => {
    const leaves = new RecentLeaves();
    leaves.add(positionOf(1), [0]);
    expect([0, 2].map((ordinal) => leaves.at(positionOf(ordinal)))).toEqual([undefined, undefined]);
    leaves.add(
      positionOf(40_001),
      Array.from({ length: 40_000 }, (_, index) => index + 1),
    );
    expect(leaves.at(positionOf(1))).toBeUndefined();
    expect(leaves.at(positionOf(40_001))).toBe(40_000);
  });
});
