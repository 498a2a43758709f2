// The ledger of a running service over HTTP: what a stranger, an auditor and an auditor of another tenant are told.
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { parseCheckpoint } from "../../src/ledger/checkpoint.ts";
import { decodeHeadLeaf } from "../../src/ledger/head-leaf.ts";
import { decodeLeaf } from "../../src/ledger/leaf.ts";
import { parseNote, verifyNote } from "../../src/ledger/signed-note.ts";
import { parseProof } from "../../src/ledger/tlog-proof.ts";
import { parseVerifierKey } from "../../src/ledger/verifier-key.ts";
import { verifyConsistency } from "../../src/ledger/verify.ts";
import { readBundle } from "../ledger/read-bundle.ts";
import { ask, createUser, run, runHere, type Server, startServer, type Tokens, tokensIn, userBody } from "./command.ts";

const root = mkdtempSync(join(tmpdir(), "scim-ledger-served-"));
const data = join(root, "data");
let server: Server;
let tokens: Tokens;
const SETTINGS = { SCIM_LEDGER_CHECKPOINT_SECONDS: "1", SCIM_LEDGER_LOG_LEVEL: "info" };

beforeAll(async () => {
  server = await startServer(data, { ...SETTINGS, SCIM_LEDGER_PUBLIC_CHECKPOINTS: "open" });
  tokens = tokensIn(data);
  for (let n = 0; n < 5; n++) await createUser(server, tokens.provisioning, `user ${n}`);
});
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});

const get = (path: string, token?: string): Promise<Response> =>
  fetch(
    `${server.url}/ledger/v1/${path}`,
    token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } },
  );
const auditor = (path: string): Promise<Response> => get(path, tokens.auditor);

/** Polls until the present events are under a head. */
async function signed(): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const { size, head } = (await (await auditor("default")).json()) as { size: number; head?: { size: number } };
    if (head?.size === size) return (await auditor("default/checkpoint")).text();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("no head in time");
}

describe("an auditor of the tenant", () => {
  it("gets a head that its key has signed, and tiles that lead to it", async () => {
    const note = await signed();
    const keys = (await (await auditor("default/vkey")).text()).trim().split("\n").map(parseVerifierKey);
    expect(verifyNote(parseNote(note), keys)).toHaveLength(1);
    const { size } = parseCheckpoint(parseNote(note).text);
    const tile = await auditor(`default/tile/0/000.p/${size}`);
    expect(tile.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
    expect(tile.headers.get("content-type")).toBe("application/octet-stream");
    const hashes = Buffer.from(await tile.arrayBuffer());
    const bundle = Buffer.from(await (await auditor(`default/tile/entries/000.p/${size}`)).arrayBuffer());
    const records = readBundle(bundle)!;
    expect(records).toHaveLength(size);
    for (const [index, record] of records.entries()) {
      const leaf = createHash("sha256").update(Buffer.of(0)).update(record).digest();
      expect(leaf).toEqual(hashes.subarray(index * 32, index * 32 + 32));
      expect(decodeLeaf(record).tenant).toBe("default");
    }
  });

  it("gets a proof of an event by its id, as of an audit answer", async () => {
    await signed();
    const id = (await createUser(server, tokens.provisioning, "proved"))!;
    await signed();
    const { text } = await ask(server, tokens.auditor, `GET /audit/v1/users/${id}/timeline`);
    const { event } = JSON.parse(text).rows[0];
    const proof = await (await auditor(`default/proof?event=${event}`)).text();
    expect(decodeLeaf(parseProof(proof).extra!)).toMatchObject({
      type: "UserCreated",
      stream: `scim.user-default:${id}`,
    });
    const file = join(root, "proved.tlog-proof");
    writeFileSync(file, proof);
    const [key = ""] = (await (await auditor("default/vkey")).text()).split("\n");
    expect(await runHere(["verify", file, "--key", key])).toMatchObject({ code: 0 });
  });

  it("gets what shows that one head continues another", async () => {
    const from = parseCheckpoint(parseNote(await signed()).text);
    await createUser(server, tokens.provisioning, `later ${from.size}`);
    const to = parseCheckpoint(parseNote(await signed()).text);
    const answer = await auditor(`default/consistency?from=${from.size}&to=${to.size}`);
    const { hashes } = (await answer.json()) as { hashes: string[] };
    const path = hashes.map((hash) => Buffer.from(hash, "base64"));
    const proof = { from: from.size, to: to.size, fromRoot: from.root, toRoot: to.root, path };
    expect(verifyConsistency(proof)).toBe(true);
  });

  it.each([
    ["default/tile/0/0", 404],
    ["default/tile/0/000", 404],
    ["default/tile/9/000.p/1", 404],
    ["default/tile/entries/009", 404],
    ["default/proof", 400],
    ["default/proof?index=1&event=x", 400],
    ["default/proof?index=01", 400],
    ["default/proof?index=99999", 404],
    ["default/proof?event=nonsense", 400],
    ["default/proof?event=01a2029e-835a-5d1f-97ce-399a572f0bcd", 404],
    ["default/consistency?from=5&to=99999", 400],
    ["default/consistency?from=5&to=2", 400],
    ["default/consistency", 400],
    ["default/tile/0/..%2f000", 404],
    ["__proto__/checkpoint", 404],
  ])("is told what is wrong with %s", async (path, status) => {
    const answer = await auditor(path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it("gets what holds for ever kept for ever, and what was asked of the present size not", async () => {
    const { size } = (await (await auditor("default")).json()) as { size: number };
    const of = async (path: string) => (await auditor(path)).headers.get("cache-control");
    expect(await of(`default/consistency?from=1&to=${size}`)).toBe("private, max-age=31536000, immutable");
    expect(await of("default/consistency?from=1")).toBe("no-store");
  });

  it("leaves a trace in the log by reading records or proofs, and none by reading hashes", async () => {
    const sizeOf = async (): Promise<number> => ((await (await auditor("default")).json()) as { size: number }).size;
    const before = await sizeOf();
    await auditor("default/tile/0/000.p/1");
    await auditor("default/checkpoint");
    expect(await sizeOf()).toBe(before);
    await auditor("default/tile/entries/000.p/1");
    await auditor("default/proof?index=0");
    await signed();
    // A beginning and an end each.
    expect(await sizeOf()).toBeGreaterThanOrEqual(before + 4);
  });
});

describe("the tree over the heads of all tenants", () => {
  const administrator = (path: string): Promise<Response> => get(path, tokens.administrator);

  it("is read by administrators of the instance, who alone may know the tenants' names", async () => {
    await signed();
    const status = (await (await administrator("_instance")).json()) as { verdict: string; size: number };
    expect(status).toMatchObject({ tenant: "_instance", verdict: "SIGNED" });
    const note = await (await administrator("_instance/checkpoint")).text();
    const keys = (await (await administrator("_instance/vkey")).text()).trim().split("\n").map(parseVerifierKey);
    expect(verifyNote(parseNote(note), keys)).toHaveLength(1);
    const { size } = parseCheckpoint(parseNote(note).text);
    const bundle = await (await administrator(`_instance/tile/entries/000.p/${size}`)).arrayBuffer();
    const heads = readBundle(Buffer.from(bundle))!.map((leaf) => decodeHeadLeaf(leaf).note);
    expect(heads.some((head) => head.includes("/default\n"))).toBe(true);
    expect((await administrator(`_instance/proof?index=${size - 1}`)).status).toBe(200);
    expect((await administrator(`_instance/consistency?from=1&to=${size}`)).status).toBe(200);
    for (const path of ["", "/checkpoint", "/vkey", "/tile/0/000.p/1", "/tile/entries/000.p/1", "/proof?index=0"]) {
      expect((await auditor(`_instance${path}`)).status).toBe(403);
      expect((await get(`_instance${path}`)).status).toBe(401);
    }
  });

  it("proves a tenant's head to the tenant's auditor", async () => {
    await signed();
    const proof = parseProof(await (await auditor("default/head-proof")).text());
    const { size } = parseCheckpoint(parseNote(decodeHeadLeaf(proof.extra!).note).text);
    expect(parseCheckpoint(parseNote(proof.checkpoint).text).origin).toMatch(/\/_instance$/u);
    const again = await auditor(`default/head-proof?size=${size}`);
    expect(parseProof(await again.text()).extra).toEqual(proof.extra);
    expect((await auditor("default/head-proof?size=1")).status).toBe(404);
    expect((await auditor("default/head-proof?size=x")).status).toBe(400);
    expect((await get("default/head-proof", tokens.administrator)).status).toBe(403);
    expect((await get("_instance/head-proof", tokens.administrator)).status).toBe(403);
  });
});

describe("a stranger", () => {
  it("is told nothing, but for the heads of tenants that are public", async () => {
    expect((await get("default/checkpoint")).status).toBe(401);
    expect((await get("default/tile/0/000.p/1")).status).toBe(401);
    expect((await get("open/checkpoint")).status).toBe(404);
    await ask(server, tokens.administrator, "POST /admin/v1/tenants", { id: "open", name: "Open" });
    for (let tries = 0; tries < 50 && (await get("open/checkpoint")).status === 404; tries++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    const open = await get("open/checkpoint");
    expect(open.status).toBe(200);
    expect(open.headers.get("cache-control")).toBe("public, max-age=5");
    expect((await get("open/vkey")).status).toBe(200);
    expect((await get("open/tile/0/000.p/1")).status).toBe(401);
  });

  it("of another tenant sees nothing, and a token for other things neither", async () => {
    expect((await auditor("open/tile/0/000.p/1")).status).toBe(404);
    expect((await auditor("nobody/checkpoint")).status).toBe(404);
    expect((await get("default/checkpoint", tokens.provisioning)).status).toBe(403);
  });
});

it("a service whose log was set back reads and does not write, until somebody says why", async () => {
  const mine = join(root, "set-back");
  const first = await startServer(mine, SETTINGS);
  const { provisioning, auditor: reader } = tokensIn(mine);
  await createUser(first, provisioning, "before");
  await first.stop();
  const backup = join(root, "backup");
  expect(await run(["backup", "--data", mine, "--to", backup])).toMatchObject({ code: 0 });
  const second = await startServer(mine, SETTINGS);
  await createUser(second, provisioning, "after");
  await second.stop();
  expect(await run(["restore", "--from", backup, "--data", mine, "--force"])).toMatchObject({ code: 0 });

  const third = await startServer(mine, SETTINGS);
  const write = await ask(third, provisioning, "POST /scim/v2/Users", userBody("again"));
  expect(write.status).toBe(503);
  expect(JSON.parse(write.text).detail).toMatch(
    /^Nothing was changed: the ledger of “default” is FAILED, its log has/u,
  );
  expect((await ask(third, provisioning, "GET /scim/v2/Users")).status).toBe(200);
  expect(JSON.parse((await ask(third, reader, "GET /ledger/v1/default")).text)).toMatchObject({ verdict: "FAILED" });
  const { status, text } = await ask(third, reader, "GET /health/ready");
  expect([status, JSON.parse(text).checks.find(({ name }: { name: string }) => name === "ledger")]).toEqual([
    200,
    {
      name: "ledger",
      ok: true,
      says: expect.stringMatching(
        /^ledgers that the log does not bear out: [12]; their tenants are read and not written/u,
      ),
    },
  ]);
  const busy = await run(["ledger", "accept-restore", "--data", mine, "--reason", "drill"]);
  expect(busy.code).toBe(1);
  expect(busy.stderr).toMatch(
    /is held by process \d+: .* POST http.*\/admin\/v1\/tenants\/default\/ledger\/accept-restore/u,
  );
  await third.stop();

  const accepted = await run(["ledger", "accept-restore", "--data", mine, "--reason", "drill"]);
  expect(accepted).toMatchObject({ code: 0 });
  expect(accepted.stdout).toMatch(/\/default\/2\n/u);
  const fourth = await startServer(mine, SETTINGS);
  expect((await ask(fourth, provisioning, "POST /scim/v2/Users", userBody("again"))).status).toBe(201);
  await fourth.stop();
  expect((await runHere(["ledger", "check", "--data", mine])).code).toBe(0);
}, 120_000);

it("a running service takes its log as it is once an administrator says why, and goes on", async () => {
  const mine = join(root, "set-back-running");
  const first = await startServer(mine, SETTINGS);
  const { provisioning, auditor: reader, administrator } = tokensIn(mine);
  await createUser(first, provisioning, "before");
  await first.stop();
  const old = join(root, "old");
  cpSync(mine, old, { recursive: true });
  const second = await startServer(mine, SETTINGS);
  await createUser(second, provisioning, "after");
  await second.stop();
  for (const name of ["log.db", "views.db"]) cpSync(join(old, name), join(mine, name));

  const third = await startServer(mine, SETTINGS);
  const accept = (token: string, body: object) =>
    ask(third, token, "POST /admin/v1/tenants/default/ledger/accept-restore", body);
  expect((await ask(third, provisioning, "POST /scim/v2/Users", userBody("again"))).status).toBe(503);
  expect((await accept(reader, { reason: "drill" })).status).toBe(403);
  expect((await accept(administrator, {})).status).toBe(400);
  const accepted = await accept(administrator, { reason: "drill" });
  expect(accepted.status).toBe(200);
  expect(JSON.parse(accepted.text)).toMatchObject({ origin: expect.stringMatching(/\/default\/2$/u) });
  expect((await accept(administrator, { reason: "again" })).status).toBe(409);
  expect((await ask(third, provisioning, "POST /scim/v2/Users", userBody("again"))).status).toBe(201);
  const instance = JSON.parse((await ask(third, administrator, "GET /ledger/v1/_instance")).text);
  expect(instance).toMatchObject({ verdict: "SIGNED", head: { origin: expect.stringMatching(/\/_instance\/2$/u) } });
  await third.stop();
  const { code, stdout } = await runHere(["ledger", "check", "--data", mine]);
  expect([code, stdout]).toEqual([0, expect.not.stringContaining("FAILED")]);
}, 120_000);
