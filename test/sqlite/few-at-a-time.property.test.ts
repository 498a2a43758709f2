import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { fewAtATime } from "../../src/sqlite/few-at-a-time.ts";

describe("looking up many, a few at a time", () => {
  it("finds the same as looking them up at once, with turns for others between a few of them", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 400 }), async (asked) => {
        const looks: number[] = [];
        let turns = 0;
        let isOver = false;
        const others = (): void => {
          turns += 1;
          if (!isOver) setImmediate(others);
        };
        setImmediate(others);
        const found = await fewAtATime(asked, (some) => {
          looks.push(some.length);
          return some.map((number) => `found ${number}`);
        });
        isOver = true;
        expect(found).toEqual(asked.map((number) => `found ${number}`));
        expect(Math.max(...looks)).toBeLessThanOrEqual(50);
        expect(turns).toBeGreaterThanOrEqual(looks.length - 1);
      }),
    ));

  it("says what broke one of the looks", async () => {
    const broken = fewAtATime(
      Array.from({ length: 120 }, (_, index) => index),
      (some) => {
        if (some.includes(110)) throw new Error("a missing row");
        return some;
      },
    );
    await expect(broken).rejects.toThrow("a missing row");
  });
});
