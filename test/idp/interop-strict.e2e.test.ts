// draft-zollner-scim-interop-profile: each check refuses what it says, over HTTP, and changes nothing; what is left does
// everything that provisioning needs.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { checks } from "../../src/scim/normalise/checks.ts";
import { GROUP, patchOf, USER } from "./fixtures/fixture.ts";
import { IdpService, type IdpTenant } from "./service.ts";

let service: IdpService;
let tenant: IdpTenant;
let id: string;
beforeAll(async () => {
  service = await IdpService.start();
});
afterAll(() => service.stop());
beforeEach(async () => {
  tenant = await service.tenant("interop-strict");
  id = await tenant.make("Users", { userName: "ada", emails: [{ type: "work", value: "a@b.c" }], title: "x" });
});

interface Refused {
  readonly check: string;
  readonly line: string;
  readonly bytes?: string;
  readonly headers?: Record<string, string>;
  readonly status: number;
  readonly scimType?: string;
}

const patch = (operations: string) => ({ line: "PATCH Users/{id}", bytes: patchOf(operations) });
const filter = (text: string) => ({
  line: `GET Users?filter=${encodeURIComponent(text)}`,
  check: "filter-eq-and",
  status: 400,
  scimType: "invalidFilter",
});

const refused: readonly Refused[] = [
  { check: "no-put", line: "PUT Users/{id}", bytes: `{"schemas":["${USER}"],"userName":"ada"}`, status: 501 },
  {
    ...patch('[{"op":"replace","path":"title","value":"y"}]'),
    check: "no-preconditions",
    headers: { "If-Match": 'W/"0"' },
    status: 400,
  },
  { check: "no-preconditions", line: "DELETE Users/{id}", headers: { "If-Match": "*" }, status: 400 },
  { check: "no-preconditions", line: "GET Users/{id}", headers: { "If-None-Match": 'W/"0"' }, status: 400 },
  {
    ...patch('[{"op":"replace","value":{"title":"y"}}]'),
    check: "path-required",
    status: 400,
    scimType: "invalidPath",
  },
  {
    ...patch('[{"op":"add","path":"shoe","value":"y"}]'),
    check: "known-attribute",
    status: 400,
    scimType: "invalidSyntax",
  },
  {
    ...patch('[{"op":"add","path":"urn:example:Shoe","value":{"size":1}}]'),
    check: "known-attribute",
    status: 400,
    scimType: "invalidSyntax",
  },
  {
    ...patch(String.raw`[{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"y"}}]`),
    check: "sub-attribute-required",
    status: 400,
    scimType: "invalidPath",
  },
  {
    ...patch(String.raw`[{"op":"replace","path":"emails[type ne \"home\"].value","value":"y"}]`),
    check: "path-filter",
    status: 400,
    scimType: "invalidFilter",
  },
  filter('userName co "a"'),
  filter("title pr"),
  filter('userName eq "ada" or title eq "x"'),
  filter('not (userName eq "ada")'),
  filter('emails[type eq "work" and value sw "a"]'),
  { ...filter('shoe eq "1"'), check: "unknown attribute" },
  {
    check: "unknown attribute",
    line: "POST Users",
    bytes: `{"schemas":["${USER}"],"userName":"b","shoe":1}`,
    status: 400,
    scimType: "invalidSyntax",
  },
  {
    check: "unknown schema",
    line: "POST Users",
    bytes: `{"schemas":["${USER}","urn:example:Shoe"],"userName":"b"}`,
    status: 400,
    scimType: "invalidSyntax",
  },
];

describe("in the profile interop-strict", () => {
  it.each(refused)("$check: $line $bytes is $status $scimType", async ({ line, bytes, headers, status, scimType }) => {
    const before = await tenant.read("Users", id);
    const blank = line.indexOf(" ") + 1;
    const target = `${line.slice(0, blank)}/scim/v2/${line.slice(blank).replace("{id}", id)}`;
    const reply = await tenant.ask(target, bytes, headers);
    expect([reply.status, reply.body.scimType]).toEqual([status, scimType]);
    expect(await tenant.read("Users", id)).toEqual(before);
  });

  it("an operation of a Bulk request is held to the same, and a circle of creations is none", async () => {
    const bulk = await tenant.ask(
      "POST /scim/v2/Bulk",
      JSON.stringify({
        schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        Operations: [
          { method: "PUT", path: `/Users/${id}`, data: { schemas: [USER], userName: "ada" } },
          { method: "DELETE", path: `/Users/${id}`, version: 'W/"0"' },
          {
            method: "POST",
            path: "/Groups",
            bulkId: "a",
            data: { schemas: [GROUP], displayName: "a", members: [{ value: "bulkId:b" }] },
          },
          {
            method: "POST",
            path: "/Groups",
            bulkId: "b",
            data: { schemas: [GROUP], displayName: "b", members: [{ value: "bulkId:a" }] },
          },
        ],
      }),
    );
    expect(bulk.body.Operations.map(({ status }: { status: string }) => status)).toEqual(["501", "400", "201", "201"]);
    expect(await tenant.read("Users", id)).toMatchObject({ userName: "ada", title: "x" });
  });

  it("every check of the table is tried", () =>
    expect(checks.map((check) => check.id).filter((one) => !refused.some(({ check }) => check === one))).toEqual([]));

  it("a user is found, changed and disabled, and a group gets and loses a member", async () => {
    const found = await tenant.ask(
      `GET /scim/v2/Users?filter=${encodeURIComponent('emails[type eq "work" and value eq "a@b.c"]')}`,
    );
    expect(found.body.Resources).toMatchObject([{ id }]);
    const operations = String.raw`[{"op":"replace","path":"emails[type eq \"work\"].value","value":"n@b.c"},{"op":"replace","path":"active","value":false},{"op":"remove","path":"title"}]`;
    const changed = await tenant.ask(`PATCH /scim/v2/Users/${id}`, patchOf(operations));
    expect(changed.body).toMatchObject({ active: false, emails: [{ value: "n@b.c" }] });
    const made = await tenant.ask("POST /scim/v2/Groups", `{"schemas":["${GROUP}"],"displayName":"g"}`);
    const group = `/scim/v2/Groups/${made.body.id}`;
    const add = await tenant.ask(
      `PATCH ${group}`,
      patchOf(`[{"op":"add","path":"members","value":[{"value":"${id}"}]}]`),
    );
    const remove = await tenant.ask(
      `PATCH ${group}`,
      patchOf(`[{"op":"remove","path":"members[value eq \\"${id}\\"]"}]`),
    );
    expect([add.status, remove.status]).toEqual([204, 204]);
    expect((await tenant.ask(`GET ${group}`)).body).not.toHaveProperty("members");
    expect((await tenant.ask(`DELETE /scim/v2/Users/${id}`)).status).toBe(204);
  });
});
