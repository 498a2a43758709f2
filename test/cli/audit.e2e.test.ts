// The audit verbs against a running service.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { questions } from "../../src/audit/questions.ts";
import { parametersOf, pathParameters } from "../../src/cli/audit/audit-verb.ts";
import { PARAMETERS } from "../../src/cli/audit/parameters.ts";
import { runHere, runUnread, type Server, startServer } from "./command.ts";

const TOKEN = "an-administrator-for-the-test-0123456789";
const folder = mkdtempSync(join(tmpdir(), "scim-ledger-audit-verb-"));
let server: Server;
let ada = "";
let group = "";

async function create(type: string, body: object): Promise<string> {
  const response = await fetch(`${server.url}/scim/v2/${type}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/scim+json" },
    body: JSON.stringify(body),
  });
  return String(((await response.json()) as { id: string }).id);
}

beforeAll(async () => {
  server = await startServer(folder, { SCIM_LEDGER_ADMIN_TOKEN: TOKEN });
  const user = "urn:ietf:params:scim:schemas:core:2.0:User";
  ada = await create("Users", { schemas: [user], userName: "ada", displayName: "=1+1" });
  group = await create("Groups", {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
    displayName: "engineers",
    members: [{ value: ada }],
  });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const audit = (...args: readonly string[]) => runHere(["audit", ...args, "--url", server.url, "--token", TOKEN]);

const raw = (query: string) =>
  fetch(`${server.url}/audit/v1/stream?${query}`, { headers: { Authorization: `Bearer ${TOKEN}` } });

describe("scim-ledger audit", () => {
  it.each(questions.map((question) => ({ id: question.id, question })))("asks $id", async ({ question }) => {
    const ids = { groups: group, actors: "configured-administrator" };
    const samples: Record<string, string> = {
      ...{ id: ids[question.route.split("/")[1] as keyof typeof ids] ?? ada, member: ada, type: "users" },
      ...{ group, with: group, from: "2026-01-01T00:00:00Z" },
    };
    const inPath = pathParameters(question).map((name) => samples[name]!);
    const needed = { diff: ["--from", samples["from"]!], overlaps: ["--group", group, "--with", group] } as const;
    const options = needed[question.id as keyof typeof needed] ?? [];
    const more = question.id === "blast-radius" ? ["--from", samples["from"]!] : [];
    const { code, stdout, stderr } = await audit(question.id, ...inPath, ...options, ...more, "--format", "json");
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ question: question.id, tenant: "default" });
  });

  it("shows whose name it is also where somebody has a very long one", async () => {
    const name = "long ".repeat(60);
    const user = await create("Users", {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
      userName: "long",
      displayName: name,
    });
    const large = await create("Groups", {
      ...{ schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: name, members: [{ value: user }] },
    });
    const { stdout } = await audit("members-at", large);
    expect(stdout).toMatch(new RegExp(`^long long [^\n]*… \\(${user}\\)  `, "mu"));
    expect(stdout.split("\n").every((line) => line.length < 200)).toBe(true);
    const replayed = ["trace", "what-if"].map((verb) => runHere(["replay", verb, "--from", "1", "--data", folder]));
    for (const { stdout: shown } of await Promise.all(replayed)) {
      expect(shown).toMatch(new RegExp(`long long [^\n]*… \\(${user}\\)`, "u"));
      expect(shown).not.toContain(name.trim());
    }
  });

  it("prints a table for people, and what it stands on beside it", async () => {
    const { code, stdout, stderr } = await audit("members-at", group);
    expect(code).toBe(0);
    expect(stdout.split("\n")[0]).toMatch(/^member +direct +held +effective +paths/u);
    expect(stdout).toContain(`=1+1 (${ada})`);
    expect(stderr).toMatch(/^members-at as of \S+, at position \d{16}, known at .+\n1 row\n$/u);
  });

  it("asks of marks and asserted dates that were handed in", async () => {
    const send = (method: string, path: string, body?: object) =>
      fetch(server.url + path, {
        method,
        headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }).then(async (answer) => [answer.status, await answer.text()]);
    const marks = "/admin/v1/tenants/default";
    expect(await send("PUT", `${marks}/privileged/${group}`)).toEqual([204, ""]);
    expect(await send("PUT", `${marks}/privileged/${ada}`)).toMatchObject([
      404,
      expect.stringContaining("never was a Group"),
    ]);
    expect(await send("PUT", `/admin/v1/tenants/nowhere/privileged/${group}`)).toMatchObject([404, expect.anything()]);
    expect(await send("GET", `${marks}/marks`)).toEqual([200, JSON.stringify({ privileged: [group], exclusive: [] })]);
    const assertions = [{ user: ada, kind: "leaves", at: "2026-01-01T00:00:00Z" }];
    expect(await send("POST", "/audit/v1/assertions", { source: "workday", assertions })).toMatchObject([
      201,
      expect.anything(),
    ]);
    const privileged = await audit("privileged", "--format", "json");
    expect(JSON.parse(privileged.stdout)).toMatchObject({ rows: [{ user: { id: ada }, is: "member" }] });
    const leavers = await audit("leavers", "--hours", "1", "--format", "json");
    expect(JSON.parse(leavers.stdout)).toMatchObject({ rows: [{ user: { id: ada }, open: true, source: "workday" }] });
  });

  it("prints CSV without a formula", async () => {
    const { stdout } = await audit("members-at", group, "--format", "csv");
    expect(stdout).toContain(`"'=1+1"`);
    expect(stdout.trimEnd().split("\r\n")).toHaveLength(4);
  });

  it("says what the service refused, and where nobody answers", async () => {
    const refused = await audit("members-at", "nobody");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("there never was a Group")]);
    const nobody = await runHere(["audit", "credentials", "--url", "http://127.0.0.1:1", "--token", TOKEN]);
    expect(nobody.stderr).toContain("nothing answers at");
    const without = await runHere(["audit", "credentials", "--url", server.url]);
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("SCIM_LEDGER_AUDIT_TOKEN")]);
  });

  it("streams events for other systems from where it ended", async () => {
    const first = await audit("stream", "--format", "ecs");
    const lines = first.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: { code: string } });
    expect(lines.map(({ event }) => event.code)).toEqual(expect.arrayContaining(["UserCreated", "GroupMembersAdded"]));
    const position = first.stderr.match(/^position (\d{16})\n$/u)![1]!;
    expect(await audit("stream", "--format", "ocsf", "--after", position)).toMatchObject({ code: 0, stdout: "" });
    await create("Groups", { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: "later" });
    const more = await audit("stream", "--format", "syslog", "--after", position);
    expect(more.stdout).toMatch(/^<110>1 .* GroupCreated - [^\n]*\n$/u);
    const own = await audit("stream", "--format", "syslog", "--after", position, "--enterprise", "49152");
    expect(own.stdout).toMatch(/^<110>1 .* GroupCreated \[scim-ledger@49152 [^\n]*\n$/u);
    for (const query of [
      "format=xml",
      "after=5",
      "wait=31",
      "limit=0",
      "colour=red",
      "enterprise=0",
      "format=ecs&format=ocsf",
    ])
      expect([query, (await raw(query)).status]).toEqual([query, 400]);
  });

  it.each([
    ["ocsf", "application/x-ndjson; charset=utf-8"],
    ["ecs", "application/x-ndjson; charset=utf-8"],
    ["syslog", "text/plain; charset=utf-8"],
  ])("names the type of what it streams as %s", async (format, type) => {
    expect((await raw(`format=${format}`)).headers.get("content-type")).toBe(type);
  });

  it("refuses to go on after the end of the log, where what comes up to there would never be told", async () => {
    const answer = await raw("after=0000000000999999&wait=1");
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringMatching(/lies after the end of the log/u),
    ]);
    expect(await audit("stream", "--after", "0000000000999999")).toMatchObject({ code: 2, stdout: "" });
  });

  it.each([
    ["members-at", "nobody"],
    ["timeline", "users", "nobody"],
    ["blast-radius", "--actor", "nobody"],
  ])("ends with 1 where it could not be done: %s %s", async (...args) => {
    expect(await audit(...args)).toMatchObject({ code: 1, stdout: "" });
  });

  it.each([
    ["churn", "--limit", "0"],
    ["churn", "--from", "yesterday"],
    ["churn", "--cursor", "abc"],
    ["diff", "--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z"],
    ["stream", "--enterprise", "0"],
  ])("ends with 2 where the command line is wrong: %s %s %s", async (...args) => {
    expect(await audit(...args)).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/refused \(400\)/u),
    });
  });

  it("waits for the next event where it is asked to", async () => {
    const head = (await raw("limit=10000")).headers.get("scim-ledger-position")!;
    const waiting = raw(`after=${head}&wait=20`).then((answer) => answer.text());
    await new Promise((resolve) => setTimeout(resolve, 300));
    await create("Groups", { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: "awaited" });
    expect(JSON.parse(await waiting)).toMatchObject({ type_uid: 300606, metadata: { event_code: "GroupCreated" } });
  });

  it("ends what is followed once nobody reads it any more", async () => {
    const args = ["audit", "stream", "--follow", "--url", server.url, "--token", TOKEN];
    const schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
    const writing = setInterval(() => void create("Groups", { schemas, displayName: "unread" }), 500);
    const { code, stderr } = await runUnread(args).finally(() => clearInterval(writing));
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^(position \d{16}\n)+$/u)]);
  });

  it("explains every parameter", () => {
    for (const question of questions)
      for (const name of parametersOf(question)) expect([question.id, name, PARAMETERS[name]]).not.toContain(undefined);
  });
});
