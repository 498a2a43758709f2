// Read stores on histories in MongoDB, for the contract suites.
import { AsynchronousProjector } from "../../../src/projections/asynchronous-projector.ts";
import { viewsIn } from "../../../src/readstore/mongodb/collections.ts";
import { type MongoReadStoreOptions, mongoReadStore } from "../../../src/readstore/mongodb/mongo-read-store.ts";
import { MongoViewWriter } from "../../../src/readstore/mongodb/writing/mongo-view-writer.ts";
import { BASE_URL, type History } from "../../projections/history.ts";
import type { TestDatabase } from "../../support/mongodb.ts";
import { UsedGenerations } from "./used-generations.ts";
import { projectAll } from "./views.ts";

/** Opens stores in the suite's database. */
export function openIn(mongo: TestDatabase, options: Partial<MongoReadStoreOptions> = {}) {
  const { client, database } = mongo;
  const generations = new UsedGenerations(mongo);
  return async (history: History, size = 1_000) => {
    const generation = generations.take();
    const writer = await MongoViewWriter.open({ database, generation, epoch: 1 });
    const projector = await AsynchronousProjector.resume(writer, { namespace: "scim", findKey: history.openKey });
    await projectAll(projector, history.events, size);
    const views = viewsIn(database, generation);
    let projected = history.events.length;
    const store = mongoReadStore({ client, views: () => views, baseUrl: BASE_URL, ...options });
    return {
      store,
      ledger: store.ledger,
      async catchUp() {
        await projectAll(projector, history.events.slice(projected), size);
        projected = history.events.length;
      },
      async [Symbol.asyncDispose]() {
        await writer[Symbol.asyncDispose]();
        await generations.giveBack(generation);
      },
    };
  };
}
