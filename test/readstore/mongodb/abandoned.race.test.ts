// A transaction that nobody can end holds the checkpoint, as one whose connection was cut: whoever closes the writer does not
// wait for it, so that the read models are taken up again at once.
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, it } from "@jest/globals";
import { viewsIn } from "../../../src/readstore/mongodb/collections.ts";
import { openServing } from "../../../src/readstore/mongodb/generations/generations.ts";
import { describeOnMongo } from "../../support/mongodb.ts";

describeOnMongo("a writer whose checkpoint is held by an abandoned transaction", ({ client, database }) => {
  afterEach(() => database.dropDatabase());

  it("closes within two seconds, and goes on naming its session for whoever opens the read models next", async () => {
    const writer = await openServing(database, 1);
    const { checkpoint } = viewsIn(database, "v1");
    const named = await checkpoint.findOne({ _id: "checkpoint" });
    await using session = client.startSession();
    session.startTransaction();
    await checkpoint.updateOne({ _id: "checkpoint" }, { $set: { effectiveAt: 1 } }, { session });
    const began = performance.now();
    await writer[Symbol.asyncDispose]();
    expect(performance.now() - began).toBeLessThan(3_000);
    // The server has given up by now what the writer could not wait for: freed before, the checkpoint would be let go after all.
    await pause(2_000);
    await session.abortTransaction();
    expect(await checkpoint.findOne({ _id: "checkpoint" })).toEqual(named);
    await using next = await openServing(database, 2);
    expect(await next.checkpoint()).toMatchObject({ place: 0 });
  });
});
