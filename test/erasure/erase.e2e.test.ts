// The request and the command, against the real server; then what a backup from before, put back, can and cannot bring back.
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ask, runHere, type Server, startServer, type Tokens, tokensIn } from "../cli/command.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { CANARY, filesWithCanary, person } from "./canary.ts";

const newFolder = temporaryFolders();
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const backup = { before: join(newFolder(), "before"), after: join(newFolder(), "after") };

let data: string;
let server: Server;
let tokens: Tokens;
let created: { byRequest: string; byCommand: string; bob: string };
let moment: string;

const create = async (userName: string, more: object = {}): Promise<string> => {
  const body = { schemas: [USER, ENTERPRISE], ...more, userName };
  const { status, text } = await ask(server, tokens.provisioning, "POST /scim/v2/Users", body);
  expect([status, text]).toEqual([201, expect.anything()]);
  return JSON.parse(text).id;
};
const erase = (id: string, body: object, tenant = "default", token = tokens.administrator) =>
  ask(server, token, `POST /admin/v1/tenants/${tenant}/users/${id}/erase`, body);
const timeline = async (id: string) => (await ask(server, tokens.auditor, `GET /audit/v1/users/${id}/timeline`)).text;
const command = (...args: string[]) =>
  runHere(["erase", ...args, "--url", server.url, "--token", tokens.administrator]);

beforeAll(async () => {
  data = newFolder();
  server = await startServer(data);
  tokens = tokensIn(data);
  const [byRequest, byCommand] = [
    await create(CANARY, person),
    await create(`${CANARY}-2`, { ...person, externalId: "2" }),
  ];
  created = { byRequest, byCommand, bob: await create("bob") };
  moment = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 20));
  // A refused request that holds a value of theirs, and an audit question about them.
  const refused = await ask(server, tokens.provisioning, "POST /scim/v2/Users", { schemas: [USER], userName: CANARY });
  expect(refused.status).toBe(409);
  expect(await timeline(byRequest)).toContain(CANARY);
  expect(filesWithCanary(data).length).toBeGreaterThan(0);
  // Whoever asks for the first time has a key made, which a vault from before would lack.
  expect((await ask(server, tokens.administrator, "GET /admin/v1/credentials")).status).toBe(200);
  expect((await runHere(["backup", "--data", data, "--to", backup.before])).code).toBe(0);
});
afterAll(async () => {
  await server.stop();
});

describe("erasing by request", () => {
  it("is refused without the id again, a reason or approval, the scope, or the tenant", async () => {
    const { byRequest: id } = created;
    const refused = [
      await erase(id, { reason: "case 17" }),
      await erase(id, { confirm: created.bob, reason: "case 17" }),
      await erase(id, { confirm: id }),
      await erase(id, { confirm: id, reason: " " }),
      await erase(id, { confirm: id, reason: `of ${CANARY}` }),
      await erase(id, { confirm: id, reason: "x".repeat(201) }),
      await erase(id, { confirm: id, reason: "case 17", force: true }),
      await erase(id, { confirm: id, reason: "case 17" }, "default", tokens.provisioning),
      await erase(id, { confirm: id, reason: "case 17" }, "nobody"),
      await erase("01a2029e-835a-7d1f-97ce-399a572f0bcd", {
        confirm: "01a2029e-835a-7d1f-97ce-399a572f0bcd",
        reason: "r",
      }),
      await erase("constructor", { confirm: "constructor", reason: "r" }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 400, 400, 403, 404, 404, 404]);
    expect(refused.some(({ text }) => text.includes(CANARY))).toBe(false);
    expect((await ask(server, tokens.provisioning, `GET /scim/v2/Users/${id}`)).status).toBe(200);
  });

  it("answers what is gone and what stays, the same bytes again, and the reason is in the timeline", async () => {
    const { byRequest: id } = created;
    const first = await erase(id, { confirm: id, reason: "case 17" });
    expect(first.status).toBe(200);
    expect(JSON.parse(first.text)).toMatchObject({
      tenant: "default",
      id,
      reason: "case 17",
      by: { name: "first administrator", kind: "administrator" },
      unreadable: { events: 1, claims: 1 },
      remains: { events: 3, accessIntervals: 2, recordMonths: [expect.stringMatching(/^\d{4}-\d\d$/u)] },
    });
    expect(await erase(id, { confirm: id, reason: "again" })).toEqual(first);
    const rows = JSON.parse(await timeline(id)).rows;
    expect(rows.map(({ type }: { type: string }) => type)).toEqual([
      "UserCreated",
      "UserDeleted",
      "UserErased",
      "UserErasureCompleted",
    ]);
    expect(rows[2]).toMatchObject({ reason: "case 17", actor: { name: "first administrator" } });
    expect(JSON.stringify(rows)).not.toContain(CANARY);
  });
});

describe("erasing by command", () => {
  it("needs a reason or an approval, and says what it did", async () => {
    const { byCommand: id } = created;
    expect(await command("--user", id)).toMatchObject({ code: 2, stderr: expect.stringContaining("--reason") });
    expect(await command("--user", "nobody", "--reason", "r")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("(404)"),
    });
    const { code, stdout } = await command("--user", id, "--approval", "CHG-9");
    expect(code).toBe(0);
    expect(stdout).toMatch(/is erased since .*; their key is destroyed\./u);
    expect(stdout).toMatch(/audit questions of \d{4}-\d\d may hold values of theirs/u);
    expect(JSON.parse((await command("--user", id, "--reason", "r", "--json")).stdout)).toMatchObject({
      id,
      approval: "CHG-9",
    });
  });
});

describe("nobody finds them any more", () => {
  it("in a file, a read, a list or a question of the past, which says how many it could not test", async () => {
    expect(filesWithCanary(data)).toEqual([]);
    for (const id of [created.byRequest, created.byCommand]) {
      expect((await ask(server, tokens.provisioning, `GET /scim/v2/Users/${id}`)).status).toBe(404);
      const then = await ask(server, tokens.auditor, `GET /audit/v1/resources/users/${id}?asOf=${moment}`);
      expect([then.status, JSON.parse(then.text).resource.userName]).toEqual([200, "[erased]"]);
    }
    const filter = encodeURIComponent(`userName eq "${CANARY}"`);
    const response = await fetch(`${server.url}/scim/v2/Users?asOf=${moment}&filter=${filter}`, {
      headers: { Authorization: `Bearer ${tokens.auditor}` },
    });
    expect(await response.json()).toMatchObject({ totalResults: 0 });
    expect(response.headers.get("scim-ledger-untested")).toBe("2");
    expect((await ask(server, tokens.provisioning, `GET /scim/v2/Users/${created.bob}`)).text).toContain("bob");
  });
});

describe("a copy from before", () => {
  const isErased = async (from: string): Promise<boolean> => {
    expect(filesWithCanary(from)).toEqual([]);
    const { administrator, auditor } = tokens;
    server = await startServer(from);
    for (const id of [created.byRequest, created.byCommand]) {
      expect((await erase(id, { confirm: id, reason: "r" }, "default", administrator)).status).toBe(200);
      const { text } = await ask(server, auditor, `GET /audit/v1/users/${id}/timeline`);
      if (text.includes(CANARY) || !text.includes("[erased]")) return false;
    }
    return true;
  };

  it("of the vault, put back by hand, is erased again before anything is served", async () => {
    expect((await runHere(["backup", "--data", data, "--to", backup.after])).code).toBe(0);
    await server.stop();
    for (const suffix of ["-wal", "-shm"]) rmSync(join(data, `vault.db${suffix}`), { force: true });
    copyFileSync(join(backup.before, "vault.db"), join(data, "vault.db"));
    expect(await isErased(data)).toBe(true);
  });

  it("restored from a backup that was taken after the erasure stays erased", async () => {
    await server.stop();
    const folder = newFolder();
    expect((await runHere(["restore", "--from", backup.after, "--data", folder])).code).toBe(0);
    expect(await isErased(folder)).toBe(true);
  });

  it("restored from a backup that was taken before brings the person back: such backups have to expire", async () => {
    await server.stop();
    const folder = newFolder();
    expect((await runHere(["restore", "--from", backup.before, "--data", folder])).code).toBe(0);
    server = await startServer(folder);
    expect((await ask(server, tokens.provisioning, `GET /scim/v2/Users/${created.byRequest}`)).text).toContain(CANARY);
  });
});
