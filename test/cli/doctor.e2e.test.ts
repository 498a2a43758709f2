import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { EventStoreDouble } from "../support/event-store/double.ts";
import { describeOnMongo } from "../support/mongodb.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { createUser, runHere, startServer, tokensIn } from "./command.ts";

const newFolder = temporaryFolders();
const healthy = newFolder();
/** Another service's. */
const other = newFolder();
const headIn = (folder: string): string => join(folder, "ledger", "heads", "default.checkpoint");

interface Report {
  readonly exitCode: number;
  readonly findings: readonly {
    readonly check: string;
    readonly state: string;
    readonly says: string;
    readonly advice?: string;
  }[];
}

const examine = async (folder: string, env: Readonly<Record<string, string>> = {}): Promise<Report> => {
  const { code, stdout } = await runHere(["doctor", "--data", folder, "--json"], env);
  const report = JSON.parse(stdout);
  expect(code).toBe(report.exitCode);
  return report;
};

beforeAll(async () => {
  const server = await startServer(healthy);
  const { provisioning } = tokensIn(healthy);
  await Promise.all(Array.from({ length: 60 }, (_, i) => createUser(server, provisioning, `user-${i}`)));
  const running = await examine(healthy);
  expect(running.exitCode).toBe(0);
  const says = Object.fromEntries(running.findings.map(({ check, says }) => [check, says]));
  expect(says["lock"]).toContain(`held by process ${server.child.pid}`);
  expect(says["server"]).toBe(`ready at ${server.url}`);
  await server.stop();
  await (await startServer(other)).stop();
});

describe("doctor", () => {
  it("finds a stopped service well, and opens sealed values", async () => {
    const { exitCode, findings } = await examine(healthy);
    expect(exitCode).toBe(0);
    expect(findings.filter(({ state }) => state !== "ok")).toEqual([]);
    expect(findings.find(({ check }) => check === "sealed values")?.says).toMatch(/opens [1-9]\d* keys/u);
  });

  it("finds a service well that was killed in the middle of writes, and nobody holding its folder", async () => {
    const folder = newFolder();
    const server = await startServer(folder);
    const { provisioning } = tokensIn(folder);
    const writes = Array.from({ length: 30 }, (_, i) => createUser(server, provisioning, `user-${i}`));
    await Promise.race(writes);
    server.child.kill("SIGKILL");
    await Promise.all([server.ended, ...writes]);
    const { exitCode, findings } = await examine(folder);
    expect(findings.filter(({ state }) => state !== "ok")).toEqual([]);
    expect(findings.find(({ check }) => check === "lock")?.says).toContain("nobody holds the folder");
    expect(exitCode).toBe(0);
  });

  it("finds nothing yet before the first start", async () => {
    expect((await examine(join(newFolder(), "none"))).exitCode).toBe(1);
    expect((await examine(newFolder())).exitCode).toBe(1);
  });

  it("finds settings that a start would refuse", async () => {
    const { exitCode, findings } = await examine(healthy, { PORT: "-1" });
    expect([exitCode, findings.find(({ check }) => check === "settings")?.says]).toEqual([
      2,
      expect.stringContaining("PORT"),
    ]);
  });

  const ofDatabase = (name: string, sql: string) => (folder: string) => {
    const database = new DatabaseSync(join(folder, name));
    database.exec(`${sql}; PRAGMA wal_checkpoint(TRUNCATE)`);
    database.close();
  };
  /** Overwrites the middle of a file, after its write-ahead log went into it. */
  const scribble = (name: string) => (folder: string) => {
    ofDatabase(name, "SELECT 1")(folder);
    const bytes = readFileSync(join(folder, name));
    bytes.fill(0x5a, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 20_000);
    writeFileSync(join(folder, name), bytes);
  };

  it.each<[string, (folder: string) => void, string, string, number]>([
    ["a root key that others may read", (f) => chmodSync(join(f, "root.key"), 0o644), "root key", "problem", 2],
    ["a folder that others may enter", (f) => chmodSync(f, 0o755), "data folder", "problem", 2],
    ["a file that others may read", (f) => chmodSync(join(f, "log.db"), 0o644), "file modes", "warning", 1],
    ["a root key that is missing", (f) => rmSync(join(f, "root.key")), "root key", "problem", 2],
    ["a root key that is cut short", (f) => writeFileSync(join(f, "root.key"), "AAAA\n"), "root key", "problem", 2],
    [
      "another service's root key",
      (f) => writeFileSync(join(f, "root.key"), `${Buffer.alloc(32, 7).toString("base64")}\n`),
      "sealed values",
      "problem",
      2,
    ],
    ["a gap in the log", ofDatabase("log.db", "DELETE FROM events WHERE position = 20"), "log order", "problem", 2],
    [
      "keys that the vault never had",
      ofDatabase("vault.db", "DELETE FROM named; DELETE FROM keys"),
      "sealed values",
      "problem",
      2,
    ],
    ["a damaged log", scribble("log.db"), "event log", "problem", 2],
    ["damaged read models", scribble("views.db"), "read models", "problem", 2],
    [
      "read models ahead of the log",
      ofDatabase("views.db", "UPDATE checkpoint SET place = 999999"),
      "read models' place",
      "problem",
      2,
    ],
    ["a ledger that is lost", (f) => rmSync(join(f, "ledger"), { recursive: true }), "ledger", "problem", 2],
    [
      "another ledger's keys",
      (f) => cpSync(join(other, "ledger", "ledger.key"), join(f, "ledger", "ledger.key")),
      "ledger",
      "problem",
      2,
    ],
    [
      "a head that its keys did not sign",
      (f) => writeFileSync(headIn(f), readFileSync(headIn(f), "utf8").replace(/\n\d+\n/u, "\n99999\n")),
      "ledger",
      "problem",
      2,
    ],
    ["a log of a newer version", ofDatabase("log.db", "PRAGMA user_version = 99"), "event log", "problem", 2],
    [
      "missing read models",
      (f) => {
        for (const suffix of ["", "-wal", "-shm"]) rmSync(join(f, `views.db${suffix}`), { force: true });
      },
      "read models",
      "warning",
      1,
    ],
  ])("finds %s, and says what to do", async (_, harm, check, state, exitCode) => {
    const folder = newFolder();
    cpSync(healthy, folder, { recursive: true, preserveTimestamps: true });
    harm(folder);
    const report = await examine(folder);
    expect(report.findings.find((finding) => finding.check === check)).toMatchObject({
      state,
      advice: expect.any(String),
    });
    expect(report.exitCode).toBe(exitCode);
  });

  it.each<[string, (folder: string) => void]>([
    [
      "is missing",
      (f) => {
        for (const suffix of ["", "-wal", "-shm"]) rmSync(join(f, `log.db${suffix}`), { force: true });
      },
    ],
    ["is something else", (f) => writeFileSync(join(f, "log.db"), "garbage ".repeat(2_000))],
    [
      "is cut off",
      (f) => {
        ofDatabase("log.db", "SELECT 1")(f);
        truncateSync(join(f, "log.db"), 16_384);
      },
    ],
  ])("never advises to delete the read models where the log %s: they could not be built anew", async (_, harm) => {
    const folder = newFolder();
    cpSync(healthy, folder, { recursive: true, preserveTimestamps: true });
    harm(folder);
    const { exitCode, findings } = await examine(folder);
    expect(exitCode).toBe(2);
    expect(findings.find(({ check }) => check === "read models' place")).toMatchObject({
      state: "problem",
      advice: expect.stringContaining("restore a backup"),
    });
    for (const { advice = "" } of findings) expect(advice).not.toContain("views.db");
  });

  it("finds a ledger well that has its keys, and whose last heads are in the log alone", async () => {
    const folder = newFolder();
    cpSync(healthy, folder, { recursive: true, preserveTimestamps: true });
    rmSync(join(folder, "ledger", "heads"), { recursive: true });
    const { exitCode, findings } = await examine(folder);
    expect([exitCode, findings.find(({ check }) => check === "ledger")?.says]).toEqual([
      0,
      expect.stringMatching(/bears out the last heads of \d trees/u),
    ]);
  });

  it("does not advise to restore or delete what it only cannot open", async () => {
    const folder = newFolder();
    cpSync(healthy, folder, { recursive: true, preserveTimestamps: true });
    for (const name of ["log.db", "views.db", "vault.db"]) {
      rmSync(join(folder, `${name}-wal`), { force: true });
      mkdirSync(join(folder, `${name}-wal`), { mode: 0o700 });
    }
    const { exitCode, findings } = await examine(folder);
    const unopened = ["event log", "log order", "read models", "read models' place", "key vault"];
    expect(exitCode).toBe(2);
    expect(
      findings.filter(({ check }) => unopened.includes(check)).map(({ check, says, advice }) => [check, says, advice]),
    ).toEqual(
      unopened.map((check) => [
        check,
        "it cannot be opened, which says nothing about what it holds",
        expect.stringMatching(/^look at the rights and the mount/u),
      ]),
    );
  });

  it("writes what it finds line by line, and changes no file of the service", async () => {
    const before = statSync(join(healthy, "log.db")).mtimeMs;
    const { stdout } = await runHere(["doctor"], { SCIM_LEDGER_DATA: healthy });
    expect(stdout).toMatch(/^ok {6}Node: version/u);
    expect(stdout).toContain("ok      key vault: vault.db is sound");
    expect(statSync(join(healthy, "log.db")).mtimeMs).toBe(before);
  });
});

it("doctor looks for nothing in the folder that the settings keep elsewhere", async () => {
  const double = await new EventStoreDouble().start();
  const folder = newFolder();
  const env = { SCIM_LEDGER_EVENT_STORE: double.address, SCIM_LEDGER_BASE_URL: "https://id.example.com" };
  const early = await examine(folder, env);
  expect(early.findings.find(({ check }) => check === "event log")).toMatchObject({
    state: "problem",
    says: expect.stringContaining("a service that has started begins it"),
  });
  expect(double.log.stream("scim-ledger-logs")).toEqual([]);
  await (await startServer(folder, env)).stop();
  const { exitCode, findings } = await examine(folder, env);
  double.stop();
  expect(findings.filter(({ state }) => state !== "ok")).toEqual([]);
  expect(exitCode).toBe(0);
  const says = Object.fromEntries(findings.map(({ check, says }) => [check, says]));
  expect(says["event log"]).toMatch(/^the EventStoreDB at 127\.0\.0\.1:\d+ has the log of scim, up to position \d+$/u);
  expect(says["key vault"]).toMatch(/^vault\.db is sound/u);
});

describeOnMongo("doctor, with everything on engines", ({ uri, client, database }) => {
  it("looks there, and for a root key where the settings have it", async () => {
    const double = await new EventStoreDouble().start();
    const folder = newFolder();
    const address = new URL(uri);
    address.pathname = `/${database.databaseName}`;
    const env = {
      SCIM_LEDGER_EVENT_STORE: double.address,
      SCIM_LEDGER_READ_STORE: address.href,
      SCIM_LEDGER_BASE_URL: "https://id.example.com",
      SCIM_LEDGER_ROOT_KEY: join(newFolder(), "root.key"),
    };
    await (await startServer(folder, env)).stop();
    const { exitCode, findings } = await examine(folder, env);
    const other = await examine(folder, { ...env, SCIM_LEDGER_ROOT_KEY: join(newFolder(), "root.key") });
    double.stop();
    await client.db(`${database.databaseName}_keys`).dropDatabase();
    expect(findings.filter(({ state }) => state !== "ok")).toEqual([]);
    expect(exitCode).toBe(0);
    expect(other.findings.filter(({ state }) => state !== "ok")).toMatchObject([
      { check: "key vault", says: expect.stringContaining("has a root key already") },
    ]);
  });
});
