import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { type Position, positionOf } from "../../src/eventlog/event-log.ts";
import { AsynchronousProjector } from "../../src/projections/asynchronous-projector.ts";
import type { LoadedViews, ViewBatch, ViewRequest, ViewWriter } from "../../src/readstore/view-writer.ts";
import { History } from "./history.ts";

/** A writer that stores a batch when it is let, and says what it was asked for. */
class SlowWriter implements ViewWriter {
  readonly did: string[] = [];
  readonly #stores: PromiseWithResolvers<void>[] = [];

  async checkpoint() {
    return { place: 0, effectiveAt: 0, events: 0 };
  }

  /** Of those that are asked for, so many are looked for, and none found. */
  lookedFor = Number.POSITIVE_INFINITY;

  async load({ ledgers, resources }: ViewRequest): Promise<LoadedViews> {
    this.did.push("load");
    const edges = ledgers.map((tenant) => ({ tenant, size: 0, tiles: [], entries: NO_ENTRIES }));
    const lookedFor = Math.min(this.lookedFor, resources.length);
    return { resources: [], lookedFor, pending: [], past: [], definitions: [], ledgers: edges };
  }

  async stage({ from, to }: ViewBatch) {
    const name = `${from.place}–${to.place}`;
    this.did.push(`stage ${name}`);
    if (this.refusesMore && from.place > 0) throw new TypeError("made ready on top of what was not stored");
    return async () => {
      this.did.push(`store ${name}`);
      const store = Promise.withResolvers<void>();
      this.#stores.push(store);
      await store.promise;
      this.did.push(`stored ${name}`);
    };
  }

  /** Whether what follows on a batch cannot be made ready. */
  refusesMore = false;

  /** Ends the storing that is under way. */
  async end(error?: Error): Promise<void> {
    await this.until(() => this.#stores.length > 0);
    const store = this.#stores.shift()!;
    if (error === undefined) store.resolve();
    else store.reject(error);
    await settle();
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await turn();
  }
}

const NO_ENTRIES = { n: 0, places: new Uint8Array(0), ids: new Uint8Array(0) };
const settle = async () => {
  for (let turns = 0; turns < 20; turns++) await turn();
};

/** Claims: events that no read model shows, one row each. */
const claims = (count: number): History => {
  const history = new History();
  for (let n = 0; n < count; n++) history.claim();
  return history;
};

/** Creations of users, one event each. */
const creations = (count: number): History => {
  const history = new History();
  for (let n = 0; n < count; n++) history.createUser({ userName: `user ${n}` });
  return history;
};

async function open(history: History, rows: number, onStored?: () => void) {
  const writer = new SlowWriter();
  const told: [Position, number][] = [];
  const projector = await AsynchronousProjector.resume(writer, {
    namespace: "scim",
    findKey: history.openKey,
    rows,
    onStored: (position, events) => {
      onStored?.();
      told.push([position, events.length]);
    },
  });
  return { writer, projector, told, events: history.events };
}

describe("an asynchronous projector", () => {
  it("makes a whole batch ready while the one before is stored, and stores one at a time, in order", async () => {
    const { writer, projector, events } = await open(claims(6), 3);
    const taken = projector.take(events);
    await writer.until(() => writer.did.includes("stage 3–6"));
    expect(writer.did).toEqual(["load", "stage 0–3", "store 0–3", "load", "stage 3–6"]);
    await writer.end();
    expect(writer.did.slice(5)).toEqual(["stored 0–3", "store 3–6"]);
    await writer.end();
    await taken;
    expect(await projector.settled()).toBe(positionOf(6));
  });

  it("asks for no more while a little is stored, so that what comes meanwhile gathers in the log", async () => {
    const { writer, projector, events, told } = await open(creations(5), 100);
    let wantsMore = false;
    const taken = projector.take(events.slice(0, 1)).then(() => {
      wantsMore = true;
    });
    await writer.until(() => writer.did.includes("store 0–1"));
    await settle();
    expect(wantsMore).toBe(false);
    await writer.end();
    await taken;
    const rest = projector.take(events.slice(1));
    await writer.end();
    await rest;
    expect(told).toEqual([
      [positionOf(1), 1],
      [positionOf(5), 4],
    ]);
  });

  it("keeps a claim until what it was made for comes, an append later, and stores both as one batch", async () => {
    const history = new History();
    history.claim();
    history.createUser({ userName: "ada" });
    const { writer, projector, events, told } = await open(history, 100);
    await projector.take(events.slice(0, 1));
    expect(writer.did).toEqual([]);
    const taken = projector.take(events.slice(1));
    await writer.end();
    await taken;
    expect(told).toEqual([[positionOf(2), 2]]);
  });

  it("stores a claim that nothing follows, in a moment or as soon as all is to be settled", async () => {
    const { writer, projector, events, told } = await open(claims(2), 100);
    await projector.take(events.slice(0, 1));
    await writer.end();
    expect(told).toEqual([[positionOf(1), 1]]);
    await projector.take(events.slice(1));
    const settled = projector.settled();
    await writer.end();
    expect(await settled).toBe(positionOf(2));
  });

  it("takes many at once while others are stored, and no more than a whole batch beyond those under way", async () => {
    const { writer, projector, events } = await open(claims(1_000), 150);
    let took = 0;
    const taking = (async () => {
      for (let from = 0; from < events.length; from += 100) {
        await projector.take(events.slice(from, from + 100));
        took += 100;
      }
    })();
    await writer.until(() => writer.did.filter((did) => did.startsWith("stage")).length > 1);
    await settle();
    expect(took).toBeGreaterThan(150);
    expect(took).toBeLessThan(600);
    while (projector.position < positionOf(1_000))
      await Promise.race([writer.end(), taking.then(() => projector.settled())]);
    await taking;
  });

  it("says why a batch was not stored, and not what failed on top of it", async () => {
    const { writer, projector, events } = await open(claims(6), 3);
    writer.refusesMore = true;
    const taken = projector.take(events);
    taken.catch(() => undefined);
    await writer.until(() => writer.did.includes("stage 3–6"));
    await writer.end(new Error("the server is gone"));
    await expect(projector.settled()).rejects.toThrow("the server is gone");
  });

  it("fails where nobody could be told what was stored", async () => {
    const { writer, projector, events } = await open(claims(6), 3, () => {
      throw new Error("nobody was told");
    });
    const taken = projector.take(events);
    taken.catch(() => undefined);
    await writer.until(() => writer.did.includes("stage 3–6"));
    await writer.end();
    await expect(projector.settled()).rejects.toThrow("nobody was told");
  });

  it("has nothing under way any more when it says that it failed, and takes nothing after that", async () => {
    const { writer, projector, events, told } = await open(claims(6), 3);
    const taken = projector.take(events);
    taken.catch(() => undefined);
    await writer.until(() => writer.did.includes("stage 3–6"));
    expect(projector.failed.aborted).toBe(false);
    await writer.end(new Error("the server is gone"));
    expect(projector.failed.aborted).toBe(true);
    await expect(projector.settled()).rejects.toThrow("the server is gone");
    await expect(projector.take(events)).rejects.toThrow("the server is gone");
    expect(writer.did).not.toContain("store 3–6");
    expect([told, projector.position]).toEqual([[], positionOf(0)]);
  });

  it("ends a batch where it would write too much, and tells of each event once", async () => {
    const history = new History();
    const photos = [{ value: `data:${"x".repeat(900_000)}`, type: "photo" }];
    for (let n = 0; n < 20; n++) history.createUser({ userName: `user ${n}`, photos });
    const { writer, projector, events, told } = await open(history, 1_000);
    const taken = projector.take(events);
    const ended = (async () => {
      while (projector.position < history.head) await writer.end();
    })();
    await taken;
    await ended;
    expect(told.length).toBeGreaterThan(1);
    expect(told.map(([, count]) => count).reduce((sum, count) => sum + count)).toBe(events.length);
  });

  it("ends a batch before the first resource that was not looked for", async () => {
    const history = new History();
    const ids = ["ada", "bob", "eve"].map((userName) => history.createUser({ userName }));
    const created = history.head;
    for (const id of ids) history.setPassword(id);
    const { writer, projector, events, told } = await open(history, 1_000);
    writer.lookedFor = 1;
    const later = events.filter(({ position }) => position > created);
    const taken = projector.take(later);
    const ended = (async () => {
      while (projector.position < history.head) await writer.end();
    })();
    await taken;
    await ended;
    expect(told.map(([, count]) => count)).toEqual([1, 1, 1]);
  });
});
