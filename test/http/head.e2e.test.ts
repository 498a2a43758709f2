// A HEAD is the GET without its body (RFC 9110 §9.3.2): the same status, the same fields, on every route that has a GET.
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { routes } from "../docs/pages.ts";
import { eventually } from "../support/requests.ts";
import { type Served, startServed } from "../support/served.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

let served: Served;
/** Parameter of a path → what stands for it, by the segment before it. */
let values: Readonly<Record<string, string>>;
let token: string;

beforeAll(async () => {
  served = await startServed();
  const users = await Promise.all(
    Array.from({ length: 1_200 }, (_, i) =>
      served.ask("POST /scim/v2/Users", { body: { schemas: [USER], userName: `user${i}` } }),
    ),
  );
  const members = users.map(({ body }) => ({ value: body["id"] }));
  const group = await served.ask("POST /scim/v2/Groups", { body: { schemas: [GROUP], displayName: "Large", members } });
  const user = String(users[0]!.body["id"]);
  const thing = { id: "urn:example:Thing", attributes: [{ name: "label" }] };
  await served.ask(`PUT /admin/v1/tenants/default/schemas/${thing.id}`, { body: thing });
  const type = { name: "Thing", endpoint: "/Things", schema: thing.id };
  await served.ask("PUT /admin/v1/tenants/default/resource-types/Thing", { body: type });
  const made = await served.ask("POST /scim/v2/Things", { body: { schemas: [thing.id], label: "a" } });
  values = {
    v2: "Things",
    Things: String(made.body["id"]),
    tenants: "default",
    schemas: thing.id,
    "resource-types": "Thing",
    Users: user,
    users: `${user}`,
    Groups: String(group.body["id"]),
    groups: String(group.body["id"]),
    GroupMemberships: `${group.body["id"]}_${user}`,
    ResourceTypes: "User",
    Schemas: USER,
    resources: "users",
    v1: "default",
    tile: "0/000.p/1",
    members: user,
    actors: "configured-administrator",
    evidence: "marks",
  };
  const issued = await served.ask("POST /admin/v1/credentials", {
    body: { name: "all", kind: "administrator", scopes: ["scim:read", "audit:read", "admin"], me: user },
  });
  token = String(issued.body["token"]);
  const checkpoint = "GET /ledger/v1/default/checkpoint";
  await eventually(async () => (await served.ask(checkpoint, { token })).status === 200);
  // A head that is under the instance's, whichever are signed meanwhile.
  const [, size] = (await served.ask(checkpoint, { token })).text.split("\n");
  ASKED["/ledger/v1/:tenant/head-proof"] = `?size=${size}`;
  const proof = `GET ${filled("/ledger/v1/:tenant/head-proof")}`;
  await eventually(async () => (await served.ask(proof, { token })).status === 200);
});
afterAll(async () => served[Symbol.asyncDispose]());

/** `/scim/v2/Users/:id` with an id that is there. */
function filled(path: string): string {
  const parts = path.split("/");
  for (const [i, part] of parts.entries()) {
    const before = parts[i - 1] as string;
    if (part === ":type") parts[i] = "users";
    else if (part.startsWith(":") || part.startsWith("*")) parts[i] = values[before] as string;
  }
  return parts.join("/") + (ASKED[path] ?? "");
}

/** What has to be asked for beside the path. */
const ASKED: Record<string, string> = {
  "/ledger/v1/:tenant/proof": "?index=0",
  "/ledger/v1/:tenant/consistency": "?from=0&to=1",
  "/ledger/v1/_instance/proof": "?index=0",
  "/ledger/v1/_instance/consistency": "?from=0&to=1",
  "/audit/v1/diff": "?from=2026-01-01T00:00:00Z",
  "/audit/v1/blast-radius": "?actor=configured-administrator",
};
/** Whose content is no text, or differs from one answer to the next. */
const UNMEASURED = new Set([
  "/metrics",
  "/ledger/v1/:tenant/tile/*path",
  "/ledger/v1/_instance/tile/*path",
  "/ledger/v1/:tenant",
]);

/** Fields that differ from request to request, or may be left out of a HEAD (RFC 9110 §8.6). */
const VARYING = new Set(["date", "x-request-id", "content-length", "transfer-encoding", "connection", "keep-alive"]);
const fieldsOf = (headers: Headers) => [...headers].filter(([name]) => !VARYING.has(name)).sort();

const gettable = [...new Set(routes().flatMap(({ method, path }) => (method === "GET" ? [path] : [])))];

describe("HEAD", () => {
  it.each([
    ...gettable,
    "/scim/v2/Users?count=2",
    "/scim/v2/Groups?excludedAttributes=members",
    "/scim/v2/Groups?count=0",
    "/scim/v2/GroupMemberships?count=1000",
    '/scim/v2/Users?filter=userName%20eq%20"user7"',
  ])("of %s has the fields of its GET", async (path) => {
    const line = filled(path);
    const get = await served.ask(`GET ${line}`, { token });
    const head = await served.ask(`HEAD ${line}`, { token });
    expect([line, get.status]).toEqual([line, path === "/health/ready" ? expect.any(Number) : 200]);
    expect([head.status, head.text]).toEqual([get.status, ""]);
    expect(fieldsOf(head.headers)).toEqual(fieldsOf(get.headers));
    const length = head.headers.get("content-length");
    if (length !== null && !UNMEASURED.has(path)) expect(Number(length)).toBe(Buffer.byteLength(get.text));
  });

  it.each([
    "/scim/v2/Users/nobody",
    "/scim/v2/GroupMemberships/nothing",
    "/scim/v2/Users?filter=nope",
    "/scim/v2/Nothing",
    "/scim/v2/Schemas?filter=id%20pr",
  ])("of %s is refused as its GET", async (path) => {
    const get = await served.ask(`GET ${path}`, { token });
    const head = await served.ask(`HEAD ${path}`, { token });
    expect([head.status, head.text]).toEqual([get.status, ""]);
    expect(fieldsOf(head.headers)).toEqual(fieldsOf(get.headers));
  });
});

it("a condition on what was deleted or never was is a 404", async () => {
  const made = await served.ask("POST /scim/v2/Users", { body: { schemas: [USER], userName: "short-lived" } });
  const path = `/scim/v2/Users/${made.body["id"]}`;
  const headers = { "If-Match": 'W/"0"' };
  expect((await served.ask(`DELETE ${path}`, { headers: { "If-Match": 'W/"1"' } })).status).toBe(412);
  expect((await served.ask(`DELETE ${path}`, { headers: { "If-None-Match": "*" } })).status).toBe(412);
  expect((await served.ask(`DELETE ${path}`, { headers })).status).toBe(204);
  const nobody = "/scim/v2/Users/01890a5d-ac96-774b-bcce-b302099a8057";
  for (const one of [path, nobody])
    for (const condition of [headers, { "If-Match": "*" }, { "If-Match": 'W/"-1"' }, { "If-None-Match": "*" }])
      for (const [method, body] of [
        ["DELETE", undefined],
        ["PUT", { schemas: [USER], userName: "x" }],
      ] as const) {
        const reply = await served.ask(`${method} ${one}`, { headers: condition as Record<string, string>, body });
        expect([method, condition, reply.status]).toEqual([method, condition, 404]);
      }
});
