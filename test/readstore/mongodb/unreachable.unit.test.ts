// A MongoDB that does not answer makes reads unavailable, which is told from what can be found in no time.
import { describe, expect, it } from "@jest/globals";
import { MongoClient, MongoNetworkTimeoutError, MongoServerError } from "mongodb";
import { sentenceOf } from "../../../src/cli/problem.ts";
import { Unavailable } from "../../../src/eventlog/event-log.ts";
import { viewsIn } from "../../../src/readstore/mongodb/collections.ts";
import { mongoReadStore } from "../../../src/readstore/mongodb/mongo-read-store.ts";
import { asUnavailable } from "../../../src/readstore/mongodb/reading/unreachable.ts";
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

  it.each([
    ["a silent connection", new MongoNetworkTimeoutError("connection 1 to db.example:27017 timed out"), /db\.example/u],
    ["our own timer", new MongoNetworkTimeoutError("MongoDB did not answer within 10 ms"), /10 ms$/u],
    ["one that stops", new MongoServerError({ message: "{ userName: 'ada' }", code: 91 }), /error 91/u],
    ["one that permits it not", new MongoServerError({ message: "{ userName: 'ada' }", code: 13 }), /readWrite/u],
  ])("is one sentence for whoever typed a command: %s", (_, error, sentence) => {
    expect(sentenceOf(error)).toMatch(sentence);
    expect(sentenceOf(error)).not.toMatch(/ada|\n/u);
  });

  it("is told from a fault of the program", () => {
    expect(sentenceOf(new MongoServerError({ message: "unknown operator", code: 2 }))).toBeUndefined();
  });

  it("is told from one that refuses a query", () => {
    const stepped = new MongoServerError({ message: "not primary", code: 10107 });
    expect(asUnavailable(stepped)).toBeInstanceOf(Unavailable);
    const refused = new MongoServerError({ message: "unknown operator", code: 2 });
    expect(asUnavailable(refused)).toBe(refused);
  });
});
