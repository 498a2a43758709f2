// Each thing that the client or the server was seen to do wrong, and what comes of it here.
import { afterEach, describe, expect, it } from "@jest/globals";
import { positionOf, START } from "../../../src/eventlog/event-log.ts";
import { EventStoreEventLog, type EventStoreOptions } from "../../../src/eventlog/eventstoredb/event-store-log.ts";
import { placeOf } from "../../../src/eventlog/eventstoredb/stored-event.ts";
import { type AppendFault, EventStoreDouble } from "../../support/event-store/double.ts";
import { appendOf, sealed, userStream } from "../sealed-events.ts";

const running: { stop(): void }[] = [];
const opened: EventStoreEventLog[] = [];
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close();
  for (const double of running.splice(0)) double.stop();
});

async function started(): Promise<EventStoreDouble> {
  const double = await new EventStoreDouble().start();
  running.push(double);
  return double;
}

async function open(double: EventStoreDouble, options: EventStoreOptions = {}): Promise<EventStoreEventLog> {
  const log = await EventStoreEventLog.open(double.address, { attemptMs: 150, giveUpMs: 1_500, ...options });
  opened.push(log);
  return log;
}

/** The first append that comes meets the fault, those after it none. */
const once = (double: EventStoreDouble, fault: AppendFault) => {
  const faults = [fault];
  double.faults.append = () => faults.shift();
};

it("what is cancelled here leaves the connection to all others", async () => {
  const double = await started();
  const said: string[] = [];
  // No append meets a fault here: one that takes its time on a busy machine is no trouble.
  const log = await open(double, { attemptMs: 10_000, onTrouble: (sentence) => said.push(sentence) });
  const stream = userStream();
  await log.append(appendOf(stream, "none", 20));
  for (let round = 0; round < 5; round++) {
    const following = new AbortController();
    const events = log.subscribe(START, following.signal)[Symbol.asyncIterator]();
    await events.next();
    const waiting = events.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    following.abort();
    await waiting.catch(() => undefined);
    expect(await log.read(stream, -1, 1)).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect([said, [...double.connections]]).toEqual([[], [expect.any(String)]]);
});

describe.each([false, true])("an append (one call each: %s)", (callPerAppend) => {
  for (const written of [true, false])
    for (const heard of ["nothing", "late", "unavailable", "deadline", "nonsense"] as const)
      it(`is acknowledged though the first try heard “${heard}” and was ${written ? "" : "not "}written`, async () => {
        const double = await started();
        const log = await open(double, { callPerAppend });
        const append = appendOf(userStream(), "none", 2);
        once(double, { written, heard, afterMs: 400 });
        const position = await log.append(append);
        expect((await log.read(append.stream, -1)).map(({ id }) => id)).toEqual(append.events.map(({ id }) => id));
        expect(await log.head()).toBe(position);
        expect(log.writeFailure).toBeUndefined();
        await log.append(appendOf(append.stream, 1));
      });

  it("is known again by its events where the server has forgotten that it was repeated", async () => {
    const double = await started();
    const log = await open(double, { callPerAppend });
    const append = appendOf(userStream(), "none", 2);
    double.log.forgetsRepeats = true;
    once(double, { written: true, heard: "unavailable" });
    expect(await log.append(append)).toBe(await log.head());
    await expect(log.append(append)).rejects.toMatchObject({ name: "Conflict" });
  });

  it("has an unknown outcome when every try was in doubt, and is refused outright when nothing was ever sent", async () => {
    const double = await started();
    const log = await open(double, { callPerAppend });
    double.faults.append = () => ({ written: false, heard: "unavailable" });
    await expect(log.append(appendOf(userStream(), "none"))).rejects.toMatchObject({ written: "unknown" });
    expect(log.writeFailure).toContain("did not take the append");
    double.stop();
    await log.append(appendOf(userStream(), "none")).catch(() => {});
    await expect(log.append(appendOf(userStream(), "none"))).rejects.toMatchObject({ name: "Unavailable" });
  });

  it("is refused at once where the user of the connection may not write", async () => {
    const double = await started();
    const log = await open(double, { callPerAppend });
    double.faults.append = () => ({ written: false, heard: "denied" });
    await expect(log.append(appendOf(userStream(), "none"))).rejects.toMatchObject({ written: "no" });
  });

  it("has an unknown outcome where it was in doubt before the user was not let write any more", async () => {
    const double = await started();
    const log = await open(double, { callPerAppend });
    let tries = 0;
    double.faults.append = () => ({ written: tries === 0, heard: tries++ === 0 ? "unavailable" : "denied" });
    await expect(log.append(appendOf(userStream(), "none"))).rejects.toMatchObject({ written: "unknown" });
  });

  it("to a stream that was deleted for ever is fatal, as is reading it", async () => {
    const double = await started();
    const log = await open(double, { callPerAppend });
    const stream = userStream();
    await log.append(appendOf(stream, "none"));
    double.log.tombstone(stream);
    await expect(log.append(appendOf(stream, 0))).rejects.toMatchObject({ name: "Fatal" });
    await expect(log.read(stream, -1)).rejects.toMatchObject({ name: "Fatal" });
  });

  it("keeps its place among those to the same stream, though all are sent at once", async () => {
    const double = await started();
    const log = await open(double, { callPerAppend });
    const stream = userStream();
    double.faults.append = () => (Math.random() < 0.3 ? { written: true, heard: "late", afterMs: 10 } : undefined);
    const appends = Array.from({ length: 30 }, (_, index) => appendOf(stream, index === 0 ? "none" : index - 1));
    const positions = await Promise.all(appends.map((append) => log.append(append)));
    expect([...positions].sort()).toEqual(positions);
  });

  it("waits out a server that is killed and comes back", async () => {
    const double = await started();
    const log = await open(double, { callPerAppend, giveUpMs: 10_000 });
    await log.append(appendOf(userStream(), "none"));
    double.stop();
    const appended = Promise.all(Array.from({ length: 20 }, () => log.append(appendOf(userStream(), "none"))));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await double.start();
    await appended;
    expect(await log.readAll(START, 100)).toHaveLength(21);
  });
});

describe("what never reaches the client", () => {
  it("is an event whose id is no UUID, or that has no type", async () => {
    const double = await started();
    const log = await open(double);
    const stream = userStream();
    const before = double.calls.batch;
    for (const wrong of [{ id: "7" }, { id: "0".repeat(36) }, { type: "" }]) {
      const events = [{ ...sealed(stream, 0), ...wrong }];
      await expect(log.append({ stream, expected: "none", events })).rejects.toThrow(RangeError);
    }
    expect(double.calls.batch).toBe(before);
  });

  it("is an append that the server would count as larger than its limit", async () => {
    const double = await started();
    const log = await open(double);
    const stream = userStream();
    const before = double.calls.batch;
    const events = Array.from({ length: 1_200 }, (_, index) => ({
      ...sealed(stream, index, {}, null),
      type: "T".repeat(300),
    }));
    await expect(log.append({ stream, expected: "none", events })).rejects.toMatchObject({ name: "TooLarge" });
    expect(double.calls.batch).toBe(before);
  });
});

describe("a read", () => {
  it("passes over a long stretch of others' events, once", async () => {
    const double = await started();
    const log = await open(double);
    await log.append(appendOf(userStream(), "none", 3));
    double.log.addForeign(5_000);
    const append = appendOf(userStream(), "none");
    const found = await log.readAll(START, 10);
    expect(found).toHaveLength(3);
    const after = found.at(-1)!.position;
    expect(await log.head()).toBe(after);
    const reads = double.calls.reads;
    for (let i = 0; i < 3; i++) expect(await log.readAll(after, 10)).toEqual([]);
    expect(await log.head()).toBe(after);
    expect(double.calls.reads - reads).toBeLessThanOrEqual(5);
    const position = await log.append(append);
    expect((await log.readAll(after, 10)).map((event) => event.position)).toEqual([position]);
    expect(await log.head()).toBe(position);
  });

  it("takes streams of other namespaces, and names that do not parse completely, for others'", async () => {
    const double = await started();
    const log = await open(double);
    const beside = await open(double, { namespace: "scimmy", beginBeside: true });
    const other = userStream(undefined, "scimmy");
    await beside.append(appendOf(other, "none"));
    await log.append({ ...appendOf("scim.user-acme", "none"), stream: "scim.user-acme" });
    const position = await log.append(appendOf(userStream(), "none"));
    expect((await log.readAll(START, 10)).map((event) => event.position)).toEqual([position]);
    expect((await beside.readAll(START, 10)).map(({ stream }) => stream)).toEqual([other]);
  });

  it("of a position where no event lies is fatal", async () => {
    const double = await started();
    const log = await open(double);
    const position = await log.append(appendOf(userStream(), "none"));
    await expect(log.readAt([positionOf(Number(position) + 1)])).rejects.toMatchObject({ name: "Fatal" });
    const subscription = log.subscribe(positionOf(Number(position) + 1), new AbortController().signal);
    await expect(subscription.next()).rejects.toMatchObject({ name: "Fatal" });
    const foreign = double.log.events.find(({ stream }) => stream === "orders-1")!;
    await expect(log.readAt([positionOf(foreign.position)])).rejects.toMatchObject({ name: "Fatal" });
  });

  it("is tried again when it breaks off or falls silent, and says who may not read", async () => {
    const double = await started();
    const log = await open(double);
    const stream = userStream();
    await log.append(appendOf(stream, "none", 5));
    for (const heard of ["nothing", "unavailable"] as const) {
      const faults = [{ heard, after: 2 }];
      double.faults.read = () => faults.shift();
      expect(await log.read(stream, -1)).toHaveLength(5);
    }
    double.faults.read = () => ({ heard: "denied" });
    await expect(log.read(stream, -1)).rejects.toMatchObject({ name: "Unavailable", written: "no" });
  });

  it("of an event that somebody else wrote into a stream of ours is fatal", async () => {
    const double = await started();
    const log = await open(double);
    const stream = userStream();
    double.log.append(stream, "none", [
      {
        id: "00000000-0000-4000-8000-000000000000",
        type: "X",
        contentType: "application/json",
        data: Buffer.from("{}"),
        customMetadata: Buffer.alloc(0),
      },
    ]);
    await expect(log.read(stream, -1)).rejects.toThrow("was not written by this service");
  });
});

it("a place that is no number below 2^53 is refused", () => {
  for (const commit of [2n ** 53n, 2n ** 64n - 1n])
    expect(() => placeOf({ commit, prepare: commit }, "e")).toThrow("2^53");
  expect(() => placeOf({ commit: 2n, prepare: 1n }, "e")).toThrow("C:2/P:1");
  expect(() => placeOf(undefined, "e")).toThrow("no position");
  expect(placeOf({ commit: 2n ** 53n - 1n, prepare: 2n ** 53n - 1n }, "e")).toBe("9007199254740991");
});
