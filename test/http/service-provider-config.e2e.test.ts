// What /ServiceProviderConfig says is what the service does: each of its members is tried. A member that nobody tries fails.
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { type Served, startServed } from "../support/served.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const MAX_PAGE = 7;
const MAX_OPERATIONS = 3;
const MAX_PAYLOAD = 2_000;
const USERS = 10;

let served: Served;
let config: JsonObject;
beforeAll(async () => {
  served = await startServed({
    SCIM_LEDGER_MAX_PAGE_SIZE: String(MAX_PAGE),
    SCIM_LEDGER_PAGE_SIZE: "5",
    SCIM_LEDGER_BULK_OPERATIONS: String(MAX_OPERATIONS),
    SCIM_LEDGER_BULK_BYTES: String(MAX_PAYLOAD),
  });
  for (let i = 0; i < USERS; i++) await makeUser(`user${(i * 7) % USERS}`);
  const response = await fetch(`${served.url}/scim/v2/ServiceProviderConfig`);
  expect(response.status).toBe(200);
  config = (await response.json()) as JsonObject;
});
afterAll(async () => served[Symbol.asyncDispose]());

/** A group that has so many of the users. */
const makeGroupOf = async (count: number) => {
  const ids: Json[] = [];
  for (let startIndex = 1; ids.length < count; startIndex += MAX_PAGE) {
    const { body } = await served.ask(`GET /scim/v2/Users?attributes=id&count=${MAX_PAGE}&startIndex=${startIndex}`);
    ids.push(...(body["Resources"] as JsonObject[]).map(({ id }) => id as Json));
  }
  const members = ids.map((value) => ({ value }));
  return served.ask("POST /scim/v2/Groups", { body: { schemas: [GROUP], displayName: "Everybody", members } });
};
const makeUser = (userName: string, more: JsonObject = {}) =>
  served.ask("POST /scim/v2/Users", { body: { schemas: [USER], userName, ...more } });
const patch = (id: Json | undefined, operation: JsonObject, headers: Record<string, string> = {}) =>
  served.ask(`PATCH /scim/v2/Users/${id}`, { body: { schemas: [PATCH], Operations: [operation] }, headers });
const list = async (query: string) => {
  const { status, body } = await served.ask(`GET /scim/v2/Users?${query}`);
  return { status, body, names: ((body["Resources"] ?? []) as { userName: string }[]).map(({ userName }) => userName) };
};

/** Each member of the configuration, and what shows that it is so. */
const claims: Readonly<Record<string, (claim: Json) => Promise<void>>> = {
  schemas: async (claim) => expect(claim).toEqual([CONFIG]),

  patch: async (claim) => {
    expect(claim).toEqual({ supported: true });
    const { body } = await makeUser("patched");
    const patched = await patch(body["id"], { op: "add", path: "title", value: "Dr" });
    expect([patched.status, patched.body["title"]]).toEqual([200, "Dr"]);
  },

  bulk: async (claim) => {
    expect(claim).toEqual({ supported: true, maxOperations: MAX_OPERATIONS, maxPayloadSize: MAX_PAYLOAD });
    const bulk = (count: number, bytes: number) => {
      const Operations = Array(count).fill({ method: "DELETE", path: "/Users/nobody" });
      const body = { schemas: [BULK], Operations, padding: "" };
      body.padding = "x".repeat(Math.max(0, bytes - JSON.stringify(body).length));
      return served.ask("POST /scim/v2/Bulk", { body });
    };
    expect((await bulk(MAX_OPERATIONS, MAX_PAYLOAD)).status).toBe(200);
    expect(await bulk(MAX_OPERATIONS + 1, 0)).toMatchObject({ status: 413 });
    expect(await bulk(1, MAX_PAYLOAD + 1)).toMatchObject({ status: 413 });
  },

  filter: async (claim) => {
    expect(claim).toEqual({ supported: true, maxResults: MAX_PAGE });
    const one = await list('filter=userName eq "USER3"');
    expect([one.body["totalResults"], one.names]).toEqual([1, ["user3"]]);
    for (const query of ['filter=userName sw "user"&count=1000', "count=1000"])
      expect((await list(query)).body["itemsPerPage"]).toBe(MAX_PAGE);
    // However a list is asked for, none holds more, and one may hold as many.
    await makeGroupOf(USERS);
    for (const path of ["/Users", "/", "/GroupMemberships"]) {
      const { body } = await served.ask(`GET /scim/v2${path}?count=${MAX_PAGE + 1}`);
      expect([path, (body["Resources"] as Json[]).length]).toEqual([path, MAX_PAGE]);
    }
    for (const path of ["/Users/.search", "/.search"])
      for (const more of [{ count: MAX_PAGE + 1 }, { count: MAX_PAGE, cursor: "" }, { count: 1e9, startIndex: 2 }]) {
        const { body } = await served.ask(`POST /scim/v2${path}`, { body: { schemas: [SEARCH], ...more } });
        expect([path, more, (body["Resources"] as Json[]).length]).toEqual([path, more, MAX_PAGE]);
      }
    expect((await list("filter=nope eq 1")).status).toBe(400);
  },

  changePassword: async (claim) => {
    expect(claim).toEqual({ supported: false });
    const { body, headers } = await makeUser("secretive", { password: "correct horse" });
    const patched = await patch(body["id"], { op: "replace", path: "password", value: "battery staple" });
    // Taken, kept nowhere, and no change of the resource.
    expect([patched.status, patched.headers.get("etag")]).toEqual([200, headers.get("etag")]);
    expect((await list("filter=password pr")).status).toBe(400);
  },

  sort: async (claim) => {
    expect(claim).toEqual({ supported: true });
    const sorted = ["user0", "user1", "user2", "user3", "user4"];
    const filter = 'filter=userName sw "user"&count=5&sortBy=userName';
    expect((await list(filter)).names).toEqual(sorted);
    expect((await list(`${filter}&sortOrder=descending`)).names).toEqual(["user9", "user8", "user7", "user6", "user5"]);
  },

  etag: async (claim) => {
    expect(claim).toEqual({ supported: true });
    const { body, headers } = await makeUser("tagged");
    const tag = headers.get("etag") as string;
    expect((body["meta"] as JsonObject)["version"]).toBe(tag);
    const path = `GET /scim/v2/Users/${body["id"]}`;
    expect((await served.ask(path, { headers: { "If-None-Match": tag } })).status).toBe(304);
    const change = { op: "replace", path: "title", value: "x" };
    expect((await patch(body["id"], change, { "If-Match": tag })).status).toBe(200);
    expect((await patch(body["id"], change, { "If-Match": tag })).status).toBe(412);
  },

  pagination: async (claim) => {
    expect(claim).toEqual({
      cursor: true,
      index: true,
      defaultPaginationMethod: "index",
      defaultPageSize: 5,
      maxPageSize: MAX_PAGE,
      cursorTimeout: 3_600,
    });
    for (const userName of ["first", "second"]) await makeUser(userName);
    const users = (query: string) => served.ask(`GET /scim/v2/Users${query}`);
    expect((await users("")).body).toMatchObject({ startIndex: 1, itemsPerPage: 5 });
    expect((await users("?cursor")).body).toMatchObject({ itemsPerPage: 5, nextCursor: expect.any(String) });
    const inBody = { schemas: [SEARCH], cursor: "", count: MAX_PAGE + 1 };
    expect((await served.ask("POST /scim/v2/Users/.search", { body: inBody })).body["scimType"]).toBe("invalidCount");
    const { body } = await users("?cursor&count=1");
    expect([body["itemsPerPage"], body["startIndex"]]).toEqual([1, undefined]);
    expect((await users(`?cursor=${body["nextCursor"]}&count=1`)).status).toBe(200);
    expect((await users(`?cursor&count=${MAX_PAGE}`)).status).toBe(200);
    expect((await users(`?cursor&count=${MAX_PAGE + 1}`)).body).toMatchObject({ scimType: "invalidCount" });
  },

  authenticationSchemes: async (claim) => {
    expect(claim).toEqual([expect.objectContaining({ type: "oauthbearertoken", primary: true })]);
    const ask = (authorization?: string) =>
      fetch(`${served.url}/scim/v2/Users`, { headers: authorization === undefined ? {} : { authorization } });
    expect((await ask(`Bearer ${served.admin}`)).status).toBe(200);
    const without = await ask();
    expect([without.status, without.headers.get("www-authenticate")]).toEqual([401, expect.stringMatching(/^Bearer /)]);
    const basic = Buffer.from(`admin:${served.admin}`).toString("base64");
    expect((await ask(`Basic ${basic}`)).status).toBe(401);
    // The scheme is the header's, though RFC 6750 §2.3 has tokens in URLs too.
    expect((await fetch(`${served.url}/scim/v2/Users?access_token=${served.admin}`)).status).toBe(401);
    expect((await ask(`bearer ${served.admin}`)).status).toBe(200);
  },

  meta: async (claim) => {
    const location = `${served.url}/scim/v2/ServiceProviderConfig`;
    expect(claim).toEqual({ resourceType: "ServiceProviderConfig", location });
    expect(await (await fetch(location)).json()).toEqual(config);
  },
};

describe("the configuration", () => {
  it("has no member that is not tried here", () => {
    expect(Object.keys(config).sort()).toEqual(Object.keys(claims).sort());
  });

  it.each(Object.keys(claims))("%s is so", async (name) => {
    expect(config).toHaveProperty(name);
    await claims[name]!(config[name] as Json);
  });

  it("a cursor may be used for as long as cursorTimeout says, and soon no more", async () => {
    const hasty = await startServed({ SCIM_LEDGER_CURSOR_SECONDS: "1" });
    const { body } = await hasty.ask("GET /scim/v2/ServiceProviderConfig");
    expect((body["pagination"] as JsonObject)["cursorTimeout"]).toBe(1);
    for (const userName of ["a", "b"]) await hasty.ask("POST /scim/v2/Users", { body: { schemas: [USER], userName } });
    const cursor = (await hasty.ask("GET /scim/v2/Users?cursor&count=1")).body["nextCursor"];
    const next = () => hasty.ask(`GET /scim/v2/Users?cursor=${cursor}&count=1`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await next()).status).toBe(200);
    // It is the least time (RFC 9865 §4): whole seconds are counted.
    await new Promise((resolve) => setTimeout(resolve, 1_700));
    expect((await next()).body).toMatchObject({ status: "400", scimType: "expiredCursor" });
    await hasty[Symbol.asyncDispose]();
  });

  it("has the attributes of its schema (RFC 7643 §5)", () => {
    for (const [name, parts] of Object.entries({
      bulk: ["maxOperations", "maxPayloadSize", "supported"],
      filter: ["maxResults", "supported"],
    }))
      expect(Object.keys(config[name] as JsonObject).sort()).toEqual(parts);
  });
});
