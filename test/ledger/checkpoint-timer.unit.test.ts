// When heads are signed in regular turns, whatever the distance between the positions of two events.
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { ordinalOf, type Position, positionOf } from "../../src/eventlog/event-log.ts";
import { signRegularly } from "../../src/processes/checkpoint-timer.ts";

/** Signs turn by turn while events come in that lie `apart` from each other; tells how often. */
async function timesSigned(apart: number, events: number): Promise<number> {
  const stop = new AbortController();
  let [times, position] = [0, positionOf(1_000)];
  const signing = signRegularly({
    checkpoints: {
      signAll: async () => {
        times += 1;
      },
    },
    position: () => position,
    seen: (after: Position, until: Position) => (ordinalOf(until) - Math.max(1_000, ordinalOf(after))) / apart,
    every: 60_000,
    look: 5,
    after: 10,
    signal: stop.signal,
    onFailure: () => undefined,
  });
  await sleep(20);
  times = 0;
  for (let event = 0; event < events; event++) {
    position = positionOf(ordinalOf(position) + apart);
    await sleep(12);
  }
  stop.abort();
  await signing;
  return times;
}

describe("heads in regular turns", () => {
  for (const apart of [1, 1_000])
    it(`are signed after so many events, which lie ${apart} apart`, async () => {
      expect(await timesSigned(apart, 5)).toBe(0);
      expect(await timesSigned(apart, 12)).toBe(1);
    });
});
