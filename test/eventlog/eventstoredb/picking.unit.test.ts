// Whoever follows a few streams alone: what the server is asked, and what comes of each way in which a subscription fails.
import { afterEach, expect, it } from "@jest/globals";
import { type Position, type RecordedEvent, START } from "../../../src/eventlog/event-log.ts";
import { EventStoreEventLog, type EventStoreOptions } from "../../../src/eventlog/eventstoredb/event-store-log.ts";
import { EventStoreDouble } from "../../support/event-store/double.ts";
import { appendOf, newId, userStream } from "../sealed-events.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function started(options: EventStoreOptions = {}) {
  const double = await new EventStoreDouble().start();
  closing.push(() => double.stop());
  const log = await EventStoreEventLog.open(double.address, options);
  closing.push(() => log.close());
  return { double, log };
}

/** Follows the users of a tenant and says what came so far. */
function following(log: EventStoreEventLog, after: Position, tenant: string) {
  const stop = new AbortController();
  const seen: RecordedEvent[] = [];
  const ended = (async () => {
    for await (const events of log.subscribe(after, stop.signal, [`scim.user-${tenant}:`])) seen.push(...events);
  })();
  closing.push(() => {
    stop.abort();
    return ended;
  });
  const idsOnce = async (count: number) => {
    while (seen.length < count) await sleep(5);
    await sleep(20);
    return seen.map(({ id }) => id);
  };
  return { seen, idsOnce };
}

const userOf = (tenant: string) => `scim.user-${tenant}:${newId()}`;

it("the server is not asked for the events of other streams, and after a failure not for what it has searched", async () => {
  const { double, log } = await started();
  for (let i = 0; i < 30; i++) await log.append(appendOf(userStream(), "none", 100));
  const reads = double.calls.reads;
  const { idsOnce, seen } = following(log, START, "few");
  const append = appendOf(userOf("few"), "none");
  await log.append(append);
  expect(await idsOnce(1)).toEqual([append.events[0]!.id]);
  expect(double.calls.reads).toBe(reads);
  for (let i = 0; i < 30; i++) await log.append(appendOf(userStream(), "none", 100));
  await sleep(500);
  double.stop();
  await double.start();
  const later = appendOf(userOf("few"), "none");
  await log.append(later);
  await idsOnce(2);
  expect(seen.at(-1)!.id).toBe(later.events[0]!.id);
  const again = double.subscribedAfter.at(-1)!;
  expect(double.log.events.filter(({ position }) => position > again).length).toBeLessThan(2_100);
});

it("whoever is dropped for falling behind goes on from there, and hears of it as of no trouble", async () => {
  const said: string[] = [];
  const { double, log } = await started({ onTrouble: (sentence) => said.push(sentence) });
  const { idsOnce } = following(log, START, "many");
  await sleep(50);
  const appends = Array.from({ length: 8 }, () => appendOf(userOf("many"), "none", 100));
  for (const append of appends) await log.append(append);
  expect(await idsOnce(800)).toEqual(appends.flatMap(({ events }) => events.map(({ id }) => id)));
  expect(double.calls.subscriptions).toBeGreaterThan(1);
  expect(said).toEqual([]);
});

it("a subscription that is dead without a word is made anew", async () => {
  const said: string[] = [];
  const { double, log } = await started({ attemptMs: 1_000, onTrouble: (sentence) => said.push(sentence) });
  double.faults.read = (asked) => (asked === "subscription" ? { heard: "nothing" } : undefined);
  const { idsOnce } = following(log, START, "few");
  const append = appendOf(userOf("few"), "none");
  await log.append(append);
  await sleep(100);
  double.faults.read = () => undefined;
  expect(await idsOnce(1)).toEqual([append.events[0]!.id]);
  expect(said).toEqual([]);
});

it("a connection on which no subscription is even confirmed is made anew", async () => {
  const said: string[] = [];
  const { double, log } = await started({ attemptMs: 1_000, onTrouble: (sentence) => said.push(sentence) });
  double.faults.read = (asked) => (asked === "subscription" ? { heard: "silence" } : undefined);
  const { idsOnce } = following(log, START, "few");
  await sleep(100);
  double.faults.read = () => undefined;
  const append = appendOf(userOf("few"), "none");
  await log.append(append);
  expect(await idsOnce(1)).toEqual([append.events[0]!.id]);
  expect(said.join()).toContain("is made anew: no answer for 1000 ms");
});
