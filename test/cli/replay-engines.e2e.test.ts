// Replay of a service whose log is in EventStoreDB (its double), with keys in a folder or in MongoDB: the same history as in a
// folder into which the log was copied, and nothing is written by looking.
import { cpSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { viewsIn } from "../../src/readstore/mongodb/collections.ts";
import { connectToMongo } from "../../src/readstore/mongodb/connection.ts";
import { servingIn } from "../../src/readstore/mongodb/generations/generations.ts";
import { EventStoreDouble } from "../support/event-store/double.ts";
import { MONGODB_URI } from "../support/mongodb.ts";
import { startServed } from "../support/served.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { runHere } from "./command.ts";

const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const newFolder = temporaryFolders();
const empty = new EventStoreDouble();
const databaseOf = (uri: string) => uri.replace(/\/(?=\?|$)/u, `/replay_${process.pid}`);

const combinations = [
  { name: "keys and read models in the data folder", settings: {} as Record<string, string> },
  ...(MONGODB_URI === undefined
    ? []
    : [
        {
          name: "keys and read models in MongoDB",
          settings: {
            SCIM_LEDGER_READ_STORE: databaseOf(MONGODB_URI),
            SCIM_LEDGER_BASE_URL: "https://id.example.com",
          },
        },
      ]),
];

beforeAll(async () => void (await empty.start()));
afterAll(() => empty.stop());

describe.each(combinations)("scim-ledger replay, with the log in EventStoreDB and $name", ({ settings }) => {
  const data = newFolder();
  const double = new EventStoreDouble();
  let env: Record<string, string> = {};
  let ada = "";
  afterAll(() => double.stop());

  it("shows what the service showed, without it", async () => {
    await double.start();
    env = { SCIM_LEDGER_DATA: data, SCIM_LEDGER_EVENT_STORE: double.address, ...settings };
    const served = await startServed(env);
    const send = async (line: string, body?: object) => {
      const headers = { "X-Request-Id": "sync" };
      return (await served.ask(line.replace(" ", " /scim/v2"), { headers, ...(body === undefined ? {} : { body }) }))
        .body;
    };
    ada = String((await send("POST /Users", { schemas: [USER], userName: "ada", title: "engineer" }))["id"]);
    await send("POST /Groups", { schemas: [GROUP], displayName: "engineers", members: [{ value: ada }] });
    const operation = { op: "replace", path: "title", value: "countess" };
    await send(`PATCH /Users/${ada}`, { schemas: [PATCH_OP], Operations: [operation] });
    const shown = await send(`GET /Users/${ada}`);
    expect(shown).toMatchObject({ title: "countess", groups: [{ display: "engineers" }] });
    await served[Symbol.asyncDispose]();
    const base = settings["SCIM_LEDGER_BASE_URL"] ?? served.url;
    const { stdout, stderr } = await runHere(["replay", "state", `users/${ada}`, "--base-url", base], env);
    expect(JSON.parse(stdout)).toEqual(shown);
    expect(stderr).toContain("such a reading is not recorded");
  });

  it.each([
    ["state", () => []],
    ["diff", () => ["--from", "0"]],
    ["step", () => [`users/${ada}`]],
    ["blame", () => [`users/${ada}`]],
    ["trace", () => ["--request", "sync"]],
    ["what-if", () => ["--request", "sync"]],
    ["revert-plan", () => ["--request", "sync"]],
  ])("answers, and writes nothing: %s", async (verb, args) => {
    const before = double.log.events.length;
    const { code, stdout, stderr } = await runHere(["replay", verb, ...args(), "--json"], env);
    expect([verb, code, stderr]).toEqual([verb, 0, expect.any(String)]);
    expect(stdout).toMatch(/(?:H|h)ash[^:]*":"[0-9a-f]{64}/u);
    expect(double.log.events.length).toBe(before);
  });

  it("holds the read models that serve to ones that are built from zero", async () => {
    const { code, stdout } = await runHere(["replay", "check", "--deep"], env);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^the read models are what the log says, up to position/u),
    ]);
    const views = settings["SCIM_LEDGER_READ_STORE"];
    if (views === undefined) return;
    await using mongo = await connectToMongo(views);
    const { resources } = viewsIn(mongo.database, (await servingIn(mongo.database)).current);
    const forged = { $set: { body: { $replaceAll: { input: "$body", find: "countess", replacement: "queen" } } } };
    expect(await resources.updateOne({ id: ada }, [forged])).toMatchObject({ modifiedCount: 1 });
    const told = await runHere(["replay", "check"], env);
    expect([told.code, told.stdout]).toEqual([
      1,
      expect.stringMatching(/^they differ, tenant default: User .*queen/su),
    ]);
  });

  it("has the state hash of a folder into which the log was copied", async () => {
    if ("SCIM_LEDGER_READ_STORE" in settings) return;
    const copy = join(newFolder(), "copy");
    cpSync(data, copy, { recursive: true, filter: (path) => !/views\.db|lock\.db|holder\.json/u.test(path) });
    expect(await runHere(["log", "copy", "--from", double.address, "--to", copy])).toMatchObject({ code: 0 });
    const hashOf = async (args: readonly string[], of: Record<string, string>) =>
      /state hash ([0-9a-f]{64})/u.exec((await runHere(["replay", "state", ...args], of)).stdout)?.[1];
    const hash = await hashOf([], env);
    expect(hash).toBeDefined();
    expect(await hashOf(["--data", copy], {})).toBe(hash);
  });

  it("makes nothing where there is nothing", async () => {
    const nowhere = newFolder();
    const none = { ...env, SCIM_LEDGER_DATA: nowhere, SCIM_LEDGER_EVENT_STORE: empty.address };
    const { code, stderr } = await runHere(["replay", "state"], none);
    expect([code, stderr]).toEqual([1, expect.stringContaining("holds no log of this service")]);
    expect(empty.log.events.filter(({ stream }) => stream.startsWith("scim"))).toEqual([]);
    const keyless = await runHere(["replay", "state"], { ...env, SCIM_LEDGER_DATA: nowhere });
    expect([keyless.code, existsSync(nowhere) ? readdirSync(nowhere) : []]).toEqual([1, []]);
  });
});
