import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { inTurns } from "../../../src/http/scim/in-turns.ts";

const before = fc
  .array(fc.array(fc.nat(1_000), { maxLength: 3 }), { maxLength: 20 })
  .map((all) => all.map((some, step) => [...new Set(step === 0 ? [] : some.map((one) => one % step))]));

describe("steps in turns", () => {
  it("each run to its end once, after those they wait for, so many at a time and no more, begun again only when alone", () =>
    fc.assert(
      fc.asyncProperty(
        before,
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
        fc.scheduler(),
        async (steps, most, hesitant, scheduler) => {
          const done = new Set<number>();
          let underWay = 0;
          const all = inTurns({ before: steps, most, isStopped: () => false }, async (step, isAlone) => {
            underWay += 1;
            expect(underWay).toBeLessThanOrEqual(most);
            for (const one of steps[step]!) expect(done).toContain(one);
            expect(done).not.toContain(step);
            expect(isAlone).toBe(Array.from({ length: step }, (_, one) => one).every((one) => done.has(one)));
            await scheduler.schedule(Promise.resolve(step));
            underWay -= 1;
            if (!isAlone && hesitant[step]) return "again";
            done.add(step);
            return "done";
          });
          await scheduler.waitFor(all);
          expect(done.size).toBe(steps.length);
        },
      ),
    ));

  it("are not begun any more once it is stopped, and those under way are waited for", async () => {
    const ended: number[] = [];
    let isStopped = false;
    await inTurns({ before: [[], [], [0], []], most: 2, isStopped: () => isStopped }, async (step) => {
      if (step === 1) isStopped = true;
      await pause(5);
      ended.push(step);
      return "done";
    });
    expect(ended).toEqual([0, 1]);
  });

  it("are begun one in a turn of the event loop", async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      if (turns < 1_000) setImmediate(count);
    };
    setImmediate(count);
    await inTurns(
      { before: Array.from({ length: 100 }, () => []), most: 16, isStopped: () => false },
      async () => "done",
    );
    expect(turns).toBeGreaterThanOrEqual(99);
  });
});
