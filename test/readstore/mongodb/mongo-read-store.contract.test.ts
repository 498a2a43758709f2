import { jest } from "@jest/globals";
import { describeHistoryWalks } from "../../contract/describe-history-walks.ts";
import { describeLedgerStore } from "../../contract/describe-ledger-store.ts";
import { describeMemberships } from "../../contract/describe-memberships.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { openIn } from "./opened.ts";

// Each history is projected into a database elsewhere.
jest.setTimeout(180_000);

describeOnMongo("the read models in MongoDB", (mongo) => {
  const open = openIn(mongo);
  describeMemberships("MongoReadStore", open);
  describeHistoryWalks("MongoReadStore", open);
  describeLedgerStore("MongoReadStore", open);
});
