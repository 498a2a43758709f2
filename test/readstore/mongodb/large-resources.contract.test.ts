// Resources that are large: many that come in one batch, and one larger than a document of MongoDB may be, from a log of before
// there was a limit.
import { expect, it, jest } from "@jest/globals";
import { AsynchronousProjector } from "../../../src/projections/asynchronous-projector.ts";
import { viewsIn } from "../../../src/readstore/mongodb/collections.ts";
import { countUnheld } from "../../../src/readstore/mongodb/lists/unheld.ts";
import { MongoViewWriter } from "../../../src/readstore/mongodb/writing/mongo-view-writer.ts";
import type { Query } from "../../../src/readstore/read-store.ts";
import { parseFilter } from "../../../src/scim/filter/parse.ts";
import { userType } from "../../../src/scim/schema/resource-types.ts";
import { History } from "../../projections/history.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { openIn } from "./opened.ts";
import { dumpOf, projectInto } from "./views.ts";

jest.setTimeout(120_000);

const MEGABYTE = 1_000_000;
const photoOf = (megabytes: number) => [{ value: `data:${"x".repeat(megabytes * MEGABYTE)}`, type: "photo" }];
const all: Query = { tenant: "acme", of: [{ type: userType }], startIndex: 1, count: 10 };

describeOnMongo("large resources", (mongo) => {
  const { database, newGeneration } = mongo;
  const open = openIn(mongo);

  it("that all change at once are read and written a few at a time, in several batches", async () => {
    const history = new History();
    const ids = Array.from({ length: 20 }, (_, n) =>
      history.createUser({ userName: `user ${n}`, photos: photoOf(0.9) }),
    );
    const created = history.events.length;
    for (const id of ids) history.setPassword(id);
    for (const id of ids) history.changeUser(id, { title: "changed" });
    const generation = newGeneration();
    await projectInto(database, generation, {
      ...history,
      events: history.events.slice(0, created),
      openKey: history.openKey,
    });
    await using writer = await MongoViewWriter.open({ database, generation, epoch: 1 });
    const batches: number[] = [];
    const projector = await AsynchronousProjector.resume(writer, {
      namespace: "scim",
      findKey: history.openKey,
      onStored: (_, events) => void batches.push(events.length),
    });
    await projector.project(history.events);
    expect(batches.length).toBeGreaterThan(3);
    expect(batches.reduce((sum, count) => sum + count)).toBe(history.events.length - created);
    const titles = await viewsIn(database, generation).resources.distinct("ix.title");
    expect(titles).toEqual(["changed"]);
  });

  it("beyond what a document may be stop nobody: they alone are refused, until they are smaller", async () => {
    const history = new History();
    const whale = history.createUser({ userName: "whale", photos: photoOf(9) });
    const ada = history.createUser({ userName: "ada" });
    await using opened = await open(history);
    const { store } = opened;
    const refusal = `User ${whale} is larger than the read store can hold`;
    expect(await store.get("acme", "User", ada)).toMatchObject({ id: ada });
    await expect(async () => store.get("acme", "User", whale)).rejects.toThrow(refusal);
    await expect(async () => store.query(all)).rejects.toThrow(refusal);
    expect(await store.baseline("acme", "User", whale)).toBeUndefined();

    const unheldAt = history.head;
    history.changeUser(whale, { title: "of the sea", photos: photoOf(8.9) });
    await opened.catchUp();
    await expect(async () => store.get("acme", "User", whale)).rejects.toThrow(refusal);

    history.changeUser(whale, { photos: photoOf(0.1) });
    await opened.catchUp();
    expect((await store.get("acme", "User", whale))?.body).toContain('"title":"of the sea"');
    expect(await store.baseline("acme", "User", whale)).toMatchObject({ id: whale });
    await expect(async () => store.get("acme", "User", whale, unheldAt)).rejects.toThrow(refusal);
    // An answer that left it out would understate.
    const named = [{ type: userType, filter: parseFilter(userType, 'userName eq "whale"') }];
    await expect(async () => store.query({ ...all, of: named, asOf: unheldAt })).rejects.toThrow(refusal);
    expect(await store.query({ ...all, of: named })).toMatchObject({ total: 1 });
  });

  it("beyond what a document may be are counted, and leave the same however they were projected", async () => {
    const history = new History();
    const whale = history.createUser({ userName: "whale", photos: photoOf(9), externalId: "w" });
    const [step, whole] = [newGeneration(), newGeneration()];
    const both = async () => {
      await projectInto(database, step, history, { size: 1 });
      await projectInto(database, whole, history);
      const dump = await dumpOf(database, step);
      expect(dump["resources"]).toEqual((await dumpOf(database, whole))["resources"]);
      return dump;
    };
    expect((await both())["parts"]).toHaveLength(3);
    expect(await countUnheld(viewsIn(database, step))).toBe(1);
    history.changeUser(whale, { title: "of the sea", photos: photoOf(8.9) });
    expect((await both())["parts"]).toHaveLength(6);
    history.erase(whale);
    const erased = await both();
    expect(erased["parts"]).toEqual([]);
    expect(erased["versions"]!.join()).not.toContain("whale");
    expect(await countUnheld(viewsIn(database, step))).toBe(0);
    const anew = newGeneration();
    await projectInto(database, anew, history);
    expect(await dumpOf(database, anew)).toEqual(erased);
  });
});
