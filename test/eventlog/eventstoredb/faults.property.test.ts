// Whatever goes wrong on the way, what was acknowledged is there once, at its revision, and nothing is there that was refused.
import { afterAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Append, START } from "../../../src/eventlog/event-log.ts";
import { EventStoreEventLog } from "../../../src/eventlog/eventstoredb/event-store-log.ts";
import { type AppendFault, EventStoreDouble } from "../../support/event-store/double.ts";
import { appendOf, userStream } from "../sealed-events.ts";

const fault: fc.Arbitrary<AppendFault | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  {
    weight: 4,
    arbitrary: fc.record({
      written: fc.boolean(),
      heard: fc.constantFrom("nothing", "late", "unavailable", "deadline", "nonsense"),
      afterMs: fc.constantFrom(20, 150),
    }),
  },
);
const rounds = fc.array(
  fc.array(
    fc.record({ stream: fc.nat({ max: 3 }), behind: fc.nat({ max: 1 }), count: fc.integer({ min: 1, max: 3 }) }),
    {
      minLength: 1,
      maxLength: 6,
    },
  ),
  { minLength: 1, maxLength: 4 },
);

describe.each([
  ["one shared stream of appends", false],
  ["one call an append", true],
])("faults on the way, with %s", (_, callPerAppend) => {
  const doubles: EventStoreDouble[] = [];
  afterAll(() => {
    for (const double of doubles) double.stop();
  });

  it("lose nothing that was acknowledged, double nothing, and leave no gap", async () => {
    const double = await new EventStoreDouble().start();
    doubles.push(double);
    double.log.noise = 1;
    const log = await EventStoreEventLog.open(double.address, { attemptMs: 100, giveUpMs: 2_000, callPerAppend });
    const property = fc.asyncProperty(rounds, fc.array(fault, { maxLength: 24 }), async (rounds, faults) => {
      const streams = Array.from({ length: 4 }, () => userStream());
      const before = await log.head();
      const acknowledged: Append[] = [];
      const refused: Append[] = [];
      const left = [...faults];
      double.faults.append = (stream) => (streams.includes(stream) ? left.shift() : undefined);
      for (const round of rounds) {
        const heads = streams.map((stream) => double.log.stream(stream).length - 1);
        await Promise.all(
          round.map(async ({ stream, behind, count }) => {
            const revision = heads[stream]! - behind;
            const append = appendOf(streams[stream]!, revision < 0 ? "none" : revision, count);
            try {
              await log.append(append);
              acknowledged.push(append);
            } catch (error) {
              const { name, written } = error as { name: string; written?: string };
              expect(["Conflict", "Unavailable"]).toContain(name);
              if (written !== "unknown") refused.push(append);
            }
          }),
        );
      }
      double.faults.append = () => undefined;
      const all = await log.readAll(before, 10_000);
      const ids = all.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const stream of streams) {
        const events = await log.read(stream, -1);
        expect(events.map(({ revision }) => revision)).toEqual(events.map((_, index) => index));
      }
      for (const { stream, expected, events } of acknowledged) {
        const first = expected === "none" ? 0 : expected + 1;
        const found = await log.read(stream, first - 1, events.length);
        expect(found.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      }
      for (const { events } of refused) for (const { id } of events) expect(ids).not.toContain(id);
    });
    await fc.assert(property, { numRuns: 12 });
    await log.close();
  }, 120_000);

  it("show a subscriber everything once and in order, though reads break off and the live subscription is dropped", async () => {
    const double = await new EventStoreDouble().start();
    doubles.push(double);
    double.log.noise = 2;
    const log = await EventStoreEventLog.open(double.address, { attemptMs: 600, giveUpMs: 3_000, callPerAppend });
    let reads = 0;
    double.faults.read = (asked) => {
      if (asked === "stream" || ++reads % 3 !== 0) return undefined;
      return { heard: reads % 2 === 0 ? "unavailable" : "nothing", after: reads % 5 };
    };
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const events of log.subscribe(START, stop.signal)) seen.push(...events.map(({ id }) => id));
    })();
    for (let burst = 1; burst <= 5; burst++) {
      const appends = Array.from({ length: 10 }, () => appendOf(userStream(), "none", 40));
      await Promise.all(appends.map((append) => log.append(append)));
      while (seen.length < burst * 400) await new Promise((resolve) => setTimeout(resolve, 10));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    stop.abort();
    await reading;
    expect(seen).toEqual((await log.readAll(START, 10_000)).map(({ id }) => id));
    expect(double.calls.subscriptions).toBeGreaterThan(1);
    await log.close();
  }, 60_000);

  it("never end a read before its last event, though its connection is replaced meanwhile", async () => {
    const double = await new EventStoreDouble().start();
    doubles.push(double);
    const log = await EventStoreEventLog.open(double.address, { attemptMs: 800, giveUpMs: 8_000, callPerAppend });
    const stream = userStream();
    for (let revision = -1; revision < 3_000; revision += 300)
      await log.append(appendOf(stream, revision < 0 ? "none" : revision, 300));
    for (let round = 0; round < 8; round++) {
      const faults = [undefined, { heard: "nothing" as const }];
      double.faults.read = () => faults.shift();
      const [events, others] = await Promise.all([log.read(stream, -1), log.readAll(START, 5_000), log.head()]);
      expect([events.length, others.length]).toEqual([3_300, 3_300]);
    }
    await log.close();
  }, 60_000);
});
