// The keys of a data folder move into a vault in MongoDB, and open what the service has written. They go back in
// `there-and-back.e2e.test.ts`.
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { openEvents } from "../../src/eventlog/codec.ts";
import { START } from "../../src/eventlog/event-log.ts";
import { SqliteLogReader } from "../../src/eventlog/sqlite/reader.ts";
import { HeadFiles } from "../../src/ledger/file/head-files.ts";
import { KeyFile } from "../../src/ledger/file/key-file.ts";
import { HeadDocuments } from "../../src/ledger/mongodb/head-documents.ts";
import { openKeyDocument } from "../../src/ledger/mongodb/key-document.ts";
import { wrappingBy } from "../../src/stores/take-over-ledger.ts";
import { rootKeyIn } from "../../src/vault/key-service.ts";
import { openMongoVault } from "../../src/vault/mongodb/vault.ts";
import { describeOnMongo } from "../support/mongodb.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { createUser, runHere, startServer, tokensIn } from "./command.ts";

const newFolder = temporaryFolders();

it("keys are copied nowhere where the settings keep them in files, and from no folder without a vault", async () => {
  const empty = newFolder();
  const none = await runHere(["keys", "copy", "--from", empty]);
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining(`there is no vault in ${empty}`)]);
  const data = newFolder();
  await (await startServer(data)).stop();
  const files = await runHere(["keys", "copy", "--from", data]);
  expect([files.code, files.stderr]).toEqual([2, expect.stringContaining("name a MongoDB with SCIM_LEDGER_KEYS")]);
  for (const ends of [[], ["--from", data, "--to", empty]]) {
    const unclear = await runHere(["keys", "copy", ...ends]);
    expect([unclear.code, unclear.stderr]).toEqual([2, expect.stringContaining("say --from or --to")]);
  }
});

describeOnMongo("keys in MongoDB", ({ uri, client, database }) => {
  it("open every event of the folder that they were copied from, sign its ledger as before, and are copied once", async () => {
    const [data, rootKey] = [newFolder(), join(newFolder(), "root.key")];
    const server = await startServer(data);
    for (let i = 0; i < 5; i++) await createUser(server, tokensIn(data).provisioning, `user-${i}`);
    await server.stop();

    const own = new URL(uri);
    own.pathname = `/${database.databaseName}`;
    const env = { SCIM_LEDGER_KEYS: own.href, SCIM_LEDGER_ROOT_KEY: rootKey };
    const copied = await runHere(["keys", "copy", "--from", data, "--json"], env);
    expect([copied.code, copied.stderr]).toEqual([0, ""]);
    expect(JSON.parse(copied.stdout)).toMatchObject({ from: data, to: database.databaseName, tenants: 2 });

    const vault = await openMongoVault({ database: client.db(database.databaseName), openService: rootKeyIn(rootKey) });
    const log = new SqliteLogReader(data);
    const opened = await openEvents(log.readAll(START, 1_000), (tenant, key) => vault.open(tenant, key));
    log.close();
    const created = opened.filter(({ envelope }) => envelope.type === "UserCreated");
    expect(created).toHaveLength(5);
    expect(opened.filter(({ personal }) => personal === "erased")).toEqual([]);

    const folder = join(data, "ledger");
    const wrapping = wrappingBy(await rootKeyIn(rootKey)("existing"));
    const [signing, heads] = [KeyFile.open(folder), new HeadFiles(folder)];
    const taken = await openKeyDocument(client.db(database.databaseName), "another.example/ledger/v1", wrapping);
    const known = await HeadDocuments.open(client.db(database.databaseName));
    expect(heads.tenants()).toContain("default");
    expect(known.tenants()).toEqual(heads.tenants());
    for (const tenant of heads.tenants()) expect(known.last(tenant)).toBe(heads.last(tenant));
    expect(taken.name).toBe(signing.name);

    const again = await runHere(["keys", "copy", "--from", data], env);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("has keys of its own")]);

    const refused = async (to: string, why: string) => {
      const { code, stderr } = await runHere(["keys", "copy", "--to", to], env);
      expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
    };
    await refused(data, "has keys of its own in vault.db");
    const [stranger, later] = [newFolder(), newFolder()];
    KeyFile.openOrMake(join(stranger, "ledger"), "id.example.com/ledger/v1");
    await refused(stranger, "has other keys of a ledger");
    cpSync(folder, join(later, "ledger"), { recursive: true });
    new HeadFiles(join(later, "ledger")).keep("default", heads.last("default")!.replace(/\n\d+\n/u, "\n999\n"));
    await refused(later, "has a later head of the ledger of “default”");
    for (const untouched of [stranger, later]) expect(existsSync(join(untouched, "vault.db"))).toBe(false);
  });
});
