// A tenant's log moves from a data folder into EventStoreDB and back, and the service goes on with it.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { START } from "../../src/eventlog/event-log.ts";
import { EventStoreEventLog } from "../../src/eventlog/eventstoredb/event-store-log.ts";
import { SqliteLogReader } from "../../src/eventlog/sqlite/reader.ts";
import { EventStoreDouble } from "../support/event-store/double.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { ask, createUser, runHere, startServer, tokensIn } from "./command.ts";

const newFolder = temporaryFolders();
const data = newFolder();
const double = new EventStoreDouble();
let events: number;

beforeAll(async () => {
  await double.start();
  double.log.noise = 2;
  const server = await startServer(data);
  for (let i = 0; i < 10; i++) await createUser(server, tokensIn(data).provisioning, `user-${i}`);
  await server.stop();
  const reader = new SqliteLogReader(data);
  events = reader.readAll(START, 10_000).length;
  reader.close();
});
afterAll(() => double.stop());

it("a log copied into EventStoreDB and back is served as before, and its ledger is sound", async () => {
  const there = await runHere(["log", "copy", "--from", data, "--to", double.address, "--json"]);
  expect([there.code, there.stderr]).toEqual([0, ""]);
  expect(JSON.parse(there.stdout)).toMatchObject({ from: data, namespace: "scim", events, added: events });
  const back = join(newFolder(), "back");
  cpSync(data, back, {
    recursive: true,
    filter: (path) => !/(?:log|views|lock)\.db|holder\.json/u.test(path.slice(data.length)),
  });
  const returned = await runHere(["log", "copy", "--from", "SCIM_LEDGER_EVENT_STORE", "--to", back], {
    SCIM_LEDGER_EVENT_STORE: double.address,
  });
  expect([returned.code, returned.stderr]).toEqual([0, ""]);
  expect(returned.stdout).toContain(`event for event: ${events} events, ${events} of them new.`);
  const server = await startServer(back);
  const { provisioning } = tokensIn(data);
  const found = await ask(server, provisioning, 'GET /scim/v2/Users?filter=userName%20eq%20"user-7"');
  expect(JSON.parse(found.text)).toMatchObject({ totalResults: 1 });
  expect(await createUser(server, provisioning, "one-more")).toBeDefined();
  await server.stop();
  const checked = await runHere(["ledger", "check", "--data", back]);
  expect([checked.code, checked.stderr]).toEqual([0, ""]);
});

it("a copy that is started again adds what is new, and nothing else", async () => {
  const again = await runHere(["log", "copy", "--from", data, "--to", double.address, "--json"]);
  expect(JSON.parse(again.stdout)).toMatchObject({ events, added: 0 });
});

it("a log that went on by itself is not overwritten", async () => {
  const other = newFolder();
  const server = await startServer(other);
  await server.stop();
  const refused = await runHere(["log", "copy", "--from", other, "--to", double.address]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("event 1 differs");
});

it("a log of another namespace is begun beside only where that is asked for", async () => {
  const beside = await EventStoreEventLog.open(double.address, { namespace: "other", beginBeside: true });
  await beside.close();
  const ambiguous = await runHere(["log", "copy", "--from", double.address, "--to", join(newFolder(), "x")]);
  expect([ambiguous.code, ambiguous.stderr]).toEqual([1, expect.stringContaining("say which by --namespace")]);
  const named = await runHere([
    "log",
    "copy",
    "--from",
    double.address,
    "--namespace",
    "scim",
    "--to",
    join(newFolder(), "y"),
  ]);
  expect(named.code).toBe(0);
});

it.each([
  [["--from", "nowhere", "--to", "esdb://127.0.0.1:1?tls=false"], 1, "there is no event log in"],
  [["--from", "SCIM_LEDGER_EVENT_STORE", "--to", "x"], 2, "names no EventStoreDB"],
  [["--from", "x", "--to", "x"], 2, "not copied onto itself"],
])("%j is refused with a sentence", async (args, code, sentence) => {
  const refused = await runHere(["log", "copy", ...(args as string[])]);
  expect(refused.code).toBe(code);
  expect(refused.stderr).toContain(sentence);
});
