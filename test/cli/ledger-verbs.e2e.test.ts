// The verbs of “scim-ledger ledger”, asked wrongly: each says in a sentence what is wrong, and changes nothing.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { openLedger } from "../../src/embedded/open-ledger.ts";
import { systemClock } from "../../src/eventlog/clock.ts";
import { startEmbedded } from "../support/embedded.ts";
import { client } from "../support/requests.ts";
import { runHere } from "./command.ts";

const root = mkdtempSync(join(tmpdir(), "scim-ledger-verbs-"));
const data = join(root, "data");
let keys = "";

beforeAll(async () => {
  await using embedded = await startEmbedded({ tenants: ["acme"] });
  await client(embedded).createUser({ userName: "ada" });
  const { checkpoints } = await openLedger(embedded.stores, {
    folder: join(embedded.folder, "ledger"),
    clock: systemClock(),
  });
  await checkpoints.signAll();
  await embedded.restart((folder) => cpSync(folder, data, { recursive: true }));
  keys = readFileSync(join(data, "ledger", "ledger.key"), "utf8");
});
afterAll(() => rmSync(root, { recursive: true }));

const REASON = ["--reason", "the disk failed"];
const ACME = ["--tenant", "acme"];

it.each([
  [
    "a restore that there was not",
    ["accept-restore", ...ACME, ...REASON],
    1,
    "the log of “acme” is not behind its last signed head",
  ],
  [
    "a tenant that is not there",
    ["accept-restore", "--tenant", "nobody", ...REASON],
    1,
    "there is no ledger of “nobody”",
  ],
  ["a restore for no reason", ["accept-restore", ...ACME, "--reason", " "], 2, "--reason must be"],
  ["a restore for a long one", ["accept-restore", ...ACME, "--reason", "x".repeat(201)], 2, "--reason must be"],
  [
    "keys that both sign for ever",
    ["rotate-keys", "--days", "99999999999"],
    2,
    "--days must be a whole number from 0 to 3650",
  ],
  ["keys that both sign for half a day", ["rotate-keys", "--days", "0.5"], 2, "--days must be a whole number"],
  ["keys of a tenant that is not there", ["vkey", "--tenant", "nobody"], 1, "there is no ledger of “nobody”"],
] as const)("%s", async (_, words, code, says) => {
  const found = await runHere(["ledger", ...words, "--data", data]);
  expect(found).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(says) });
  expect(found.stderr.trim().split("\n")).toHaveLength(1);
  expect(readFileSync(join(data, "ledger", "ledger.key"), "utf8")).toBe(keys);
});

it.each(["status", "vkey", "check"])("%s of a folder that is not there", async (verb) => {
  const nowhere = join(root, "nowhere");
  expect(await runHere(["ledger", verb, "--data", nowhere])).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining(`there is no data folder ${nowhere}`),
  });
  expect(existsSync(nowhere)).toBe(false);
});

it("reading makes no folder for heads that are not there", async () => {
  rmSync(join(data, "ledger", "heads"), { recursive: true });
  expect(await runHere(["ledger", "check", "--data", data])).toMatchObject({ code: 0 });
  expect(existsSync(join(data, "ledger", "heads"))).toBe(false);
});
