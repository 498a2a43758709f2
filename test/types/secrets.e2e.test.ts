// What is never returned is not kept, on the whole service: by users, groups and a type of a tenant's own, by POST, PUT, PATCH and
// Bulk. That it was sent is an event with its path.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Loose } from "../audit/notebook/client.ts";
import { Service } from "./running.ts";

const LOCK = "urn:example:2.0:Lock";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const SAFE = "urn:example:2.0:Safe";
/** In base64 too. */
const SECRET = /s3cret|czNjcmV0/u;
const lock = {
  id: LOCK,
  attributes: [
    { name: "site" },
    { name: "pin", returned: "never" },
    {
      ...{ name: "keys", type: "complex", multiValued: true },
      subAttributes: [{ name: "value" }, { name: "code", returned: "never" }],
    },
  ],
};
const safe = {
  id: SAFE,
  attributes: [{ name: "displayName" }, { name: "combination", required: true, returned: "never" }],
};
const types = [
  { name: "User", endpoint: "/Users", schema: USER, schemaExtensions: [ENTERPRISE, LOCK] },
  { name: "Group", endpoint: "/Groups", schema: GROUP, schemaExtensions: [LOCK] },
  { name: "Safe", endpoint: "/Safes", schema: SAFE, schemaExtensions: [LOCK] },
];

let service: Service;
beforeAll(async () => {
  service = await Service.start();
  const tenant = "/admin/v1/tenants/default";
  for (const schema of [lock, safe]) await service.expect(201, `PUT ${tenant}/schemas/${schema.id}`, schema);
  for (const { schemaExtensions, ...type } of types) {
    const extensions = schemaExtensions.map((schema) => ({ schema, required: false }));
    const { status } = await service.ask(`PUT ${tenant}/resource-types/${type.name}`, {
      ...type,
      schemaExtensions: extensions,
    });
    expect([200, 201]).toContain(status);
  }
});
afterAll(() => service.end());

const values = { site: "hall", pin: "s3cret-1", keys: [{ value: "n", code: "s3cret-2" }] };
const shown = { site: "hall", keys: [{ value: "n" }] };
const patch = (...Operations: object[]) => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
  Operations,
});
const bodies: readonly [string, string, Loose][] = [
  ["User", "Users", { schemas: [USER, LOCK], userName: "ada" }],
  ["Group", "Groups", { schemas: [GROUP, LOCK], displayName: "g" }],
  ["Resource", "Safes", { schemas: [SAFE, LOCK], displayName: "s", combination: "s3cret-3" }],
];

describe.each(bodies)("of a %s", (kind, endpoint, own) => {
  const told = async (id: string) => {
    const { rows } = await service.expect(200, `GET /audit/v1/${endpoint}/${id}/timeline`);
    expect(JSON.stringify(rows)).not.toMatch(SECRET);
    return rows.map((row: Loose) => row.type);
  };

  it("a POST and a PATCH tell that it was sent; a PUT that repeats it changes nothing", async () => {
    const body = { ...own, [LOCK]: values };
    const made = await service.expect(201, `POST /scim/v2/${endpoint}`, body);
    expect([made[LOCK], JSON.stringify(made)]).toEqual([shown, expect.not.stringMatching(SECRET)]);
    const path = `/scim/v2/${endpoint}/${made.id}`;
    const asked = await service.expect(200, `GET ${path}?attributes=${LOCK}:pin,${LOCK}:keys.code,combination`);
    expect(JSON.stringify(asked)).not.toMatch(SECRET);
    expect(await told(made.id)).toEqual([`${kind}Created`, `${kind}SecretsSet`]);
    const again = await service.expect(200, `PUT ${path}`, body);
    expect(again.meta.version).toBe(made.meta.version);
    const patched = async (operation: object) => {
      expect([200, 204]).toContain((await service.ask(`PATCH ${path}`, patch(operation))).status);
      return service.expect(200, `GET ${path}`);
    };
    for (const value of ["s3cret-1", "s3cret-1"]) {
      expect((await patched({ op: "replace", path: `${LOCK}:pin`, value })).meta.version).toBe(made.meta.version);
    }
    expect((await patched({ op: "remove", path: `${LOCK}:pin` })).meta.version).toBe(made.meta.version);
    const both = { op: "replace", value: { [LOCK]: { site: "roof", pin: "s3cret-4" } } };
    expect((await patched(both))[LOCK]).toEqual({ ...shown, site: "roof" });
    const sent = Array(3).fill(`${kind}SecretsSet`);
    const after = [`${kind}Created`, `${kind}SecretsSet`, ...sent, `${kind}AttributesChanged`, `${kind}SecretsSet`];
    expect((await told(made.id)).toSorted()).toEqual(after.toSorted());
  });

  it("its shape is checked, and no filter and no order finds it out", async () => {
    const refused = await service.ask(`POST /scim/v2/${endpoint}`, { ...own, [LOCK]: { pin: ["s3cret-5"] } });
    expect([refused.status, refused.body.scimType]).toEqual([400, "invalidValue"]);
    expect(JSON.stringify(refused.body)).not.toMatch(SECRET);
    for (const query of [`filter=${encodeURIComponent(`${LOCK}:pin pr`)}`, `sortBy=${LOCK}:pin`])
      expect((await service.ask(`GET /scim/v2/${endpoint}?${query}`)).status).toBe(400);
  });
});

it("Bulk tells it of each operation", async () => {
  const bulk = await service.expect(200, "POST /scim/v2/Bulk", {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
    Operations: bodies.map(([, endpoint, own], n) => ({
      ...{ method: "POST", path: `/${endpoint}`, bulkId: `b${n}` },
      data: { ...own, ...(own.userName ? { userName: "ben" } : {}), [LOCK]: values },
    })),
  });
  expect(bulk.Operations.map(({ status }: Loose) => status)).toEqual(["201", "201", "201"]);
  const bare = { schemas: [SAFE], displayName: "t" };
  expect((await service.ask("POST /scim/v2/Safes", bare)).body.detail).toContain("combination is required");
});

it("no read model has it, and none after they were built anew", async () => {
  const inFiles = () =>
    readdirSync(service.folder)
      .filter((name) => /^(views|log)\.db/u.test(name))
      .filter((name) => SECRET.test(readFileSync(join(service.folder, name), "latin1")));
  expect(inFiles()).toEqual([]);
  await service.restart();
  expect(inFiles()).toEqual([]);
});
