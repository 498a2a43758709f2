// A MongoDB, or an engine that speaks its protocol, for the suites that need one: `SCIM_LEDGER_TEST_MONGODB` names it.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe } from "@jest/globals";
import { type Db, MongoClient } from "mongodb";
import { didNotRun } from "./did-not-run.ts";

export const MONGODB_URI = process.env["SCIM_LEDGER_TEST_MONGODB"];

/** A database of this suite's own, dropped at its end. */
export interface TestDatabase {
  readonly uri: string;
  readonly client: MongoClient;
  readonly database: Db;
  /** A name that nothing in the database bears yet: a generation of its own for each history. */
  newGeneration(): string;
}

/** A suite on a fresh database; without a server it says in one line that it did not run. */
export function describeOnMongo(name: string, suite: (mongo: TestDatabase) => void): void {
  if (MONGODB_URI === undefined) {
    didNotRun(name, "SCIM_LEDGER_TEST_MONGODB names no MongoDB");
    return;
  }
  const uri = MONGODB_URI;
  describe(name, () => {
    const client = new MongoClient(uri, { appName: "scim-ledger test", serverSelectionTimeoutMS: 5_000 });
    const database = client.db(`test_${randomBytes(6).toString("hex")}`);
    let generations = 0;
    beforeAll(async () => void (await client.connect()));
    afterAll(async () => {
      await database.dropDatabase();
      await client.close();
    });
    suite({ uri, client, database, newGeneration: () => `g${++generations}` });
  });
}
