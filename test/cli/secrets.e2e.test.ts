// What is never returned (RFC 7643 §7) and stands in a log of version 0.2.0 is told by no audit answer and by no replay, whole
// attributes and parts of elements alike.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { subjectOf } from "../../src/audit/answers/subject.ts";
import { questions } from "../../src/audit/questions.ts";
import { processIo } from "../../src/cli/io.ts";
import { openReplay } from "../../src/cli/replay/open.ts";
import { frameOf, screenOf } from "../../src/cli/replay/step.ts";
import { FIRST } from "../../src/cli/replay/stepper.ts";
import { START } from "../../src/eventlog/event-log.ts";
import { writeOlderUser } from "../support/older-secrets.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { runHere, type Server, startServer } from "./command.ts";

const TOKEN = "an-administrator-for-the-test-0123456789";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const LOCKER = "urn:example:params:scim:schemas:extension:locker:2.0:User";
const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const SECRET = /s3cret/u;
const newFolder = temporaryFolders();
const data = newFolder();
let server: Server;
const ada = "01900000-0000-7000-8000-000000000001";
let from = "";

const attribute = (name: string, more: object) => ({
  ...{ name, type: "string", multiValued: false, description: "", required: false, caseExact: true },
  ...{ mutability: "readWrite", returned: "default", uniqueness: "none" },
  ...more,
});
const definitions = {
  schemas: [
    {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
      ...{ id: LOCKER, name: "Locker", description: "A locker." },
      attributes: [
        attribute("pin", { returned: "never" }),
        attribute("keys", {
          ...{ type: "complex", multiValued: true, caseExact: false },
          subAttributes: [attribute("door", {}), attribute("code", { returned: "never" })],
        }),
      ],
    },
  ],
  resourceTypes: [
    {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
      ...{ id: "User", name: "User", description: "People.", endpoint: "/Users", schema: USER },
      schemaExtensions: [
        { schema: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", required: false },
        { schema: LOCKER, required: false },
      ],
    },
  ],
};

async function send(method: string, path: string, body?: object) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/scim+json", "X-Request-Id": "locking" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}
const patch = (...Operations: object[]) => send("PATCH", `/scim/v2/Users/${ada}`, { schemas: [PATCH_OP], Operations });

beforeAll(async () => {
  const before = [{ door: "north", code: "s3cret-1" }];
  await writeOlderUser(data, {
    ...{ id: ada, definitions, requestId: "locking" },
    created: { userName: "ada", title: "engineer", [LOCKER]: { pin: "s3cret-2", keys: before } },
    changed: [
      { path: `${LOCKER}:pin`, before: "s3cret-2", after: "s3cret-3" },
      { path: `${LOCKER}:keys`, element: "1", before: before[0], after: { door: "north", code: "s3cret-4" } },
      { path: "title", before: "engineer", after: "director" },
    ],
  });
  expect(readFileSync(join(data, "views.db"), "latin1")).toMatch(SECRET);
  server = await startServer(data, { SCIM_LEDGER_ADMIN_TOKEN: TOKEN });
  from = new Date(Date.now() - 600_000).toISOString();
  const shown = await send("GET", `/scim/v2/Users/${ada}`);
  expect([shown.status, shown.text]).toEqual([200, expect.not.stringMatching(SECRET)]);
  expect(JSON.parse(shown.text)).toMatchObject({ title: "director", [LOCKER]: { keys: [{ door: "north" }] } });
  const changed = await patch(
    { op: "replace", path: `${LOCKER}:pin`, value: "s3cret-5" },
    { op: "add", path: `${LOCKER}:keys`, value: [{ door: "south", code: "s3cret-6" }] },
    { op: "remove", path: `${LOCKER}:keys[door eq "north"]` },
    { op: "replace", path: "nickName", value: "countess" },
  );
  expect([changed.status, changed.text]).toEqual([200, expect.not.stringMatching(SECRET)]);
});
afterAll(() => server.stop());

it.each(questions.map(({ id, route }) => [id, route]))("%s", async (_, route) => {
  const path = route.replace("/:type", "/User").replace(":id", ada).replace(":collection", "users");
  const to = encodeURIComponent(new Date().toISOString());
  const possible = [
    "",
    `?type=User&id=${ada}`,
    `?from=${encodeURIComponent(from)}&to=${to}`,
    `?type=User&id=${ada}&from=${encodeURIComponent(from)}&to=${to}`,
    `?from=${encodeURIComponent(from)}&attributes=${LOCKER}:pin,${LOCKER}:keys,title&days=0`,
  ];
  const answers = await Promise.all(possible.map((asked) => send("GET", `/audit/v1${path}${asked}`)));
  for (const { text } of answers) expect(text).not.toMatch(SECRET);
});

it.each([
  ["state", () => [`users/${ada}`]],
  ["state", () => ["--json"]],
  ["diff", () => ["--from", "1", "--json"]],
  ["diff", () => [`users/${ada}`, "--from", "1", "--explain"]],
  ["step", () => [`users/${ada}`]],
  ["step", () => [`users/${ada}`, "--json"]],
  ["blame", () => [`users/${ada}`, "--json"]],
  ["trace", () => ["--request", "locking", "--json"]],
  ["what-if", () => ["--request", "locking", "--json"]],
  ["revert-plan", () => ["--request", "locking", "--json"]],
  ["revert-plan", () => ["--from", "5", "--json"]],
])("replay %s", async (verb, args) => {
  const { code, stdout, stderr } = await runHere(["replay", verb, ...args(), "--data", data]);
  expect([code, stderr]).toEqual([0, expect.anything()]);
  expect(stdout).not.toMatch(SECRET);
});

it("that a secret changed is told, and a plan leaves its value to whoever knows it", async () => {
  const blame = await send("GET", `/audit/v1/users/${ada}/blame`);
  const diff = await send("GET", `/audit/v1/diff?type=User&id=${ada}&from=${encodeURIComponent(from)}`);
  const moves = `attributes=${LOCKER}:pin&days=0`;
  const movers = await send("GET", `/audit/v1/movers?from=${encodeURIComponent(from)}&${moves}`);
  for (const { text } of [blame, diff, movers]) expect(text).toContain("[never returned]");
  const last = JSON.parse(diff.text) as { rows: { path?: string }[] };
  expect(last.rows.map(({ path }) => path)).toContain(`${LOCKER}:pin`);
});

it("that one ends is told, and not what it was", async () => {
  expect((await patch({ op: "remove", path: `${LOCKER}:pin` })).status).toBe(200);
  const { text } = await send("GET", `/audit/v1/users/${ada}/timeline`);
  const { rows } = JSON.parse(text) as { rows: { changes: object[] }[] };
  expect(rows.flatMap(({ changes }) => changes)).toContainEqual({ path: `${LOCKER}:pin`, before: "[never returned]" });
  expect(text).not.toMatch(SECRET);
});

it("evidence prints it nowhere, and has the keys to what is sealed", async () => {
  const out = join(newFolder(), "evidence");
  const args = [
    "--question",
    "timeline",
    "--type",
    "User",
    "--id",
    ada,
    "--out",
    out,
    "--url",
    server.url,
    "--token",
    TOKEN,
  ];
  const { code, stderr } = await runHere(["audit", "evidence", ...args]);
  expect([code, stderr]).toEqual([0, expect.not.stringMatching(SECRET)]);
  for (const file of readdirSync(out)) expect(readFileSync(join(out, file), "latin1")).not.toMatch(SECRET);
  expect(readFileSync(join(out, "keys.txt"), "utf8").trim().split("\n").length).toBeGreaterThan(1);
});

it("the screen of replay step", async () => {
  const replay = await openReplay(data, server.url, processIo(process));
  try {
    const subject = await subjectOf(replay.sources, "default", "User", ada);
    const events = await replay.sources.store.activityOf("default", ada, START, 100);
    const screens = events.map(async (activity) =>
      screenOf(FIRST, events.length, await frameOf(replay, "default", subject, activity)),
    );
    const text = JSON.stringify(await Promise.all(screens));
    expect(text).toContain("director");
    expect(text).not.toMatch(SECRET);
  } finally {
    await replay.close();
  }
});
