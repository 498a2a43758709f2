// Bulk on the whole service: what auditors see of it, what is there after a start, what it leaves to others.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { createLogger } from "../../../src/http/log.ts";
import { type Running, serve } from "../../../src/main.ts";
import type { JsonObject } from "../../../src/scim/json.ts";
import { readSettings } from "../../../src/settings/read-settings.ts";

const ADMIN = "an-administrator-for-the-bulk-0123456789abc";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const folder = mkdtempSync(join(tmpdir(), "scim-ledger-bulk-"));
let running: Running;

const start = async () => {
  const read = readSettings({ PORT: "0", SCIM_LEDGER_DATA: folder, SCIM_LEDGER_ADMIN_TOKEN: ADMIN });
  if ("problems" in read) throw new Error(read.problems.join());
  running = await serve(read.settings, { log: createLogger("silent") });
};
beforeAll(start);
afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(line: string, body?: unknown, headers: Record<string, string> = {}): Promise<JsonObject> {
  const [method = "", path = ""] = line.split(" ");
  const response = await fetch(running.url + path, {
    method,
    headers: { Authorization: `Bearer ${ADMIN}`, "Content-Type": "application/scim+json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as JsonObject;
}

const bulk = async (Operations: readonly object[], requestId: string) => {
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
  const body = await ask("POST /scim/v2/Bulk", { schemas, Operations }, { "X-Request-Id": requestId });
  return body["Operations"] as JsonObject[];
};
const idOf = ({ location }: JsonObject) => String(location).split("/").at(-1) as string;
const user = (bulkId: string) => ({
  method: "POST",
  path: "/Users",
  bulkId,
  data: { schemas: [USER], userName: bulkId },
});
const group = (bulkId: string, ...members: string[]) => ({
  method: "POST",
  path: "/Groups",
  bulkId,
  data: { schemas: [GROUP], displayName: bulkId, members: members.map((value) => ({ value })) },
});
const timeline = async (type: string, id: string) =>
  (await ask(`GET /audit/v1/${type}/${id}/timeline`))["rows"] as JsonObject[];

it("is in the audit trail as separate changes of one request: a circle as creations and what completes one of them", async () => {
  const operations = await bulk(
    [group("a", "bulkId:b", "bulkId:ada"), group("b", "bulkId:a"), user("ada")],
    "one-bulk",
  );
  expect(operations.map(({ status }) => status)).toEqual(["201", "201", "201"]);
  const [a, b, ada] = operations.map(idOf) as [string, string, string];
  const all = [await timeline("groups", a), await timeline("groups", b), await timeline("users", ada)].flat();
  expect(new Set(all.map(({ requestId }) => requestId))).toEqual(new Set(["one-bulk"]));
  const of = (id: string) => all.filter(({ resource }) => (resource as JsonObject)["id"] === id);
  const own = (id: string) =>
    [...new Map(of(id).map((row) => [String(row["position"]), row])).entries()].sort().map(([, row]) => row);
  expect(own(ada).map(({ type }) => type)).toEqual(["UserCreated"]);
  for (const [id, commands] of [
    [a, 1],
    [b, 2],
  ] as const) {
    expect(own(id).map(({ type }) => type)).toEqual(["GroupCreated", "GroupMembersAdded"]);
    expect(new Set(own(id).map(({ commandId }) => commandId)).size).toBe(commands);
  }
});

it("tells of a circle that failed what was created and deleted again", async () => {
  const before = await ask("GET /scim/v2/Groups?count=0");
  const operations = await bulk([group("c", "bulkId:d"), group("d", "bulkId:c", "nobody")], "failed-bulk");
  expect(operations.map(({ status }) => status)).toEqual(["409", "400"]);
  expect((await ask("GET /scim/v2/Groups?count=0"))["totalResults"]).toBe(before["totalResults"]);
});

it("makes and ends memberships as resources of their own, by reference too", async () => {
  const membership = (bulkId: string, group: string, member: string) => ({
    method: "POST",
    path: "/GroupMemberships",
    bulkId,
    data: {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:GroupMembership"],
      group: { value: group },
      member: { value: member },
    },
  });
  const made = await bulk(
    [membership("m", "bulkId:crew", "bulkId:grace"), group("crew"), user("grace"), membership("n", "nobody", "nobody")],
    "memberships",
  );
  expect(made.map(({ status }) => status)).toEqual(["201", "201", "201", "400"]);
  const [path, crew] = [new URL(String(made[0]!["location"])).pathname, `/scim/v2/Groups/${idOf(made[1]!)}`];
  expect(await ask(`GET ${path}`)).toMatchObject({ meta: { version: made[0]!["version"] } });
  expect((await ask(`GET ${crew}`))["members"]).toMatchObject([{ value: idOf(made[2]!) }]);
  const ended = await bulk(
    [
      { method: "PATCH", path, data: [{ op: "remove", path: "member" }] },
      { method: "DELETE", path },
      { method: "DELETE", path: "/GroupMemberships/nobody" },
    ],
    "memberships",
  );
  expect(ended.map(({ status }) => status)).toEqual(["405", "204", "404"]);
  expect(await ask(`GET ${crew}`)).not.toHaveProperty("members");
  const [crewId, graceId] = [idOf(made[1]!), idOf(made[2]!)];
  const again = await bulk(
    [
      membership("again", crewId, graceId),
      { method: "DELETE", path },
      membership("once more", crewId, graceId),
      { method: "DELETE", path },
      { method: "DELETE", path: crew },
    ],
    "memberships",
  );
  expect(again.map(({ status }) => status)).toEqual(["201", "204", "201", "204", "204"]);
});

it("of a thousand operations is answered, others are served meanwhile, and all of it is there after a start", async () => {
  const users = Array.from({ length: 900 }, (_, index) => user(`many-${index}`));
  const groups = Array.from({ length: 100 }, (_, index) =>
    group(`group-${index}`, ...users.slice(index * 9, index * 9 + 9).map(({ bulkId }) => `bulkId:${bulkId}`)),
  );
  let isDone = false;
  const answer = bulk([...groups, ...users], "thousand").finally(() => {
    isDone = true;
  });
  let served = 0;
  while (!isDone) {
    await ask("GET /scim/v2/Users?count=1");
    served += 1;
  }
  const operations = await answer;
  expect(new Set(operations.map(({ status }) => status))).toEqual(new Set(["201"]));
  expect(served).toBeGreaterThan(5);
  await running.close();
  await start();
  const last = await ask(`GET /scim/v2/Groups/${idOf(operations[99]!)}`);
  expect(last["members"]).toHaveLength(9);
  expect((await ask("GET /scim/v2/Users?count=0&filter=userName%20sw%20%22many-%22"))["totalResults"]).toBe(900);
});
