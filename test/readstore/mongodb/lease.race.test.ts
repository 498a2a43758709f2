import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { controlOf } from "../../../src/readstore/mongodb/generations/control.ts";
import { MongoLease, newEpoch } from "../../../src/readstore/mongodb/generations/lease.ts";
import { describeOnMongo } from "../../support/mongodb.ts";

const TTL = 600;
const NEVER = new AbortController().signal;

describeOnMongo("the lease of the projector", ({ database }) => {
  const take = async (owner: string, signal = NEVER) =>
    (await new MongoLease(database, { owner, ttl: TTL }).acquire(signal))!;
  /** As a holder that is paused: its renewals reach nobody. */
  const steal = () => controlOf(database).updateOne({ _id: "projector" }, { $set: { expiresAt: new Date(0) } });

  it("is held by one of many at a time, each under a higher epoch", async () => {
    let holders = 0;
    const epochs: number[] = [];
    const work = async (owner: string) => {
      for (let turn = 0; turn < 3; turn++) {
        const lease = await take(owner);
        expect(++holders).toBe(1);
        epochs.push(lease.epoch);
        await pause(20);
        expect(lease.signal.aborted).toBe(false);
        holders -= 1;
        await lease.release();
      }
    };
    await Promise.all(["a", "b", "c"].map(work));
    expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
    expect(epochs).toHaveLength(9);
  });

  it("stays with whoever renews it, for longer than its time", async () => {
    const lease = await take("a");
    const waiting = new AbortController();
    const other = take("b", waiting.signal);
    await pause(3 * TTL);
    expect(lease.signal.aborted).toBe(false);
    waiting.abort();
    expect(await other).toBeUndefined();
    await lease.release();
  });

  it("is lost to its holder as soon as another took it over, and the holder's release takes it from nobody", async () => {
    const first = await take("a");
    await steal();
    const second = await take("b");
    expect(second.epoch).toBeGreaterThan(first.epoch);
    await new Promise((resolve) => first.signal.addEventListener("abort", resolve));
    await first.release();
    await pause(TTL);
    expect(second.signal.aborted).toBe(false);
    await second.release();
  });

  it("is taken again at once by the process that has it, as where the answer was lost, and by no other of its name", async () => {
    const mine = new MongoLease(database, { owner: "a", ttl: 60_000 });
    const lost = (await mine.acquire(NEVER))!;
    const waiting = new AbortController();
    const other = take("a", waiting.signal);
    await pause(TTL);
    const again = (await mine.acquire(NEVER))!;
    expect(again.epoch).toBeGreaterThan(lost.epoch);
    waiting.abort();
    expect(await other).toBeUndefined();
    await lost.release();
    await again.release();
  });

  it("gives epochs out beside it that no holder ever has", async () => {
    const first = await take("a");
    const beside = await newEpoch(database);
    await first.release();
    const second = await take("b");
    expect([first.epoch, beside, second.epoch].sort((a, b) => a - b)).toEqual([first.epoch, beside, second.epoch]);
    expect(second.signal.aborted).toBe(false);
    await second.release();
  });
});
