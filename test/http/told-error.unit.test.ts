// What a log line and a terminal are told of an error.
import { describe, expect, it } from "@jest/globals";
import { MongoBulkWriteError, MongoServerError } from "mongodb";
import { createLogger } from "../../src/http/log.ts";
import { textOfError, toldError } from "../../src/http/told-error.ts";
import { VaultUnavailable } from "../../src/vault/key-vault.ts";
import { describeOnMongo } from "../support/mongodb.ts";

const PERSON = "ada@example.com";

const logged = (error: unknown): string => {
  const lines: string[] = [];
  createLogger("info", { write: (line) => void lines.push(line) }).error({ err: error }, "it failed");
  return lines.join("");
};

describe("an error is told", () => {
  it("with its message, its code, where it was thrown and what caused it", () => {
    const cause = Object.assign(new Error("no space is left"), { code: "ENOSPC" });
    const line = JSON.parse(logged(new VaultUnavailable("the keys cannot be written", { cause })));
    expect(line).toMatchObject({
      level: "error",
      msg: "it failed",
      err: {
        type: "VaultUnavailable",
        message: "the keys cannot be written",
        stack: expect.stringMatching(/^VaultUnavailable: the keys cannot be written\n {4}at /),
        cause: { type: "Error", message: "no space is left", code: "ENOSPC" },
      },
    });
  });

  it("without any other field of it", () => {
    const error = Object.assign(new Error("failed"), { document: { userName: PERSON } });
    expect(Object.keys(toldError(error)!)).toEqual(["type", "message", "stack"]);
    expect(logged(error)).not.toContain(PERSON);
  });

  it("only so deep in its causes", () => {
    const error = new Error("goes round");
    error.cause = error;
    expect(logged(error).match(/goes round/gu)!.length).toBeLessThan(20);
  });

  it("by the messages of several where it has none, as of a host with several addresses", () => {
    const several = new AggregateError([new Error("::1 refused"), new Error("127.0.0.1 refused")]);
    expect(toldError(several)).toMatchObject({ type: "AggregateError", message: "::1 refused; 127.0.0.1 refused" });
  });

  it("as what it is where it is none", () => {
    expect(JSON.parse(logged("thrown as a text")).err).toBe("thrown as a text");
    expect(textOfError(undefined)).toBe("undefined");
  });
});

describe("what MongoDB says of a document is not repeated", () => {
  const duplicate = new MongoServerError({
    message: `E11000 duplicate key error collection: v1.resources index: byKey dup key: { keys: "userName\0${PERSON}" }\n}`,
    code: 11_000,
    codeName: "DuplicateKey",
    keyValue: { keys: PERSON },
  });
  const errors = {
    "by a server's error": duplicate,
    "by a bulk write's": new MongoBulkWriteError(
      {
        message: duplicate.message,
        code: 11_000,
        writeErrors: [{ err: { op: { document: { body: PERSON } } } }],
      } as never,
      {} as never,
    ),
    "by what it caused": new Error("the batch could not be written", { cause: duplicate }),
  };
  it.each(Object.entries(errors))("%s", (_, error) => {
    for (const told of [logged(error), textOfError(error), JSON.stringify(toldError(error))]) {
      expect(told).not.toContain(PERSON);
      expect(told).toContain("MongoDB answered with error 11000");
    }
  });
});

describeOnMongo("the errors of a server", ({ database }) => {
  it("are told without the values that they quote", async () => {
    const people = database.collection<{ _id: number; userName: string }>("people");
    await people.createIndex({ userName: 1 }, { unique: true });
    await people.insertOne({ _id: 1, userName: PERSON });
    const again = { _id: 2, userName: PERSON };
    const insert = await people.insertOne(again).catch((error: unknown) => error);
    const bulk = await people.bulkWrite([{ insertOne: { document: again } }]).catch((error: unknown) => error);
    const update = await people
      .updateOne({ _id: 1 }, { $inc: { userName: 1 } } as never)
      .catch((error: unknown) => error);
    for (const error of [insert, bulk, update]) {
      expect(error).toBeInstanceOf(MongoServerError);
      expect(logged(error)).not.toContain(PERSON);
      expect(textOfError(error)).not.toContain(PERSON);
    }
  });
});
