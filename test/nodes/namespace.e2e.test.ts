// An EventStoreDB may hold logs of several namespaces: a service says which is its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openLogToRead } from "../../src/cli/projections/sources.ts";
import { EventStoreEventLog } from "../../src/eventlog/eventstoredb/event-store-log.ts";
import { readSettings } from "../../src/settings/read-settings.ts";
import { EventStoreDouble } from "../support/event-store/double.ts";
import { startServed } from "../support/served.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

describe("a service on an EventStoreDB that holds several logs", () => {
  const double = new EventStoreDouble();
  let environment: Record<string, string>;
  beforeAll(async () => {
    const { address } = await double.start();
    for (const namespace of ["one", "two"]) {
      const log = await EventStoreEventLog.open(address, { namespace, beginBeside: true });
      await log.close();
    }
    environment = { SCIM_LEDGER_EVENT_STORE: address };
  });
  afterAll(() => double.stop());

  it("does not guess which is its own", () =>
    expect(startServed(environment)).rejects.toThrow("say which by SCIM_LEDGER_NAMESPACE"));

  it("does not say what else is there to whoever names a wrong one", async () => {
    for (const said of [{}, { SCIM_LEDGER_NAMESPACE: "tow" }])
      expect(await startServed({ ...environment, ...said }).catch(String)).not.toMatch(/one”|two/u);
  });

  it("writes to the one that the setting names, and to no other", async () => {
    await using served = await startServed({ ...environment, SCIM_LEDGER_NAMESPACE: "two" });
    const made = await served.ask("POST /scim/v2/Users", { body: { schemas: [USER], userName: "ada" } });
    expect(made.status).toBe(201);
    const typesIn = async (namespace: string) => {
      const log = await openLogToRead(settingsOf({ ...environment, SCIM_LEDGER_NAMESPACE: namespace }));
      const found = await log.readAll("0000000000000000" as never, 1_000);
      await log.close();
      expect(log.namespace).toBe(namespace);
      return found.map(({ type }) => type);
    };
    expect(await typesIn("two")).toContain("UserCreated");
    expect(await typesIn("one")).toEqual([]);
  });

  it("is not begun with a namespace that is not there, which may be mistyped, and says what to set", async () => {
    const refused = await startServed({ ...environment, SCIM_LEDGER_NAMESPACE: "tow" }).catch(String);
    expect(refused).toContain("none of the namespace “tow”: correct SCIM_LEDGER_NAMESPACE, or begin the log");
    expect(refused).toContain("SCIM_LEDGER_BEGIN_LOG=true");
  });

  it("is begun beside the others where that is asked for; a name in it has nothing to do with theirs", async () => {
    const three = { ...environment, SCIM_LEDGER_NAMESPACE: "three" };
    await using begun = await startServed({ ...three, SCIM_LEDGER_BEGIN_LOG: "true" });
    await using beside = await startServed({ ...environment, SCIM_LEDGER_NAMESPACE: "one" });
    for (const { ask } of [begun, beside])
      expect((await ask("POST /scim/v2/Users", { body: { schemas: [USER], userName: "grace" } })).status).toBe(201);
    for (const { ask } of [begun, beside])
      expect((await ask("GET /scim/v2/Users")).body).toMatchObject({ totalResults: 1 });
  });
});

const fresh = new EventStoreDouble();

describe.each([
  ["all in files", async () => ({})],
  ["the log in EventStoreDB", async () => ({ SCIM_LEDGER_EVENT_STORE: (await fresh.start()).address })],
])("a first start with a namespace, %s", (_, environment) => {
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-namespace-"));
  afterAll(() => {
    fresh.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("begins the log with it, and keeps it", async () => {
    const given = { SCIM_LEDGER_DATA: folder, ...(await environment()) };
    for (const said of [{ SCIM_LEDGER_NAMESPACE: "mine" }, {}]) {
      await using served = await startServed({ ...given, ...said });
      expect((await served.ask("GET /scim/v2/Users")).status).toBe(200);
    }
    const log = await openLogToRead(settingsOf(given));
    const [first] = await log.readAll("0000000000000000" as never, 1);
    await log.close();
    expect(first!.stream).toMatch(/^mine\./u);
    const refused = startServed({ ...given, SCIM_LEDGER_NAMESPACE: "another" });
    await expect(refused).rejects.toThrow(/not “another”|none of the namespace “another”/u);
  });
});

function settingsOf(environment: Record<string, string>) {
  const read = readSettings(environment);
  if ("problems" in read) throw new Error(read.problems.join(" "));
  return read.settings;
}
