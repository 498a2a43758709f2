// The drill: a backup is taken while writes go on, restored elsewhere, served, and compared.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openWithVault } from "../../src/cli/inspect.ts";
import { DataFolder } from "../../src/embedded/data-folder.ts";
import { sealEvent } from "../../src/eventlog/codec.ts";
import { readEnvelope } from "../../src/eventlog/envelope.ts";
import { START } from "../../src/eventlog/event-log.ts";
import { SqliteLogReader } from "../../src/eventlog/sqlite/reader.ts";
import { SqliteLogWriter } from "../../src/eventlog/sqlite/writer.ts";
import { dumpOf } from "../readstore/dump.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { ask, createUser, run, runHere, type Server, startServer, type Tokens, tokensIn } from "./command.ts";

const newFolder = temporaryFolders();
/** The same in every place, so that answers are the same bytes. */
const env = { SCIM_LEDGER_BASE_URL: "https://scim.example.com" };
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

const data = newFolder();
const taken = join(newFolder(), "backup");
let tokens: Tokens;
/** Path → what a GET answered before the backup. */
let before: Map<string, string>;

const readAll = async (server: Server, paths: Iterable<string>): Promise<Map<string, string>> =>
  new Map(
    await Promise.all(
      [...paths].map(async (path) => {
        const { status, text } = await ask(server, tokens.provisioning, `GET ${path}`);
        return [path, `${status} ${text}`] as const;
      }),
    ),
  );

beforeAll(async () => {
  const server = await startServer(data, env);
  tokens = tokensIn(data);
  const ids = await Promise.all(
    Array.from({ length: 40 }, (_, i) => createUser(server, tokens.provisioning, `before-${i}`)),
  );
  const body = { schemas: [GROUP], displayName: "All", members: ids.map((value) => ({ value })) };
  const group = await ask(server, tokens.provisioning, "POST /scim/v2/Groups", body);
  before = await readAll(server, [
    ...ids.map((id) => `/scim/v2/Users/${id}`),
    `/scim/v2/Groups/${JSON.parse(group.text).id}`,
  ]);
  let writing = true;
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let i = 0; writing; i++) await createUser(server, tokens.provisioning, `during-${writer}-${i}`);
  });
  const backup = await run(["backup", "--data", data, "--to", taken, "--json"]);
  writing = false;
  await Promise.all(writers);
  await server.stop();
  expect(backup.stderr).toBe("");
  expect(backup.code).toBe(0);
});

const copyOfBackup = (): string => {
  const folder = newFolder();
  cpSync(taken, folder, { recursive: true });
  return folder;
};

describe("a backup taken while writes go on", () => {
  it("is for its owner alone, and says what it holds", () => {
    expect(statSync(taken).mode & 0o777).toBe(0o700);
    expect(readdirSync(taken).sort()).toEqual([
      "ledger.key",
      "log.db",
      "manifest.json",
      "root.key",
      "vault.db",
      "views.db",
    ]);
    for (const name of readdirSync(taken)) expect(statSync(join(taken, name)).mode & 0o777).toBe(0o600);
    const { positions, files } = JSON.parse(readFileSync(join(taken, "manifest.json"), "utf8"));
    expect(positions.views <= positions.log).toBe(true);
    expect(files.map(({ name }: { name: string }) => name)).toEqual([
      "views.db",
      "log.db",
      "vault.db",
      "root.key",
      "ledger.key",
    ]);
  });

  it("is restored elsewhere with everything that was acknowledged before it, and equals its own rebuild", async () => {
    const elsewhere = join(newFolder(), "data");
    const restored = await runHere(["restore", "--from", taken, "--data", elsewhere]);
    expect([restored.code, restored.stderr]).toEqual([0, ""]);
    const server = await startServer(elsewhere, env);
    expect(server.output.stdout).not.toContain("first start");
    expect(await readAll(server, before.keys())).toEqual(before);
    await server.stop();
    const served = dumpOf(elsewhere);
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(elsewhere, `views.db${suffix}`), { force: true });
    await (await startServer(elsewhere, env)).stop();
    expect(dumpOf(elsewhere)).toEqual(served);
    expect((await runHere(["doctor", "--data", elsewhere])).code).toBe(0);
  });

  it("can be taken of a stopped service too, without read models that cannot be used", async () => {
    const to = join(newFolder(), "b");
    expect((await runHere(["backup", "--data", data, "--to", to])).code).toBe(0);
    const folder = copyOfBackup();
    writeFileSync(join(folder, "views.db"), "nothing");
    const without = join(newFolder(), "b");
    expect(await runHere(["backup", "--data", folder, "--to", without])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Read models were left out"),
    });
    const elsewhere = newFolder();
    expect((await runHere(["restore", "--from", without, "--data", elsewhere])).code).toBe(0);
    const server = await startServer(elsewhere, env);
    expect((await readAll(server, before.keys())).size).toBe(before.size);
    await server.stop();
  });
});

describe("a backup is refused", () => {
  it.each([
    ["into a folder that holds something", () => data, () => taken, /is not empty/u],
    ["of what is no data folder", newFolder, newFolder, /is no data folder/u],
    ["into the data folder itself", () => data, () => join(data, "backup"), /is inside the data folder/u],
  ])("%s", async (_, of, to, says) => {
    const refused = await runHere(["backup", "--data", of(), "--to", to()]);
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toMatch(says);
  });

  it.each([
    ["views.db", "UPDATE checkpoint SET place = 999999", /ahead of the log/u],
    ["log.db", "DELETE FROM events WHERE position = 20", /it has gaps/u],
    ["vault.db", "UPDATE tenants SET key = zeroblob(60)", /was altered, or wrapped by another key/u],
  ])("where %s does not go with the others", async (name, harm, says) => {
    const folder = copyOfBackup();
    const database = new DatabaseSync(join(folder, name));
    database.exec(harm);
    database.close();
    const refused = await runHere(["backup", "--data", folder, "--to", join(newFolder(), "b")]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(says)]);
  });

  it("where the vault is older than the log, and leaves nothing behind", async () => {
    const folder = copyOfBackup();
    const other = newFolder();
    await (await startServer(other)).stop();
    for (const name of ["vault.db", "root.key"]) cpSync(join(other, name), join(folder, name), { force: true });
    const to = newFolder();
    const refused = await runHere(["backup", "--data", folder, "--to", to]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/the vault lacks \d+ keys/u);
    expect(readdirSync(to)).toEqual([]);
  });
});

describe("a restore is refused, and changes nothing", () => {
  it("where a file is not the one that was backed up", async () => {
    const folder = copyOfBackup();
    const path = join(folder, "log.db");
    const bytes = readFileSync(path);
    bytes[bytes.length - 100] = bytes[bytes.length - 100]! ^ 1;
    writeFileSync(path, bytes);
    const target = newFolder();
    const refused = await runHere(["restore", "--from", folder, "--data", target]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/its SHA-256 differs/u)]);
    expect(readdirSync(target)).toEqual([]);
    const deep = join(target, "made", "for", "it");
    expect((await runHere(["restore", "--from", folder, "--data", deep])).code).toBe(1);
    expect(readdirSync(target)).toEqual([]);
  });

  it("where the data folder is the backup, or inside it, by whatever name", async () => {
    const folder = copyOfBackup();
    const link = join(newFolder(), "link");
    symlinkSync(folder, link);
    const before = readdirSync(folder);
    for (const target of [folder, join(folder, "inner"), link, join(link, "in", "ner")]) {
      const refused = await runHere(["restore", "--from", folder, "--data", target, "--force"]);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/is inside the backup/u)]);
    }
    expect(readdirSync(folder)).toEqual(before);
  });

  it("where the backup is unfinished or leads elsewhere", async () => {
    const folder = copyOfBackup();
    const path = join(folder, "manifest.json");
    const manifest = readFileSync(path, "utf8");
    writeFileSync(path, manifest.replace('"log.db"', '"../log.db"'));
    expect((await runHere(["restore", "--from", folder, "--data", newFolder()])).stderr).toMatch(/is not a manifest/u);
    writeFileSync(path, manifest.replace('"format": 1', '"format": 2'));
    expect((await runHere(["restore", "--from", folder, "--data", newFolder()])).stderr).toMatch(/format/u);
    rmSync(path);
    expect((await runHere(["restore", "--from", folder, "--data", newFolder()])).stderr).toMatch(/no finished backup/u);
  });

  it("where the folder is held, by a sentence that names the holder", async () => {
    const folder = newFolder();
    const held = DataFolder.hold(folder);
    const refused = await run(["restore", "--from", taken, "--data", folder, "--force"]);
    held[Symbol.dispose]();
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(new RegExp(`held by process ${process.pid}`, "u")),
    ]);
  });

  it("where the folder holds something: a service's own goes aside by --force, a stranger's never", async () => {
    const folder = newFolder();
    expect((await runHere(["restore", "--from", taken, "--data", folder])).code).toBe(0);
    writeFileSync(join(folder, "first-tokens.txt"), "old");
    const again = ["restore", "--from", taken, "--data", folder];
    expect(await runHere(again)).toMatchObject({ code: 1, stderr: expect.stringContaining("--force") });
    const { replaced } = JSON.parse((await runHere([...again, "--force", "--json"])).stdout);
    expect(readdirSync(replaced).sort()).toEqual(["first-tokens.txt", "log.db", "root.key", "vault.db", "views.db"]);
    expect((await runHere(["doctor", "--data", folder])).code).toBe(0);
    const home = newFolder();
    mkdirSync(join(home, "documents"));
    expect(await runHere(["restore", "--from", taken, "--data", home, "--force"])).toMatchObject({ code: 1 });
    expect(readdirSync(home)).toEqual(["documents"]);
  });
});

describe("an erasure that the log names", () => {
  const folder = newFolder();
  let server: Server | undefined;
  afterAll(async () => {
    await server?.stop();
  });

  it("reaches the restored vault before anything serves", async () => {
    const erasedFrom = copyOfBackup();
    const reader = new SqliteLogReader(erasedFrom);
    const created = reader.readAll(START, 1_000).find(({ type }) => type === "UserCreated")!;
    const revision = reader.read(created.stream, -1).length;
    reader.close();
    const { tenant, key, at } = readEnvelope(created);
    const id = created.stream.slice(created.stream.indexOf(":") + 1);
    const writer = new SqliteLogWriter(erasedFrom);
    const erased = sealEvent({
      id: "0190a0a0-0000-5000-8000-000000000001",
      type: "UserErased",
      version: 1,
      at: at + 1_000,
      data: { keys: [key!] },
      metadata: { $correlationId: "r" },
      revision,
      stream: created.stream,
      tenant,
    });
    writer.commit([[{ stream: created.stream, expected: revision - 1, events: [erased] }]]);
    writer.close();
    rmSync(join(erasedFrom, "manifest.json"));
    const backup = join(newFolder(), "b");
    expect((await runHere(["backup", "--data", erasedFrom, "--to", backup])).code).toBe(0);
    expect(openWithVault(backup, [created])).toEqual({ opened: 1, destroyed: 0, unknown: 0 });
    expect(JSON.parse((await runHere(["restore", "--from", backup, "--data", folder, "--json"])).stdout)).toMatchObject(
      {
        erased: 1,
      },
    );
    expect(openWithVault(folder, [created])).toEqual({ opened: 0, destroyed: 1, unknown: 0 });
    server = await startServer(folder, env);
    const { text } = await ask(server, tokens.provisioning, `GET /scim/v2/Users/${id}`);
    expect(text).not.toContain("by name");
  });
});
