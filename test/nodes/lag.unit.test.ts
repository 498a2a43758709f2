import { expect, it } from "@jest/globals";
import { positionOf } from "../../src/eventlog/event-log.ts";
import { Lag } from "../../src/nodes/lag.ts";

const at = positionOf;

it("is nothing while all that is in the log is visible", () => {
  const lag = new Lag();
  lag.note(at(4_096), at(4_096), 1_000);
  expect(lag.at(at(4_096), 9_000)).toBe(0);
});

it("is the age of the oldest head that is not visible, whatever lies between positions", () => {
  const lag = new Lag();
  lag.note(at(9_000_000), at(10), 1_000);
  lag.note(at(9_000_100), at(10), 3_000);
  expect(lag.at(at(10), 4_000)).toBe(3_000);
  expect(lag.at(at(9_000_000), 4_000)).toBe(1_000);
  expect(lag.at(at(9_000_100), 4_000)).toBe(0);
});

it("begins anew once the read models were level", () => {
  const lag = new Lag();
  lag.note(at(10), at(0), 0);
  lag.note(at(10), at(10), 5_000);
  lag.note(at(20), at(10), 9_000);
  expect(lag.at(at(10), 9_500)).toBe(500);
});

it("keeps a bounded number of heads, the oldest of them", () => {
  const lag = new Lag();
  for (let second = 1; second <= 10_000; second++) lag.note(at(second), at(0), second * 1_000);
  expect(lag.at(at(0), 10_000_000)).toBe(9_999_000);
});
