import { expect, it } from "@jest/globals";
import { systemClock } from "../../src/eventlog/clock.ts";

it("never says the same twice, and never goes back", () => {
  const times = [5, 5, 3, 9];
  const clock = systemClock(0, () => times.shift()!);
  expect([clock(), clock(), clock(), clock()]).toEqual([5_000, 5_001, 5_002, 9_000]);
});

it("is ahead of what the log says already, though the system's clock was set back in between", () => {
  const clock = systemClock(7_500, () => 2);
  expect(clock()).toBe(7_501);
});

it("is ahead of what another node has said, and never behind what it said itself", () => {
  const clock = systemClock(0, () => 2);
  clock.pass?.(7_500);
  clock.pass?.(3_000);
  expect(clock()).toBe(7_501);
});
