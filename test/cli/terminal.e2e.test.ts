// What a terminal is shown where names, titles and requests were chosen by somebody who would like to command it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Ended, runHere, type Server, startServer } from "./command.ts";

const TOKEN = "an-administrators-token-of-32-characters";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
/** Wipes the screen, hides what follows, turns the order, begins a line of its own. */
const EVIL = "Eve\u001b[2J\u001b[8m\u009b31m\u202egnp.\u2066x\u2069\u200f\u061c\u2028";
const OBEYED = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
const data = mkdtempSync(join(tmpdir(), "scim-ledger-terminal-"));

let server: Server;
let eve: string;
let group: string;

async function send(method: string, path: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${server.url}/scim/v2${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${TOKEN}`,
      "Content-Type": "application/scim+json",
      "X-Request-Id": "bad-sync",
      "User-Agent": "evil",
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

const patch = (path: string, ...Operations: object[]) =>
  send("PATCH", path, { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });

beforeAll(async () => {
  server = await startServer(data, { SCIM_LEDGER_ADMIN_TOKEN: TOKEN });
  const person = (userName: string) => ({ schemas: [USER], userName, displayName: EVIL, title: EVIL });
  eve = String((await send("POST", "/Users", person("eve")))["id"]);
  group = String(
    (await send("POST", "/Groups", { schemas: [GROUP], displayName: EVIL, members: [{ value: eve }] }))["id"],
  );
  await patch(`/Users/${eve}`, { op: "replace", path: "title", value: `${EVIL}!` });
  await patch(`/Groups/${group}`, { op: "replace", path: "displayName", value: `${EVIL}\nsecond` });
});
afterAll(async () => {
  await server.stop();
  rmSync(data, { recursive: true, force: true });
});

// Without our own colours, so that whatever is found is of others.
const env = { NO_COLOR: "" };
const replay = (...args: readonly string[]) => runHere(["replay", ...args, "--data", data], env, { isTTY: true });
const audit = (...args: readonly string[]) =>
  runHere(["audit", ...args, "--url", server.url, "--token", TOKEN], env, { isTTY: true });

const verbs: readonly (readonly [string, () => Promise<Ended>])[] = [
  ["state", () => replay("state", `users/${eve}`)],
  ["state of a group", () => replay("state", `groups/${group}`, "--json")],
  ["diff", () => replay("diff", "--from", "1", "--explain")],
  ["step", () => replay("step", `groups/${group}`)],
  ["blame", () => replay("blame", `users/${eve}`)],
  ["blame, as JSON", () => replay("blame", `users/${eve}`, "--json")],
  ["trace", () => replay("trace", "--request", "bad-sync")],
  ["what-if", () => replay("what-if", "--request", "bad-sync")],
  ["revert-plan", () => replay("revert-plan", "--from", "4")],
  ...["table", "json", "ndjson", "csv"].map(
    (format) => [`members, ${format}`, () => audit("members-at", group, "--format", format)] as const,
  ),
  ["a timeline", () => audit("timeline", "users", eve)],
  ["a resource", () => audit("resource-at", "users", eve)],
  ["a stream", () => audit("stream", "--format", "syslog")],
];

describe("a terminal is shown nothing that it would obey by", () => {
  it.each(verbs)("%s", async (_, verb) => {
    const { code, stdout, stderr } = await verb();
    expect([code, stdout === "" ? stderr : ""]).toEqual([0, ""]);
    expect(stdout.replace(/\r?\n/gu, "")).not.toMatch(OBEYED);
    expect(stderr.replaceAll("\n", "")).not.toMatch(OBEYED);
  });
});

it("a terminal is shown colours, unless it wants none; a pipe never is", async () => {
  const diff = ["replay", "diff", "--from", "1", "--data", data];
  expect((await runHere(diff, {}, { isTTY: true })).stdout).toContain("\u001b[32m");
  expect((await runHere(diff, env, { isTTY: true })).stdout).not.toContain("\u001b");
  expect((await runHere([...diff, "--json"], {}, { isTTY: true })).stdout).not.toContain("\u001b");
});

it("a pipe gets JSON, NDJSON and CSV as they are", async () => {
  for (const format of ["json", "ndjson", "csv"]) {
    const { stdout } = await runHere([
      ...["audit", "members-at", group, "--format", format, "--url", server.url, "--token", TOKEN],
    ]);
    expect(stdout).toContain("\u202egnp.\u2066x\u2069");
  }
  const { stdout } = await runHere(["replay", "blame", `users/${eve}`, "--json", "--data", data]);
  expect(stdout).toContain("\u202egnp.\u2066x\u2069");
});

// What is piped is looked at in the end: by `less -R`, `grep`, or `cat` of a file.
it.each([
  ["diff", "--from", "1", "--explain"],
  ["step", "groups/"],
  ["blame", "users/"],
  ["trace", "--request", "bad-sync"],
  ["what-if", "--request", "bad-sync"],
  ["revert-plan", "--from", "4"],
])("a pipe gets what is said for people line by line: %s", async (...verb) => {
  const ids = new Map([
    ["users/", `users/${eve}`],
    ["groups/", `groups/${group}`],
  ]);
  const args = ["replay", ...verb.map((word) => ids.get(word) ?? word), "--data", data];
  const [piped, shown] = [await runHere(args, env), await runHere(args, env, { isTTY: true })];
  expect(piped.code).toBe(0);
  expect(piped.stdout).toBe(shown.stdout);
});
