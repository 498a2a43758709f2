// Every URI that the service hands out begins with the base URL of its settings, whatever a proxy or a client claims.
import { request } from "node:http";
import { describe, expect, it } from "@jest/globals";
import { isObject, type Json } from "../../src/scim/json.ts";
import { type Served, startServed } from "../support/served.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const MEMBERSHIP = "urn:ietf:params:scim:schemas:core:2.0:GroupMembership";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/** What must never be believed. */
const CLAIMED = {
  "X-Forwarded-Host": "evil.example",
  "X-Forwarded-Proto": "gopher",
  "X-Forwarded-Prefix": "/evil",
  "X-Forwarded-Port": "666",
  Forwarded: "host=evil.example;proto=gopher",
  "X-Original-URL": "/evil",
};

/** Every `$ref` and `location` in JSON. */
function urisIn(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(urisIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    (name === "$ref" || name === "location") && typeof one === "string" ? [one] : urisIn(one as Json),
  );
}

async function fill(served: Served) {
  const create = async (path: string, body: object) => {
    const made = await served.ask(`POST /scim/v2/${path}`, { body, headers: CLAIMED });
    expect([path, made.status]).toEqual([path, 201]);
    return made;
  };
  const boss = await create("Users", { schemas: [USER], userName: "boss", displayName: "Boss" });
  const ada = await create("Users", {
    schemas: [USER, ENTERPRISE],
    userName: "ada",
    [ENTERPRISE]: { manager: { value: boss.body["id"] } },
  });
  const inner = await create("Groups", { schemas: [GROUP], displayName: "Inner" });
  const members = [ada, inner].map(({ body }) => ({ value: body["id"] }));
  const team = await create("Groups", { schemas: [GROUP], displayName: "Team", members });
  const membership = await create("GroupMemberships", {
    schemas: [MEMBERSHIP],
    group: { value: inner.body["id"] },
    member: { value: ada.body["id"] },
  });
  return { made: [boss, ada, inner, team, membership], ada: String(ada.body["id"]), team: String(team.body["id"]) };
}

describe.each([
  ["https://id.example.com", "https://id.example.com"],
  ["https://id.example.com/", "https://id.example.com"],
  ["https://id.example.com/tenants/one", "https://id.example.com/tenants/one"],
  ["https://id.example.com:8443/tenants/one//", "https://id.example.com:8443/tenants/one"],
  [undefined, undefined],
])("behind %s", (setting, expected) => {
  it("all URIs follow the setting", async () => {
    await using served = await startServed(setting === undefined ? {} : { SCIM_LEDGER_BASE_URL: setting });
    const base = `${expected ?? served.url}/scim/v2`;
    const { made, ada, team } = await fill(served);
    for (const { headers, body } of made)
      expect([headers.get("location"), (body["meta"] as { location: string }).location]).toEqual([
        `${base}${String(headers.get("location")).slice(base.length)}`,
        headers.get("location"),
      ]);
    const kinds = new Set<string>();
    for (const path of [
      "Users",
      "Groups",
      "GroupMemberships",
      "Schemas",
      "ResourceTypes",
      "ServiceProviderConfig",
      `Users/${ada}`,
      `Groups/${team}`,
      `Schemas/${USER}`,
      "ResourceTypes/Group",
    ]) {
      const { body } = await served.ask(`GET /scim/v2/${path}`, { headers: CLAIMED });
      const uris = urisIn(body);
      expect([path, uris.length]).not.toEqual([path, 0]);
      for (const uri of uris) {
        expect([path, uri]).toEqual([path, `${base}/${uri.slice(base.length + 1)}`]);
        kinds.add(uri.slice(base.length + 1).split("/", 1)[0] as string);
        // What it names is there.
        expect((await served.ask(`GET ${uri.slice(base.length - "/scim/v2".length)}`)).status).toBe(200);
      }
    }
    expect([...kinds].sort()).toEqual([
      "GroupMemberships",
      "Groups",
      "ResourceTypes",
      "Schemas",
      "ServiceProviderConfig",
      "Users",
    ]);
    for (const [path, filter] of [
      ["Users", `meta.location eq "${base}/Users/${ada}"`],
      ["Groups", `members.$ref eq "${base}/Users/${ada}" and meta.location eq "${base}/Groups/${team}"`],
    ]) {
      const found = await served.ask(`GET /scim/v2/${path}?filter=${encodeURIComponent(filter as string)}`);
      expect([filter, found.body["totalResults"]]).toEqual([filter, 1]);
    }
    const patch = {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "replace", path: "title", value: "x" }],
    };
    const patched = await served.ask(`PATCH /scim/v2/Users/${ada}`, { body: patch, headers: CLAIMED });
    expect(patched.headers.get("location")).toBe(`${base}/Users/${ada}`);
  });
});

it("the Host of a request is not believed either", async () => {
  await using served = await startServed({ SCIM_LEDGER_BASE_URL: "https://id.example.com" });
  const headers = { Host: "evil.example", Authorization: `Bearer ${served.admin}` };
  const text = await new Promise<string>((resolve, reject) => {
    let body = "";
    const sent = request(`${served.url}/scim/v2/ResourceTypes`, { headers }, (response) => {
      response.setEncoding("utf8").on("data", (part: string) => {
        body += part;
      });
      response.on("end", () => resolve(body));
    });
    sent.on("error", reject).end();
  });
  expect(text).toContain('"location":"https://id.example.com/scim/v2/ResourceTypes/User"');
  expect(text).not.toContain("evil");
});
