import { viewsIn } from "../../../src/readstore/mongodb/collections.ts";
import { MongoReadStore } from "../../../src/readstore/mongodb/mongo-read-store.ts";
import { describeHistoryWalks } from "../../contract/describe-history-walks.ts";
import { describeLedgerStore } from "../../contract/describe-ledger-store.ts";
import { describeMemberships } from "../../contract/describe-memberships.ts";
import type { History } from "../../projections/history.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { projectInto } from "./views.ts";

describeOnMongo("the read models in MongoDB", ({ client, database, newGeneration }) => {
  const open = async (history: History, size?: number) => {
    const generation = newGeneration();
    const catchUp = () => projectInto(database, generation, history, size === undefined ? {} : { size });
    await catchUp();
    const views = viewsIn(database, generation);
    const store = new MongoReadStore({ client, views: () => views });
    return { store, ledger: store.ledger, catchUp, [Symbol.asyncDispose]: () => store.close() };
  };
  describeMemberships("MongoReadStore", open);
  describeHistoryWalks("MongoReadStore", open);
  describeLedgerStore("MongoReadStore", open);
});
