import { describe, expect, it } from "@jest/globals";
import { Engines, withDatabase } from "../../bench/harness/engines.ts";

describe("the engines of a run", () => {
  it.each([
    ["mongodb://127.0.0.1:27017", "mongodb://127.0.0.1:27017/mine"],
    ["mongodb://127.0.0.1:27017/", "mongodb://127.0.0.1:27017/mine"],
    ["mongodb://127.0.0.1/?directConnection=true", "mongodb://127.0.0.1/mine?directConnection=true"],
    ["mongodb://u:p@a:1,b:2/theirs?replicaSet=rs0", "mongodb://u:p@a:1,b:2/mine?replicaSet=rs0&authSource=theirs"],
    ["mongodb://u:p@a:1/?authSource=admin&tls=true", "mongodb://u:p@a:1/mine?authSource=admin&tls=true"],
    ["mongodb+srv://db.example.com/theirs", "mongodb+srv://db.example.com/mine"],
  ])("have databases of their own: %s", (address, own) => {
    expect(withDatabase(address, "mine")).toBe(own);
  });

  it("never take a database twice, nor one that was there", async () => {
    const engines = new Engines({ SCIM_LEDGER_BENCH_MONGODB: "mongodb://localhost/precious" });
    const taken = [engines.database(), engines.database()];
    expect(new Set(taken).size).toBe(2);
    for (const address of taken) expect(address).toMatch(/^mongodb:\/\/localhost\/bench[0-9a-f]{12}$/u);
  });

  it("say which setting names none, or names it wrongly", () => {
    expect(() => new Engines({}).eventStore).toThrow("SCIM_LEDGER_BENCH_ESDB names no EventStoreDB");
    expect(() => new Engines({}).database()).toThrow("SCIM_LEDGER_BENCH_MONGODB names no MongoDB");
    expect(() => withDatabase("localhost:27017", "mine")).toThrow("mongodb://");
  });
});
