// Keys that are refused leave nothing open: a process that cannot start has to end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, jest } from "@jest/globals";
import { MongoClient } from "mongodb";
import { readSettings } from "../../src/settings/read-settings.ts";
import { openKeys } from "../../src/stores/open-keys.ts";
import { describeOnMongo } from "../support/mongodb.ts";

const root = mkdtempSync(join(tmpdir(), "scim-ledger-keys-"));
afterAll(() => rmSync(root, { recursive: true }));

describeOnMongo("keys in a MongoDB of their own", ({ uri, database }) => {
  it("that are refused, for another root key, leave no connection open", async () => {
    const address = new URL(uri);
    address.pathname = `/${database.databaseName}`;
    const read = readSettings({ SCIM_LEDGER_KEYS: address.href });
    if (!("settings" in read)) throw new Error(JSON.stringify(read));
    const folders = ["one", "other"].map((name) => mkdtempSync(join(root, name)));
    const first = await openKeys(folders[0]!, read.settings, undefined);
    await first[Symbol.asyncDispose]();
    const closed = jest.spyOn(MongoClient.prototype, "close");
    await expect(openKeys(folders[1]!, read.settings, undefined)).rejects.toThrow("root key");
    expect(closed).toHaveBeenCalledTimes(1);
    closed.mockRestore();
  });
});
