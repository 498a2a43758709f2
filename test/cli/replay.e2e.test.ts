// Replay on the files of a service: while it runs, and on a copy without it.
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { temporaryFolders } from "../temporary-folder.ts";
import { runHere, type Server, startServer } from "./command.ts";

const TOKEN = "an-administrator-for-the-test-0123456789";
const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const newFolder = temporaryFolders();
const data = newFolder();
const copy = newFolder();
let server: Server;
let [ada, grace, group] = ["", "", ""];
let [before, last] = ["", ""];

async function send(method: string, path: string, body?: object, requestId = "setup") {
  const response = await fetch(`${server.url}/scim/v2${path}`, {
    method,
    headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/scim+json", "X-Request-Id": requestId },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect([method, path, response.ok, text]).toMatchObject([method, path, true, expect.anything()]);
  return (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
}
const patch = (path: string, operation: object, requestId: string) =>
  send("PATCH", path, { schemas: [PATCH_OP], Operations: [operation] }, requestId);

const replay = (folder: string, ...args: readonly string[]) => runHere(["replay", ...args, "--data", folder]);
const lines = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, never>);
const stateOf = async (folder: string, ...args: readonly string[]) =>
  JSON.parse((await replay(folder, "state", ...args, "--json")).stdout) as {
    stateHash: string;
    resource: object;
    position: string;
  };

beforeAll(async () => {
  server = await startServer(data, { SCIM_LEDGER_ADMIN_TOKEN: TOKEN });
  const user = (userName: string) => ({
    schemas: [USER],
    userName,
    title: "engineer",
    emails: [{ value: `${userName}@x.example`, type: "work" }],
  });
  ada = String((await send("POST", "/Users", user("ada")))["id"]);
  grace = String((await send("POST", "/Users", user("grace")))["id"]);
  group = String(
    (await send("POST", "/Groups", { schemas: [GROUP], displayName: "engineers", members: [{ value: ada }] }))["id"],
  );
  before = (await stateOf(data, `groups/${group}`)).position;
  // A sync that went wrong.
  await patch(`/Groups/${group}`, { op: "add", path: "members", value: [{ value: grace }] }, "bad-sync");
  await patch(`/Groups/${group}`, { op: "remove", path: `members[value eq "${ada}"]` }, "bad-sync");
  await patch(`/Users/${ada}`, { op: "replace", path: "title", value: "intern" }, "bad-sync");
  await patch(`/Users/${ada}`, { op: "replace", path: "active", value: false }, "bad-sync");
  await patch(`/Users/${grace}`, { op: "remove", path: "emails" }, "bad-sync");
  last = (await stateOf(data, `groups/${group}`)).position;
});
afterAll(async () => {
  await server.stop();
});

describe("scim-ledger replay, while the service runs", () => {
  it("shows a resource as the service does, and as it was", async () => {
    const now = await replay(data, "state", `users/${ada}`, "--base-url", server.url);
    expect(JSON.parse(now.stdout)).toEqual(await send("GET", `/Users/${ada}`));
    expect(now.stderr).toMatch(/which ends at position \d{16} \(\S+Z\); such a reading is not recorded/u);
    const then = await stateOf(data, `users/${ada}`, "--at", before);
    expect(then.resource).toMatchObject({ title: "engineer" });
    expect(then.resource).not.toHaveProperty("active");
  });

  it("tells two places apart, with what caused it", async () => {
    const { stdout, stderr } = await replay(data, "diff", "--from", before, "--explain");
    expect(stdout).toContain(`~ title: "engineer" → "intern"`);
    expect(stdout).toContain(`+ members: ${grace}`);
    expect(stdout).toContain(`- members: ${ada}`);
    expect(stdout).toContain("request bad-sync");
    expect(stderr).toMatch(/state hash from: [0-9a-f]{64}\nstate hash to: [0-9a-f]{64}/u);
  });

  it("steps through a resource, event by event", async () => {
    const all = lines((await replay(data, "step", `users/${ada}`, "--json")).stdout);
    expect(all.slice(0, -1).map(({ row }) => [row!["number"], row!["type"]])).toEqual([
      [1, "UserCreated"],
      [2, "UserAttributesChanged"],
      [3, "UserDeactivated"],
    ]);
  });

  it("blames each attribute on its last writer", async () => {
    const { stdout } = await replay(data, "blame", `users/${ada}`, "--attribute", "title");
    expect(stdout).toMatch(
      /^title: "intern" {2}.* by SCIM_LEDGER_ADMIN_TOKEN \(UserAttributesChanged, position \d{16}\)\n$/u,
    );
  });

  it("blames as of a position, not of all that happened at its instant", async () => {
    const events = lines((await replay(data, "step", `groups/${group}`, "--json")).stdout);
    const created = events.find(({ row }) => row?.["type"] === "GroupCreated")!;
    const members = ["blame", `groups/${group}`, "--attribute", "members", "--json", "--at"];
    const at = String(created["row"]!["position"]);
    expect(lines((await replay(data, ...members, at)).stdout)).toMatchObject([{ end: { at, count: 0 } }]);
    expect(lines((await replay(data, ...members, before)).stdout)).toMatchObject([{ row: { member: ada } }, {}]);
  });

  it("traces a request, and tells what is still in force", async () => {
    const rows = lines((await replay(data, "trace", "--request", "bad-sync", "--json")).stdout);
    expect(rows.at(-1)).toMatchObject({ end: { subjects: 2, "still in force": 5, count: 5 } });
    expect((await replay(data, "trace")).code).toBe(2);
  });

  it("tells the world without a request", async () => {
    const rows = lines((await replay(data, "what-if", "--request", "bad-sync", "--json")).stdout).slice(0, -1);
    expect(rows.map(({ row }) => [row!["change"], row!["kind"], row!["subject"]])).toEqual([
      ["gained", "group", grace],
      ["lost", "account", ada],
      ["lost", "group", ada],
    ]);
  });

  it("finds the read models to be what the log says", async () => {
    const { code, stdout } = await replay(data, "check", "--deep");
    expect([code, stdout]).toEqual([0, expect.stringContaining("what the log says")]);
    const { stdout: state } = await replay(data, "state");
    expect(stdout).toContain(`state hash of default: ${/state hash ([0-9a-f]{64})/u.exec(state)![1]}`);
    const { stateHashes } = JSON.parse((await replay(data, "check", "--json")).stdout);
    expect(stateHashes).toEqual({ default: expect.stringMatching(/^[0-9a-f]{64}$/u) });
  });
});

describe("scim-ledger replay, on a copy", () => {
  beforeAll(() => cpSync(data, copy, { recursive: true }));

  it("has the same hashes, with the copy's read models or without any", async () => {
    const tenant = await stateHash(data);
    expect(await stateHash(copy)).toBe(tenant);
    for (const name of readdirSync(copy)) if (name.startsWith("views.db")) rmSync(join(copy, name));
    expect(await stateHash(copy)).toBe(tenant);
    expect(readdirSync(copy).filter((name) => name.startsWith("views.db"))).toEqual([]);

    async function stateHash(folder: string): Promise<string> {
      return (
        lines((await replay(folder, "state", "--at", before, "--json")).stdout).at(-1)!["end"] as unknown as {
          stateHash: string;
        }
      ).stateHash;
    }
  });

  it.each([
    ["state", () => ["--at", before]],
    ["diff", () => ["--from", "1", "--to", last]],
    ["step", () => [`users/${ada}`, "--to", last]],
    ["blame", () => [`users/${ada}`, "--at", last]],
    ["trace", () => ["--request", "bad-sync"]],
    ["what-if", () => ["--request", "bad-sync", "--until", last]],
    ["revert-plan", () => ["--request", "bad-sync"]],
  ])("has the same hashes, whatever is asked: %s", async (verb, args) => {
    const hashes = (folder: string) =>
      replay(folder, verb, ...args(), "--json").then(({ stdout }) =>
        stdout.match(/(?<=[hH]ash[^:]*":")[0-9a-f]{64}/gu),
      );
    const found = await hashes(data);
    expect(found).not.toBeNull();
    expect(await hashes(copy)).toEqual(found);
  });

  it("builds read models anew that were copied after the log, and are ahead of it", async () => {
    const torn = newFolder();
    const copyAll = (isAsked: (name: string) => boolean) => {
      for (const name of readdirSync(data))
        if (isAsked(name)) cpSync(join(data, name), join(torn, name), { recursive: true });
    };
    const isOfViews = (name: string) => name.startsWith("views.db");
    copyAll((name) => !isOfViews(name));
    const then = lines((await replay(torn, "state", "--json")).stdout).at(-1)!;
    await patch(`/Users/${grace}`, { op: "replace", path: "title", value: "later" }, "after the log was copied");
    copyAll(isOfViews);
    expect(lines((await replay(torn, "state", "--json")).stdout).at(-1)).toEqual(then);
    expect(await replay(torn, "check")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("ahead of the log"),
    });
    await patch(`/Users/${grace}`, { op: "replace", path: "title", value: "engineer" }, "and back again");
  });

  it("writes into none of its files", async () => {
    const files = () =>
      readdirSync(copy)
        .filter((name) => name.endsWith(".db") || name.endsWith(".key"))
        .map((name) => [name, statSync(join(copy, name)).size, readFileSync(join(copy, name)).toString("base64")]);
    const untouched = files();
    for (const [verb, ...args] of [
      ["state"],
      ["diff", "--from", before],
      ["step", `groups/${group}`],
      ["blame", `users/${ada}`],
      ["trace", "--request", "bad-sync"],
      ["what-if", "--request", "bad-sync"],
      ["revert-plan", "--request", "bad-sync"],
    ] as const)
      expect(await replay(copy, verb, ...args)).toMatchObject({ code: 0 });
    expect(files()).toEqual(untouched);
  });

  it("finds the first difference of read models that were tampered with", async () => {
    const tampered = newFolder();
    cpSync(data, tampered, { recursive: true });
    const views = new DatabaseSync(join(tampered, "views.db"));
    views.exec("DELETE FROM members");
    views.close();
    const { code, stdout } = await replay(tampered, "check");
    expect([code, stdout]).toEqual([1, expect.stringContaining(grace)]);
  });

  it("says what it cannot do", async () => {
    const problems = [
      [["state", "users/nobody"], "there never was a User"],
      [["state", `users/${ada}`, "--at", "1"], "there was no users/"],
      [["state", "--at", "yesterday"], "neither a position nor an instant"],
      [["state", "--at", "99999999"], "after the end of the log"],
      [["state", "--at", "2199-01-01T00:00:00Z"], "has not come yet"],
      [["trace", "--from", "5", "--to", "3"], "must lie before"],
      [["step", `users/${ada}`, "--from", "5", "--to", "3"], "must lie before"],
      [["step", `users/${ada}`, "--from", "5", "--to", "4"], "must lie before"],
      ...["trace", "what-if", "revert-plan"].map(
        (verb) => [[verb, "--from", "5", "--to", "4"], "must lie before"] as const,
      ),
      [["blame", `users/${ada}`, "--attribute", "nosuch"], "has no attribute"],
      [["blame", `users/${ada}`, "--attribute", "groups"], "memberships are told by"],
      [["state", "--tenant", "nowhere"], "there is no tenant"],
      [["diff", "--from", "5", "--to", "4"], "must not lie after"],
      ...["trace", "what-if", "revert-plan"].flatMap(
        (verb) =>
          [
            [[verb, "--actor", "nobody"], "there never was a credential “nobody”"],
            [[verb, "--request", "none"], "no event is of a request “none”"],
            [[verb, "--actor", "configured-administrator", "--request", "none"], "no event is of a request “none”"],
          ] as const,
      ),
    ] as const;
    for (const [args, says] of problems) {
      const { code, stderr } = await replay(copy, ...args);
      expect([args, code !== 0, stderr]).toEqual([args, true, expect.stringContaining(says)]);
      expect(stderr).not.toContain("fault of its own");
    }
    expect((await replay(newFolder(), "state")).stderr).toContain("there is no log");
  });
});

it("a revert plan, carried out by hand, brings back what was", async () => {
  const strip = ({ meta: _, ...rest }: Record<string, unknown>) => rest;
  const { stdout } = await replay(data, "revert-plan", "--request", "bad-sync", "--json");
  const operations = lines(stdout)
    .slice(0, -1)
    .map(({ row }) => row as unknown as { method: string; path: string; body?: object });
  expect(operations.map(({ method }) => method)).toEqual(["PATCH", "PATCH", "PATCH", "PATCH", "PATCH"]);
  for (const { method, path, body } of operations) await send(method, path, body, "repair");
  for (const [name, id] of [
    ["users", ada],
    ["users", grace],
    ["groups", group],
  ] as const) {
    const then = (await stateOf(data, `${name}/${id}`, "--at", before)).resource as Record<string, unknown>;
    const now = (await stateOf(data, `${name}/${id}`)).resource as Record<string, unknown>;
    const sorted = (resource: Record<string, unknown>) => ({ active: true, ...strip(resource) });
    expect(sorted(now)).toEqual(sorted(then));
  }
  const again = await replay(data, "revert-plan", "--request", "bad-sync", "--json");
  expect(lines(again.stdout)).toMatchObject([{ end: { count: 0 } }]);
});
