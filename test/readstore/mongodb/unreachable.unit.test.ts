// A MongoDB that does not answer makes reads unavailable, which is told from what can be found in no time.
import { describe, expect, it } from "@jest/globals";
import { MongoClient, MongoServerError } from "mongodb";
import { Unavailable } from "../../../src/eventlog/event-log.ts";
import { viewsIn } from "../../../src/readstore/mongodb/collections.ts";
import { mongoReadStore } from "../../../src/readstore/mongodb/mongo-read-store.ts";
import { asUnavailable } from "../../../src/readstore/mongodb/unreachable.ts";
import { userType } from "../../../src/scim/schema/resource-types.ts";

describe("a MongoDB that is not there", () => {
  it("makes every kind of read unavailable, once its selection has been given up", async () => {
    const client = new MongoClient("mongodb://127.0.0.1:9/?directConnection=true", { serverSelectionTimeoutMS: 50 });
    try {
      const views = viewsIn(client.db("none"), "g1");
      const store = mongoReadStore({ client, views: () => views });
      await expect(store.get("acme", "User", "x")).rejects.toBeInstanceOf(Unavailable);
      await expect(
        store.query({ tenant: "acme", of: [{ type: userType }], startIndex: 1, count: 1 }),
      ).rejects.toBeInstanceOf(Unavailable);
      await expect(store.walk({ tenant: "acme", of: [{ type: userType }], count: 1 })).rejects.toBeInstanceOf(
        Unavailable,
      );
    } finally {
      await client.close();
    }
  });

  it("is told from one that refuses a query", () => {
    const stepped = new MongoServerError({ message: "not primary", code: 10107 });
    expect(asUnavailable(stepped)).toBeInstanceOf(Unavailable);
    const refused = new MongoServerError({ message: "unknown operator", code: 2 });
    expect(asUnavailable(refused)).toBe(refused);
  });
});
