// Read models in MongoDB are looked at and built anew while the service runs.
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { openLogToRead } from "../../src/cli/projections/sources.ts";
import { settingsOf } from "../../src/cli/settings.ts";
import { connectToMongo } from "../../src/readstore/mongodb/connection.ts";
import { Building } from "../../src/readstore/mongodb/generations/building.ts";
import { EventStoreDouble } from "../support/event-store/double.ts";
import { describeOnMongo } from "../support/mongodb.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { ask, createUser, run, runHere, startServer, tokensIn } from "./command.ts";

const newFolder = temporaryFolders();

it("read models in the data folder are not built beside others, and it is said what to do", async () => {
  const { code, stderr } = await runHere(["projections", "rebuild"], { SCIM_LEDGER_DATA: newFolder() });
  expect([code, stderr]).toEqual([2, expect.stringContaining("delete views.db, and start it")]);
});

it("authorities that are of EventStoreDB alone are not asked for by a connection to MongoDB without TLS", async () => {
  const { code, stderr } = await runHere(["projections", "status"], {
    SCIM_LEDGER_DATA: newFolder(),
    SCIM_LEDGER_READ_STORE: "mongodb://127.0.0.1:9/x",
    SCIM_LEDGER_STORE_CA: join(newFolder(), "absent.pem"),
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining("ECONNREFUSED")]);
});

it("an event store without a log is not given one by whoever looks", async () => {
  const double = await new EventStoreDouble().start();
  try {
    const settings = settingsOf({ SCIM_LEDGER_DATA: newFolder(), SCIM_LEDGER_EVENT_STORE: double.address });
    await expect(openLogToRead(settings)).rejects.toThrow("a service that has started begins it");
    expect(double.log.stream("scim-ledger-logs")).toEqual([]);
  } finally {
    double.stop();
  }
});

describeOnMongo("the verb projections", ({ uri, client, database }) => {
  it("ends where the keys cannot be opened, with the log open already", async () => {
    const double = await new EventStoreDouble().start();
    const address = new URL(uri);
    address.pathname = `/${database.databaseName}_other`;
    const env = (rootKey: string) => ({
      SCIM_LEDGER_DATA: newFolder(),
      SCIM_LEDGER_EVENT_STORE: double.address,
      SCIM_LEDGER_READ_STORE: address.href,
      SCIM_LEDGER_ROOT_KEY: join(newFolder(), rootKey),
      SCIM_LEDGER_BASE_URL: "https://id.example.com",
    });
    const first = env("root.key");
    const server = await startServer(first.SCIM_LEDGER_DATA, first);
    await server.stop();
    const { code, stderr } = await run(["projections", "rebuild"], env("another.key"));
    double.stop();
    for (const left of ["_other", "_other_keys"]) await client.db(database.databaseName + left).dropDatabase();
    expect([code, stderr]).toEqual([1, expect.stringContaining("has a root key already")]);
  }, 60_000);

  it("builds the read models anew while the service runs", async () => {
    const data = newFolder();
    const address = new URL(uri);
    address.pathname = `/${database.databaseName}`;
    const env = { SCIM_LEDGER_DATA: data, SCIM_LEDGER_READ_STORE: address.href, SCIM_LEDGER_KEYS: "file" };
    const server = await startServer(data, env);
    const { provisioning } = tokensIn(data);
    for (let n = 0; n < 5; n++) expect(await createUser(server, provisioning, `user-${n}`)).toBeDefined();

    const rebuilt = await runHere(["projections", "rebuild", "--json"], env);
    expect([rebuilt.code, rebuilt.stderr]).toEqual([0, ""]);
    const [report] = rebuilt.stdout
      .trim()
      .split("\n")
      .slice(-1)
      .map((line) => JSON.parse(line));
    expect(report).toMatchObject({ serves: "v2", before: "v1", events: expect.any(Number) });

    expect(await createUser(server, provisioning, "after")).toBeDefined();
    for (const name of ["user-3", "after"]) {
      const found = await ask(server, provisioning, `GET /scim/v2/Users?filter=userName%20eq%20"${name}"`);
      expect(JSON.parse(found.text)).toMatchObject({ totalResults: 1 });
    }
    const status = JSON.parse((await runHere(["projections", "status", "--json"], env)).stdout);
    expect(status).toMatchObject({ serves: "v2", building: null, retired: ["v1"] });
    expect(status.position).toBe(status.head);

    await using mongo = await connectToMongo(address.href);
    const other = await Building.begin(mongo.database, "another");
    const refused = await runHere(["projections", "rebuild"], env);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("are being built in")]);
    await other.stop();
    const said = await runHere(["projections", "status"], env);
    expect(said.stdout).toContain("by another, who stopped");
    await server.stop();
  }, 60_000);
});
