import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { AsynchronousProjector } from "../../../src/projections/asynchronous-projector.ts";
import { MongoViewWriter } from "../../../src/readstore/mongodb/writing/mongo-view-writer.ts";
import { arbitraryHistory } from "../../projections/arbitrary-history.ts";
import type { History } from "../../projections/history.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { UsedGenerations } from "./used-generations.ts";
import { dumpOf, projectAll, projectInto } from "./views.ts";

const RUNS = { numRuns: 12 };

describeOnMongo("the read models in MongoDB", (mongo) => {
  const generations = new UsedGenerations(mongo);
  const dumpAfter = (history: History, size: number) =>
    generations.lend(async (take) => {
      const generation = take();
      await projectInto(mongo.database, generation, history, { size });
      return dumpOf(mongo.database, generation);
    });

  it("are the same in whatever batches they are built", () =>
    fc.assert(
      fc.asyncProperty(arbitraryHistory(30), fc.integer({ min: 1, max: 7 }), async (history, size) => {
        const whole = await dumpAfter(history, 1_000);
        expect(await dumpAfter(history, size)).toEqual(whole);
      }),
      RUNS,
    ));

  it("are the same when each batch is made ready while the one before is stored", () =>
    fc.assert(
      fc.asyncProperty(arbitraryHistory(60), fc.integer({ min: 1, max: 20 }), (history, rows) =>
        generations.lend(async (take) => {
          const generation = take();
          await using writer = await MongoViewWriter.open({ database: mongo.database, generation, epoch: 1 });
          const findKey = history.openKey;
          const projector = await AsynchronousProjector.resume(writer, { namespace: "scim", findKey, rows });
          await projector.take(history.events);
          await projector.settled();
          expect(await dumpOf(mongo.database, generation)).toEqual(await dumpAfter(history, 1_000));
        }),
      ),
      RUNS,
    ));

  it("do not change when events come again, to a projector that begins anew", () =>
    fc.assert(
      fc.asyncProperty(arbitraryHistory(), fc.nat(), fc.nat(), (history, cut, again) =>
        generations.lend(async (take) => {
          const generation = take();
          const { database } = mongo;
          const { events } = history;
          const before = { ...history, events: events.slice(0, cut % (events.length + 1)) };
          await projectInto(database, generation, before, { size: 3 });
          await projectInto(database, generation, history, { size: 4, epoch: 2 });
          const once = await dumpOf(database, generation);
          const repeated = { ...history, events: events.slice(again % (events.length + 1)) };
          await projectInto(database, generation, repeated, { size: 5, epoch: 2 });
          expect(await dumpOf(database, generation)).toEqual(once);
          expect(once).toEqual(await dumpAfter(history, 1_000));
        }),
      ),
      RUNS,
    ));

  it("of an erased person are those of a rebuild without their key", () =>
    fc.assert(
      fc.asyncProperty(arbitraryHistory(40), fc.nat(), (history, who) =>
        generations.lend(async (take) => {
          const generation = take();
          await using writer = await MongoViewWriter.open({ database: mongo.database, generation, epoch: 1 });
          const { openKey } = history;
          const projector = await AsynchronousProjector.resume(writer, { namespace: "scim", findKey: openKey });
          await projectAll(projector, history.events, 5);
          const id = history.users[who % Math.max(history.users.length, 1)];
          if (id === undefined) return;
          history.erase(id);
          await projectAll(projector, history.events, 5);
          expect(await dumpOf(mongo.database, generation)).toEqual(await dumpAfter(history, 1_000));
        }),
      ),
      RUNS,
    ));
});
