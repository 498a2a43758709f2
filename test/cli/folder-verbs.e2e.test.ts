// Verbs that work on a data folder, where it is not one, or where the settings keep the log elsewhere.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { temporaryFolders } from "../temporary-folder.ts";
import { runHere, startServer } from "./command.ts";

const newFolder = temporaryFolders();

it("what is done to a data folder makes none where there is no log, and says where the settings keep it", async () => {
  const folder = newFolder();
  const engines = { SCIM_LEDGER_DATA: folder, SCIM_LEDGER_EVENT_STORE: "esdb://127.0.0.1:1?tls=false" };
  const verbs = [
    ["ledger", "accept-restore", "--reason", "drill"],
    ["ledger", "check"],
    ["backup", "--to", join(folder, "backup")],
  ];
  for (const verb of verbs) {
    const { code, stderr } = await runHere(verb, engines);
    expect([code, stderr]).toEqual([2, expect.stringContaining("keep the event log in EventStoreDB")]);
    const keys = { SCIM_LEDGER_DATA: folder, SCIM_LEDGER_READ_STORE: "mongodb://127.0.0.1:1/x" };
    expect(await runHere(verb, keys)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("the keys in MongoDB"),
    });
  }
  const { code, stderr } = await runHere(["ledger", "accept-restore", "--data", folder, "--reason", "drill"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("is no data folder")]);
  expect(readdirSync(folder)).toEqual([]);
});

it("a log that is not behind its last signed head has nothing to accept, which is no fault of the program", async () => {
  const folder = newFolder();
  await (await startServer(folder)).stop();
  const { code, stderr } = await runHere(["ledger", "accept-restore", "--data", folder, "--reason", "drill"]);
  expect([code, stderr.trim()]).toEqual([1, "the log of “default” is not behind its last signed head"]);
});
