// Read stores on histories in MongoDB, for the contract suites. Making the collections of a generation takes longer than most
// of what is tested: one that was used is emptied and used again.
import type { Db } from "mongodb";
import { AsynchronousProjector } from "../../../src/projections/asynchronous-projector.ts";
import { INDEXES, viewsIn } from "../../../src/readstore/mongodb/collections.ts";
import { type MongoReadStoreOptions, mongoReadStore } from "../../../src/readstore/mongodb/mongo-read-store.ts";
import { MongoViewWriter } from "../../../src/readstore/mongodb/mongo-view-writer.ts";
import { BASE_URL, type History } from "../../projections/history.ts";
import type { TestDatabase } from "../../support/mongodb.ts";
import { projectAll } from "./views.ts";

/** Opens stores in the suite's database. */
export function openIn(
  { client, database, newGeneration }: TestDatabase,
  options: Partial<MongoReadStoreOptions> = {},
) {
  const free: string[] = [];
  return async (history: History, size = 1_000) => {
    const generation = free.pop() ?? newGeneration();
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
        await empty(database, generation);
        free.push(generation);
      },
    };
  };
}

async function empty(database: Db, generation: string): Promise<void> {
  await Promise.all(Object.keys(INDEXES).map((name) => database.collection(`${generation}.${name}`).deleteMany({})));
}
