import { expect, it } from "@jest/globals";
import { sentenceOf } from "../../../src/cli/problem.ts";
import { connectToMongo, MongoRefused, withoutCredentials } from "../../../src/readstore/mongodb/connection.ts";
import { controlOf } from "../../../src/readstore/mongodb/control.ts";
import { describeOnMongo } from "../../support/mongodb.ts";

it("an address is shown without its credentials and options", () => {
  expect(withoutCredentials("mongodb://ada:p%40ss@a:1,b:2/views?replicaSet=r")).toBe("mongodb://a:1,b:2/views");
  expect(withoutCredentials("mongodb+srv://ada:pass@cluster.example")).toBe("mongodb+srv://cluster.example");
  expect(withoutCredentials("mongodb://a")).toBe("mongodb://a");
});

it("what is no address is refused without being quoted", async () => {
  const refused = connectToMongo("mongodb://ada:secret@:99999/x?nonsense=1");
  await expect(refused).rejects.toThrow("is no connection string of MongoDB");
  await expect(refused).rejects.not.toThrow("secret");
});

it("a server that is not there is named without credentials", async () => {
  const refused = connectToMongo(
    "mongodb://ada:secret@127.0.0.1:1/views?serverSelectionTimeoutMS=300&authSource=admin",
  );
  await expect(refused).rejects.toThrow("127.0.0.1:1");
  await expect(refused).rejects.not.toThrow("secret");
});

it.each([
  ["nobody listens", "mongodb://ada:secret@127.0.0.1:1/views?serverSelectionTimeoutMS=300"],
  ["no host has the name", "mongodb://ada:secret@nobody.invalid/views?serverSelectionTimeoutMS=300"],
  ["no name is kept of the cluster", "mongodb+srv://ada:secret@nobody.invalid/views"],
])("where %s, that is one sentence for whoever started it, and no fault of the program", async (_, uri) => {
  const refused: unknown = await connectToMongo(uri).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(MongoRefused);
  const sentence = sentenceOf(refused);
  expect(sentence).toContain("cannot be reached");
  expect(sentence).not.toMatch(/secret|HOST|\n/);
});

describeOnMongo("a connection", ({ database, uri }) => {
  const own = (): string => {
    const url = new URL(uri);
    url.pathname = `/${database.databaseName}`;
    return url.href;
  };

  it("says the format of a database, once, and refuses a newer one", async () => {
    for (const _ of ["new", "known"]) {
      await using mongo = await connectToMongo(own());
      expect(mongo.database.databaseName).toBe(database.databaseName);
    }
    await controlOf(database).updateOne({ _id: "format" }, { $set: { version: 2 } });
    await expect(connectToMongo(own())).rejects.toThrow("is of format 2, this version of scim-ledger knows 1");
  });
});
