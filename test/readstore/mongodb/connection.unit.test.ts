import { describe, expect, it } from "@jest/globals";
import { sentenceOf } from "../../../src/cli/problem.ts";
import { connectToMongo, MongoRefused, withoutCredentials } from "../../../src/readstore/mongodb/connection.ts";
import { controlOf } from "../../../src/readstore/mongodb/generations/control.ts";
import { HelloServer } from "../../support/hello-server.ts";
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

it("times that the connection string names are kept, promises are not up to it", async () => {
  await using server = await HelloServer.open({
    ...{ isWritablePrimary: true, minWireVersion: 0, maxWireVersion: 21 },
    ...{ setName: "rs0", hosts: ["127.0.0.1:1"], me: "127.0.0.1:1" },
  });
  const uri = `${server.uri}&SERVERSELECTIONTIMEOUTMS=300&maxPoolSize=7&w=1&readPreference=secondary`;
  await using connection = await connectToMongo(uri);
  const { serverSelectionTimeoutMS, maxPoolSize, connectTimeoutMS, writeConcern, readPreference } =
    connection.client.options;
  expect({ serverSelectionTimeoutMS, maxPoolSize, connectTimeoutMS }).toEqual({
    ...{ serverSelectionTimeoutMS: 300, maxPoolSize: 7, connectTimeoutMS: 5_000 },
  });
  expect(writeConcern).toMatchObject({ w: "majority" });
  expect(readPreference.mode).toBe("primary");
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

describe("a server that cannot be used", () => {
  const primary = { isWritablePrimary: true, maxWireVersion: 21, minWireVersion: 0 };
  const member = { ...primary, setName: "rs0", hosts: ["127.0.0.1:1"], me: "127.0.0.1:1" };
  it.each([
    [
      "a standalone server",
      primary,
      /^the MongoDB at mongodb:\/\/127\.0\.0\.1:\d+\/views is a standalone server, .*: make it a replica set/u,
    ],
    [
      "one before 7.0",
      { ...member, maxWireVersion: 17 },
      /is older than 7\.0: this version of scim-ledger needs 7\.0 or newer$/u,
    ],
    ["a standalone one before 7.0", { ...primary, maxWireVersion: 17 }, /standalone/u],
    ["one that the driver does not speak to", { ...member, maxWireVersion: 5 }, /is older than 7\.0/u],
    ["a router before 7.0", { ...primary, msg: "isdbgrid", maxWireVersion: 17 }, /is older than 7\.0/u],
    [
      "a secondary that is named alone",
      { ...member, isWritablePrimary: false, secondary: true },
      /is not the primary of its replica set/u,
    ],
  ])("is refused in one sentence, before anything is asked of it: %s", async (_, says, sentence) => {
    await using server = await HelloServer.open(says);
    const refused: unknown = await connectToMongo(`${server.uri}&serverSelectionTimeoutMS=300`).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(MongoRefused);
    expect(sentenceOf(refused)).toMatch(sentence);
    expect(sentenceOf(refused)).not.toContain("\n");
    expect(server.commands.filter((command) => command !== "endSessions")).toEqual([]);
  });

  it.each([
    [
      "says nothing more",
      undefined,
      /^the MongoDB at .*\/views cannot be reached: MongoDB did not answer within 300 ms$/u,
    ],
    [
      "does not permit it",
      { ok: 0, code: 13, codeName: "Unauthorized", errmsg: "not authorized on views to execute command { secret }" },
      /^MongoDB did not permit what is needed: .*readWrite/u,
    ],
  ])("is refused in one sentence, within a bounded time: one that %s", async (_, answer, sentence) => {
    await using server = await HelloServer.open(member, () => answer);
    const [uri, since] = [`${server.uri}&serverSelectionTimeoutMS=300`, performance.now()];
    const refused: unknown = await connectToMongo(uri, { fitWithin: 300 }).catch((error: unknown) => error);
    expect(performance.now() - since).toBeLessThan(3_000);
    expect(sentenceOf(refused)).toMatch(sentence);
    expect(sentenceOf(refused)).not.toMatch(/secret|\n/u);
  });

  it("is none that is a primary of 7.0 in a replica set", async () => {
    await using server = await HelloServer.open(member);
    await using connection = await connectToMongo(server.uri);
    expect(connection.database.databaseName).toBe("views");
  });
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
