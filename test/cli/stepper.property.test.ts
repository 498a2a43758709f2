// Whatever keys are pressed, an event that is there is shown.
import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { FIRST, pressed } from "../../src/cli/replay/stepper.ts";

const key = fc.oneof(
  fc.constantFrom("n", "p", "j", "d", "e", "left", "right", "up", "down", "space", "home", "end", "return", "x", ""),
  fc.nat(9).map(String),
);
const all = (events: number, ...keys: readonly string[]) =>
  keys.reduce((step, one) => pressed(step, one, events), FIRST);

it("stays among the events until somebody quits", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(key), (events, keys) => {
      const step = all(events, ...keys);
      expect(step.isOver).toBe(false);
      expect(Number.isInteger(step.at) && step.at >= 0 && step.at < events).toBe(true);
      expect(pressed({ ...step, typed: undefined }, "q", events).isOver).toBe(true);
    }),
  ));

it("goes on, back, and to a number", () => {
  expect(all(9, "n", "n", "p").at).toBe(1);
  expect(all(9, "j", "7", "return").at).toBe(6);
  expect(all(9, "j", "9", "9", "return").at).toBe(8);
  expect(all(9, "j", "7", "n")).toMatchObject({ at: 0, typed: undefined });
  expect(all(9, "d").view).toBe("difference");
  expect(all(9, "d", "d").view).toBe("event");
});
