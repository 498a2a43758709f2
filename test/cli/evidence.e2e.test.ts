// Evidence by the command: from a running service, from its data folder, and again.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { discardViews } from "../../src/readstore/sqlite/views-file.ts";
import { ask, createUser, run, runHere, type Server, startServer, type Tokens, tokensIn } from "./command.ts";

const root = mkdtempSync(join(tmpdir(), "scim-ledger-evidence-"));
const data = join(root, "data");
const policy = join(root, "our.policy");
let server: Server;
let tokens: Tokens;
let ada = "";
let eve = "";
let group = "";
let running = false;

const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

beforeAll(async () => {
  server = await startServer(data);
  running = true;
  tokens = tokensIn(data);
  ada = (await createUser(server, tokens.provisioning, "ada"))!;
  eve = (await createUser(server, tokens.provisioning, "eve"))!;
  const body = { schemas: [GROUP], displayName: "Treasury", members: [{ value: ada }, { value: eve }] };
  group = JSON.parse((await ask(server, tokens.provisioning, "POST /scim/v2/Groups", body)).text).id;
  const { stdout } = await runHere(["ledger", "vkey", "--data", data]);
  writeFileSync(policy, `log ${stdout.trim()}\nquorum none\n`);
}, 60_000);
afterAll(async () => {
  if (running) await server.stop();
  rmSync(root, { recursive: true });
});

const out = (name: string) => join(root, name);
const online = (name: string, ...args: readonly string[]) =>
  runHere(["audit", "evidence", "--out", out(name), "--url", server.url, "--token", tokens.auditor, ...args]);
const offline = (name: string, ...args: readonly string[]) =>
  runHere(["audit", "evidence", "--out", out(name), "--data", data, ...args]);
const verify = (name: string) => runHere(["verify", out(name), "--policy", policy]);
const bytesOf = (name: string) =>
  readdirSync(out(name)).flatMap((file) =>
    file === "run.json" ? [] : [[file, readFileSync(join(out(name), file), "latin1")]],
  );
const sizeOf = (name: string) => String(JSON.parse(readFileSync(join(out(name), "manifest.json"), "utf8")).tree.size);
const json = (name: string, file: string) => JSON.parse(readFileSync(join(out(name), file), "utf8"));

describe("evidence from a running service", () => {
  it("holds offline, and says what it is", async () => {
    const made = await online("case-1", "--question", "members", "--group", group);
    expect([made.code, made.stderr]).toEqual([0, ""]);
    const { code, stdout } = await verify("case-1");
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^SIGNED: .*\nThe answer follows .*members-at .*\n2 rows, from \d+ of \d+ events; \d+ of them disclosed\.\nAs known at \d{4}-.*Z: what was recorded later is not in it\.\n$/u,
      ),
    ]);
    expect(json("case-1", "answer.json").rows.map((row: { member: { id: string } }) => row.member.id)).toEqual([
      ada,
      eve,
    ]);
    expect(json("case-1", "run.json")).toMatchObject({ by: { kind: "auditor" }, inspection: expect.any(String) });
    expect(existsSync(out("case-1.partial"))).toBe(false);
  });

  it("is unanchored to whoever trusts nobody, and incomplete", async () => {
    const { code, stdout } = await runHere(["verify", out("case-1")]);
    expect([code, stdout]).toEqual([2, expect.stringMatching(/^UNANCHORED/u)]);
  });

  it("is not judged by the policy that came with it", async () => {
    const { code, stderr } = await runHere(["verify", out("case-1"), "--policy", join(out("case-1"), "policy")]);
    expect([code, stderr]).toEqual([3, expect.stringContaining("that you have from elsewhere")]);
  });

  it("says nothing that a forger put into it and that a terminal would obey", async () => {
    const copy = out("forged");
    cpSync(out("case-1"), copy, { recursive: true });
    writeFileSync(join(copy, "\u001b[2K\rWITNESSED: all is well\n\u009b8m"), "");
    const { code, stdout } = await runHere(["verify", copy, "--policy", policy]);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^FAILED: \P{Cc}*WITNESSED\P{Cc}*\n$/u)]);
    const asJson = await runHere(["verify", copy, "--json"]);
    expect(asJson.stdout).not.toMatch(/[^\P{Cc}\n]/u);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ verdict: "FAILED", says: expect.stringContaining("\u009b8m") });
  });

  it("is judged in JSON too", async () => {
    const { stdout } = await runHere(["verify", out("case-1"), "--policy", policy, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: "SIGNED",
      enough: true,
      evidence: { question: "members-at", parameters: { id: group }, rows: 2 },
    });
  });

  it("has the same bytes when it is asked again under the same head, though more has happened", async () => {
    await createUser(server, tokens.provisioning, "later");
    expect((await online("again", "--question", "members-at", "--id", group, "--size", sizeOf("case-1"))).code).toBe(0);
    expect(bytesOf("again")).toEqual(bytesOf("case-1"));
    expect(await online("present", "--question", "members-at", "--id", group)).toMatchObject({ code: 0, stderr: "" });
    expect(Number(sizeOf("present"))).toBeGreaterThan(Number(sizeOf("case-1")));
  });

  it("is recorded: the question, and the events whose keys have left", async () => {
    const { inspection } = json("case-1", "run.json");
    expect((await online("readings", "--question", "readings")).code).toBe(0);
    const { rows } = json("readings", "answer.json") as { rows: { question: string; parameters: object }[] };
    expect(rows.filter(({ question }) => question === "evidence")[0]).toMatchObject({
      parameters: { question: "members-at", id: group },
      outcome: "complete",
      rows: 2,
    });
    const events = readFileSync(join(out("readings"), "events.bin"), "latin1");
    const disclosed = [...events.matchAll(/"data":(\{"events":\[[^\]]*\],"inspection":"[^"]*"\})/gu)]
      .map(([, text]) => JSON.parse(text!) as { events: string[]; inspection: string })
      .find((one) => one.inspection === inspection)!;
    expect(disclosed.events).toHaveLength(json("case-1", "manifest.json").counts.keys);
  });

  it("discloses the events of those who are in the answer, and of nobody else", async () => {
    const { counts } = json("case-1", "manifest.json");
    // Of ada, eve and the group, and of the client that made the group.
    expect(counts.keys).toBe(4);
  });

  it.each([
    [["--question", "members-at"], "id"],
    [["--question", "nothing"], "there is no question"],
    [["--question", "members-at", "--id", "constructor"], "never was"],
    [["--question", "members-at", "--group", "x", "--at", "2999-01-01T00:00:00Z"], "has not come yet"],
    [["--question", "members-at", "--group", "x", "--size", "1000000"], "no head over"],
    [["--question", "members-at", "--group", "x", "--colour", "red"], ""],
  ])("leaves nothing behind where it is refused: %j", async (args, says) => {
    const { code, stderr } = await online("refused", ...args);
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining(says)]);
    expect(readdirSync(root).filter((name) => name.startsWith("refused"))).toEqual([]);
  });

  it("of an erased person has their events and not their keys, and says so", async () => {
    const mallory = (await createUser(server, tokens.provisioning, "mallory"))!;
    const body = { schemas: [GROUP], displayName: "Gone", members: [{ value: mallory }] };
    const gone = JSON.parse((await ask(server, tokens.provisioning, "POST /scim/v2/Groups", body)).text).id;
    const before = ["--question", "members-at", "--group", gone];
    expect((await online("before-erasure", ...before)).code).toBe(0);
    expect(json("before-erasure", "answer.json").rows[0].member.display).toBe("mallory by name");
    const { confirm, reason } = { confirm: mallory, reason: "case 17" };
    const erase = `POST /admin/v1/tenants/default/users/${mallory}/erase`;
    const response = await fetch(server.url + erase.slice(5), {
      method: "POST",
      headers: { Authorization: `Bearer ${tokens.administrator}`, "Content-Type": "application/json" },
      body: JSON.stringify({ confirm, reason }),
    });
    expect(response.status).toBe(200);
    expect((await online("after-erasure", "--question", "timeline", "--type", "users", "--id", mallory)).code).toBe(0);
    const { code, stdout } = await verify("after-erasure");
    expect([code, stdout]).toEqual([0, expect.stringMatching(/values of 1 subjects? could not be tested/u)]);
    expect(readFileSync(join(out("after-erasure"), "answer.json"), "utf8")).not.toContain("mallory");
    expect(json("after-erasure", "manifest.json").counts.unopened).toMatchObject({ unexplained: 0, subjects: 1 });
    // A head from before does not know of the erasure.
    expect((await online("of-before", ...before, "--size", sizeOf("before-erasure"))).code).toBe(0);
    expect(await verify("of-before")).toMatchObject({ code: 2, stdout: expect.stringContaining("does not say that") });
  });

  it("is made of resources of a tenant's own types too", async () => {
    const put = (path: string, body: object) =>
      fetch(`${server.url}/admin/v1/tenants/default/${path}`, {
        method: "PUT",
        headers: { Authorization: `Bearer ${tokens.administrator}`, "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
    const schema = "urn:example:Device";
    await put(`schemas/${schema}`, { id: schema, attributes: [{ name: "label" }] });
    await put("resource-types/Device", { name: "Device", endpoint: "/Devices", schema });
    const device = { schemas: [schema], label: "a scanner" };
    const { id } = JSON.parse((await ask(server, tokens.provisioning, "POST /scim/v2/Devices", device)).text);
    expect(await online("device", "--question", "resource-at", "--type", "Devices", "--id", id)).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(json("device", "answer.json").resource).toMatchObject({ label: "a scanner" });
    expect((await verify("device")).code).toBe(0);
  });

  it("is refused to whoever may not read audit data", async () => {
    const { status } = await ask(server, tokens.provisioning, `GET /audit/v1/evidence/members-at?id=${group}`);
    expect(status).toBe(403);
  });
});

describe("evidence from a data folder", () => {
  it("is refused while the service runs", async () => {
    const options = ["--question", "members-at", "--group", group, "--out", out("case-2"), "--data", data];
    const { code, stderr } = await run(["audit", "evidence", ...options]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("is held by")]);
  });

  it("is refused with a base that is no URL, before anything is recorded", async () => {
    const options = ["--question", "members-at", "--group", group, "--out", out("case-2"), "--data", data];
    const { code, stderr } = await run(["audit", "evidence", ...options, "--base-url", "approved"]);
    expect([code, stderr]).toEqual([2, "--base-url must be an http or https URL without query and fragment\n"]);
  });

  it("has the same bytes as the service's, also over read models that were built anew", async () => {
    await server.stop();
    running = false;
    const size = sizeOf("case-1");
    // Locations begin with the service's address, which an answer about members does not show.
    const same = ["--question", "members-at", "--group", group, "--size", size, "--base-url", server.url];
    expect(await offline("case-2", ...same)).toMatchObject({ code: 0, stderr: "" });
    discardViews(data);
    expect(await offline("case-3", ...same)).toMatchObject({ code: 0, stderr: "" });
    expect(bytesOf("case-2")).toEqual(bytesOf("case-1"));
    expect(bytesOf("case-3")).toEqual(bytesOf("case-1"));
    expect((await verify("case-3")).code).toBe(0);
  });
});
