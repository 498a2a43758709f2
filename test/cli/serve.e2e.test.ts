import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { temporaryFolders } from "../temporary-folder.ts";
import { ask, createUser, run, startServer, tokensIn } from "./command.ts";

const newFolder = temporaryFolders();

describe("a first start", () => {
  it("takes a folder that is empty but for what a file system has, for its owner alone", async () => {
    const data = newFolder();
    mkdirSync(join(data, "lost+found"));
    chmodSync(data, 0o755);
    await (await startServer(data)).stop();
    expect(statSync(data).mode & 0o777).toBe(0o700);
  });

  it("says where things are and keeps the tokens in a file where nobody looks; a second one finds everything as it was", async () => {
    const data = join(newFolder(), "data");
    const first = await startServer(data);
    expect(first.output.stdout).toContain(`SCIM    ${first.url}/scim/v2`);
    expect(first.output.stdout).toContain(`Ledger  ${first.url}/ledger/v1`);
    expect(first.output.stdout).toContain(`Health  ${first.url}/health/ready`);
    expect(first.output.stdout).toContain(join(data, "first-tokens.txt"));
    expect(first.output.stdout + first.output.stderr).not.toContain("scl_");
    expect([statSync(data).mode & 0o777, statSync(join(data, "first-tokens.txt")).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
    expect(statSync(join(data, "log.db")).mode & 0o777).toBe(0o600);
    const { provisioning, auditor, administrator } = tokensIn(data);
    const id = await createUser(first, provisioning, "ada");
    expect((await ask(first, auditor, `GET /audit/v1/users/${id}/timeline`)).status).toBe(200);
    expect((await ask(first, administrator, "GET /admin/v1/credentials")).status).toBe(200);
    const ended = await first.stop();
    expect(ended.code).toBe(0);
    // Each file is whole by itself then.
    expect(readdirSync(data).filter((name) => /-(wal|shm)$/u.test(name))).toEqual([]);
    for (const line of ended.stderr.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("msg");

    const second = await startServer(data);
    expect(second.output.stdout).not.toContain("first start");
    expect(await ask(second, provisioning, `GET /scim/v2/Users/${id}`)).toMatchObject({ status: 200 });
    await second.stop();
  });
});

describe("a start that cannot be", () => {
  it("ends with one sentence where another process has the folder, or the port", async () => {
    const data = newFolder();
    const server = await startServer(data);
    const held = await run(["serve"], { SCIM_LEDGER_DATA: data });
    expect(held.code).toBe(1);
    expect(held.stderr.trim().split("\n")).toHaveLength(1);
    expect(held.stderr).toContain(`held by process ${server.child.pid}`);
    const { port } = new URL(server.url);
    const taken = await run(["serve"], { SCIM_LEDGER_DATA: newFolder(), PORT: port });
    expect(taken).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `port ${port} of 127.0.0.1 is taken by another process: stop that, or choose another port with PORT\n`,
    });
    await server.stop();
  });

  it("lists every setting that is wrong, and no secret", async () => {
    const ended = await run(["serve"], {
      PORT: "http",
      SCIM_LEDGER_ADMIN_TOKEN: "short",
      SCIM_LEDGER_LOG_LEVEL: "loud",
    });
    expect(ended.code).toBe(2);
    expect(ended.stderr.trim().split("\n")).toEqual([
      expect.stringContaining("PORT is “http”"),
      expect.stringContaining("SCIM_LEDGER_ADMIN_TOKEN"),
      expect.stringContaining("SCIM_LEDGER_LOG_LEVEL is “loud”"),
    ]);
    expect(ended.stderr).not.toContain("short");
  });

  it("refuses a log that is none of ours, in a sentence", async () => {
    const data = newFolder();
    writeFileSync(
      join(data, "log.db"),
      "no database at all, only some text that is long enough to be looked at".repeat(99),
    );
    const ended = await run(["serve"], { SCIM_LEDGER_DATA: data });
    expect([ended.code, ended.stderr]).toEqual([1, `${join(data, "log.db")} is not a scim-ledger event log\n`]);
    expect(readdirSync(data)).toEqual(["log.db"]);
  });

  it("names a data folder that cannot be written, and one that cannot be made", async () => {
    const data = newFolder();
    mkdirSync(join(data, "lock.db"), { mode: 0o700 });
    const unwritable = await run(["serve"], { SCIM_LEDGER_DATA: data });
    expect([unwritable.code, unwritable.stderr]).toEqual([
      1,
      `${join(data, "lock.db")} cannot be written (unable to open database file): look at the rights, the mount and the free space of the data folder\n`,
    ]);
    const unmakeable = await run(["serve"], { SCIM_LEDGER_DATA: "/proc/scim-ledger/data" });
    expect([unmakeable.code, unmakeable.stderr]).toEqual([1, expect.stringContaining("/proc/scim-ledger")]);
  });

  it("leaves a folder of others as it is, with its mode", async () => {
    const data = newFolder();
    for (const name of ["a", "b", "c", "d", "e"]) writeFileSync(join(data, name), "");
    chmodSync(data, 0o755);
    const ended = await run(["serve"], { SCIM_LEDGER_DATA: data });
    expect([ended.code, ended.stderr]).toEqual([
      1,
      `${data} is no data folder and is not empty, it holds a, b, c and 2 others, and its mode is 755: name an empty folder or a new one, or make it its owner's alone first (chmod 700)\n`,
    ]);
    expect([statSync(data).mode & 0o777, readdirSync(data)]).toEqual([0o755, ["a", "b", "c", "d", "e"]]);
  });

  it("leaves a folder that several share as it is, also an empty one and one that served before", async () => {
    const data = newFolder();
    for (const content of [[], ["lock.db"]]) {
      for (const name of content) writeFileSync(join(data, name), "");
      chmodSync(data, 0o1777);
      const ended = await run(["serve"], { SCIM_LEDGER_DATA: data });
      expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining("several share (mode 1777)")]);
      expect([statSync(data).mode & 0o7777, readdirSync(data)]).toEqual([0o1777, content]);
    }
  });
});

describe("the end", () => {
  it("loses nothing that was acknowledged, also under writes", async () => {
    const data = newFolder();
    const server = await startServer(data);
    const { provisioning } = tokensIn(data);
    const acknowledged: string[] = [];
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; ; i++) {
        const id = await createUser(server, provisioning, `w${writer}-${i}`);
        if (id === undefined) return;
        acknowledged.push(id);
      }
    });
    const until = Date.now() + 15_000;
    while (acknowledged.length < 100 && Date.now() < until) await pause(5);
    expect(acknowledged.length).toBeGreaterThanOrEqual(100);
    expect((await server.stop()).code).toBe(0);
    await Promise.all(writers);

    const again = await startServer(data);
    const found = await Promise.all(acknowledged.map((id) => ask(again, provisioning, `GET /scim/v2/Users/${id}`)));
    expect(found.filter(({ status }) => status !== 200)).toEqual([]);
    await again.stop();
  });

  it("is at once when it is asked for a second time", async () => {
    const data = newFolder();
    const server = await startServer(data);
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    socket.write(
      `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tokensIn(data).provisioning}\r\n` +
        "Content-Type: application/scim+json\r\nContent-Length: 100\r\n\r\n{",
    );
    await pause(200);
    server.child.kill("SIGINT");
    // npm sends on what the terminal sent: not a second wish.
    server.child.kill("SIGINT");
    await pause(800);
    expect(server.child.exitCode).toBeNull();
    server.child.kill("SIGINT");
    expect((await server.ended).code).toBe(130);
    socket.destroy();
    expect(readFileSync(join(data, "holder.json"), "utf8")).toContain(server.url);
  });
});
