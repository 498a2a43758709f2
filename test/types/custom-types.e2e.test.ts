// Devices, roles, entitlements and an extension of User, on the whole service: what Users have, they have.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { discardViews } from "../../src/readstore/sqlite/views-file.ts";
import type { Loose } from "../audit/notebook/client.ts";
import { dumpOf } from "../readstore/dump.ts";
import { anInstant, Service, search } from "./running.ts";

const SCHEMAS = join(import.meta.dirname, "../../schemas");
const DEVICE = "urn:ietf:params:scim:schemas:core:2.0:Device";
const BLE = "urn:ietf:params:scim:schemas:extension:ble:2.0:Device";
const DPP = "urn:ietf:params:scim:schemas:extension:dpp:2.0:Device";
const BADGE = "urn:example:params:scim:schemas:extension:badge:2.0:User";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

let service: Service;
beforeAll(async () => {
  service = await Service.start({ SCIM_LEDGER_SCHEMAS: SCHEMAS });
});
afterAll(() => service.end());

const patch = (...operations: object[]) => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
  Operations: operations,
});
const device = (mac: string, more: object = {}) => ({
  schemas: [DEVICE, BLE],
  displayName: `Monitor ${mac}`,
  active: true,
  [BLE]: {
    versionSupport: ["5.3"],
    deviceMacAddress: mac,
    isRandom: false,
    pairingMethods: ["urn:ietf:params:scim:schemas:extension:pairingNull:2.0:Device"],
  },
  ...more,
});
const ids = (list: Loose): string[] => list.Resources.map((one: Loose) => one.id);

describe("discovery", () => {
  it("shows the tenant's own schemas and types among those that every tenant has", async () => {
    const types = await service.expect(200, "GET /scim/v2/ResourceTypes");
    expect(types.Resources.map(({ name }: Loose) => name)).toEqual([
      "User",
      "Group",
      "GroupMembership",
      "Device",
      "Role",
      "Entitlement",
    ]);
    const user = await service.expect(200, "GET /scim/v2/ResourceTypes/User");
    expect(user.schemaExtensions.map(({ schema }: Loose) => schema)).toContain(BADGE);
    const schema = await service.expect(200, `GET /scim/v2/Schemas/${DEVICE}`);
    expect(schema.attributes.map(({ name }: Loose) => name)).toEqual(["displayName", "active", "mudUrl", "groups"]);
  });

  it("answers unknown endpoints with 404, and wrong methods of a tenant's own with 405", async () => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
      expect((await service.ask(`${method} /scim/v2/Gadgets`)).status).toBe(404);
      expect((await service.ask(`${method} /scim/v2/Gadgets/1`)).status).toBe(404);
    }
    const wrong = await service.ask("DELETE /scim/v2/Devices");
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
    expect((await service.ask("PUT /scim/v2/Schemas")).status).toBe(405);
    expect((await service.ask("GET /scim/v2/Bulk")).status).toBe(405);
  });
});

describe("a device", () => {
  it("is created, read, found, changed, and gone", async () => {
    const { status, body, headers } = await service.ask("POST /scim/v2/Devices", device("AA:00:00:00:00:01"));
    expect([status, body.meta.resourceType]).toEqual([201, "Device"]);
    expect(headers.get("location")).toBe(body.meta.location);
    expect(body.meta.location).toContain(`/scim/v2/Devices/${body.id}`);
    expect(await service.expect(200, `GET /scim/v2/Devices/${body.id}`)).toEqual(body);
    for (const filter of [
      'displayName eq "monitor aa:00:00:00:00:01"',
      `${BLE}:deviceMacAddress eq "aa:00:00:00:00:01"`,
      `${BLE}:deviceMacAddress sw "AA:00:00:00:00:01" and isRandom eq false`,
      `${BLE}:versionSupport eq "5.3" and displayName ew "00:01"`,
      `id eq "${body.id}"`,
      `meta.resourceType eq "Device" and displayName co "00:01" and not (mudUrl pr)`,
    ]) {
      const found = [await service.expect(200, search("/scim/v2/Devices", filter))];
      const asked = { schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], filter };
      found.push(await service.expect(200, "POST /scim/v2/Devices/.search", asked));
      found.push(await service.expect(200, search("/scim/v2", `meta.resourceType eq "Device" and (${filter})`)));
      expect([filter, ...found.map(ids)]).toEqual([filter, [body.id], [body.id], [body.id]]);
    }
    // So many terms are not compared on the thread that serves requests.
    const long = Array.from({ length: 60 }, (_, i) => `displayName eq "monitor aa:00:00:00:00:${i}"`).join(" or ");
    const mixed = `(${long} or active eq true) and mudUrl ne "x"`;
    expect(ids(await service.expect(200, search("/scim/v2/Devices", mixed)))).toContain(body.id);
    const changed = await service.expect(
      200,
      `PATCH /scim/v2/devices/${body.id}`,
      patch(
        { op: "replace", path: "active", value: "False" },
        { op: "add", path: `${BLE}:versionSupport`, value: ["5.4"] },
      ),
    );
    expect([changed.active, changed[BLE].versionSupport]).toEqual([false, ["5.3", "5.4"]]);
    expect(changed.meta.version).not.toBe(body.meta.version);
    const stale = { "If-Match": body.meta.version };
    expect((await service.ask(`DELETE /scim/v2/Devices/${body.id}`, undefined, stale)).status).toBe(412);
    await service.expect(204, `DELETE /scim/v2/Devices/${body.id}`);
    await service.expect(404, `GET /scim/v2/Devices/${body.id}`);
    await service.expect(404, `GET /scim/v2/Users/${body.id}`);
  });

  it("keeps a unique value of an extension for itself, frees it when it lets go of it or ends", async () => {
    const first = await service.expect(201, "POST /scim/v2/Devices", device("AA:00:00:00:00:02"));
    const twin = await service.ask("POST /scim/v2/Devices", device("aa:00:00:00:00:02"));
    expect([twin.status, twin.body.scimType]).toEqual([409, "uniqueness"]);
    const other = await service.expect(201, "POST /scim/v2/Devices", device("AA:00:00:00:00:03"));
    const taking = patch({ op: "replace", path: `${BLE}:deviceMacAddress`, value: "AA:00:00:00:00:02" });
    expect((await service.ask(`PATCH /scim/v2/Devices/${other.id}`, taking)).body.scimType).toBe("uniqueness");
    const required = patch({ op: "remove", path: `${BLE}:deviceMacAddress` });
    expect((await service.ask(`PATCH /scim/v2/Devices/${first.id}`, required)).body.scimType).toBe("mutability");
    const bare = await service.expect(200, `PATCH /scim/v2/Devices/${first.id}`, patch({ op: "remove", path: BLE }));
    expect(bare.schemas).toEqual([DEVICE]);
    await service.expect(200, `PATCH /scim/v2/Devices/${other.id}`, taking);
    await service.expect(204, `DELETE /scim/v2/Devices/${other.id}`);
    await service.expect(201, "POST /scim/v2/Devices", device("AA:00:00:00:00:02"));
    await service.expect(201, "POST /scim/v2/Devices", device("AA:00:00:00:00:03"));
  });

  it("asks for what is required, refuses what is unknown, and takes a secret without keeping it", async () => {
    const dpp = (more: object) => ({ schemas: [DEVICE, DPP], active: true, [DPP]: { dppVersion: 2, ...more } });
    expect((await service.ask("POST /scim/v2/Devices", dpp({}))).body.detail).toContain("bootstrapKey is required");
    expect((await service.ask("POST /scim/v2/Devices", { schemas: [DEVICE] })).body.scimType).toBe("invalidValue");
    const wrongType = dpp({ bootstrapKey: "aa", classChannel: [1] });
    expect((await service.ask("POST /scim/v2/Devices", wrongType)).body.scimType).toBe("invalidValue");
    const secret = { bootstrapKey: "TUlJQ0lqQU5CZ2txaGtpRzl3MEJBUUVGQUFPQ0FnOA==", serialNumber: "s-1" };
    const made = await service.expect(201, "POST /scim/v2/Devices", dpp(secret));
    expect(made[DPP]).toEqual({ dppVersion: 2, serialNumber: "s-1" });
    const asking = search("/scim/v2/Devices", `${DPP}:bootstrapKey pr`);
    expect((await service.ask(asking)).body.scimType).toBe("invalidFilter");
    const path = `/scim/v2/Devices/${made.id}`;
    const again = await service.expect(
      200,
      `PATCH ${path}`,
      patch({ op: "add", path: `${DPP}:bootstrapKey`, value: "aa" }),
    );
    expect(again.meta.version).toBe(made.meta.version);
    const { rows } = await service.expect(200, `GET /audit/v1/Device/${made.id}/timeline`);
    expect(rows.map(({ type }: Loose) => type)).toEqual([
      "ResourceCreated",
      "ResourceSecretsSet",
      "ResourceSecretsSet",
    ]);
    expect(JSON.stringify(rows)).not.toContain(secret.bootstrapKey);
  });

  it("is written in bulk, and refers to what the same request creates", async () => {
    const operation = (bulkId: string, mac: string, more: object = {}) => ({
      method: "POST",
      path: "/Devices",
      bulkId,
      data: device(mac, more),
    });
    const user = { schemas: [USER, BADGE], userName: "bulky", [BADGE]: { number: "b-1" } };
    const answer = await service.expect(200, "POST /scim/v2/Bulk", {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
      Operations: [
        operation("a", "BB:00:00:00:00:01"),
        operation("b", "bb:00:00:00:00:01"),
        { method: "POST", path: "/Users", bulkId: "u", data: user },
        {
          method: "PATCH",
          path: "/Devices/bulkId:a",
          data: patch({ op: "replace", path: "displayName", value: "Bulk" }),
        },
        { method: "POST", path: "/Gadgets", bulkId: "g", data: {} },
      ],
    });
    expect(answer.Operations.map(({ status }: Loose) => status)).toEqual(["201", "409", "201", "200", "400"]);
    const made = await service.expect(200, search("/scim/v2/Devices", 'displayName eq "bulk"'));
    expect(made.Resources[0][BLE].deviceMacAddress).toBe("BB:00:00:00:00:01");
  });

  it("is no member of a group", async () => {
    const { id } = await service.expect(201, "POST /scim/v2/Devices", { schemas: [DEVICE], active: true });
    const group = {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
      displayName: "g",
      members: [{ value: id }],
    };
    expect((await service.ask("POST /scim/v2/Groups", group)).body.scimType).toBe("invalidValue");
  });
});

describe("roles and entitlements", () => {
  it("are resources like others, unique by value, which never changes", async () => {
    const role = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Role"], value: "admin", supported: true };
    const { id } = await service.expect(201, "POST /scim/v2/Roles", { ...role, totalAssignmentsPermitted: 3 });
    for (const value of ["admin", "Admin"])
      expect((await service.ask("POST /scim/v2/Roles", { ...role, value })).status).toBe(409);
    await service.expect(201, "POST /scim/v2/Roles", { ...role, value: "Reader" });
    const renamed = patch({ op: "replace", path: "value", value: "owner" });
    expect((await service.ask(`PATCH /scim/v2/Roles/${id}`, renamed)).body.scimType).toBe("mutability");
    const entitlement = { ...role, schemas: ["urn:ietf:params:scim:schemas:core:2.0:Entitlement"] };
    await service.expect(201, "POST /scim/v2/Entitlements", entitlement);
    const { supported: _, ...bare } = { ...entitlement, value: "license" };
    await service.expect(201, "POST /scim/v2/Entitlements", bare);
    const { supported: __, ...incomplete } = { ...role, value: "auditor" };
    expect((await service.ask("POST /scim/v2/Roles", incomplete)).body.detail).toContain("supported is required");
    const contains = patch({ op: "add", path: "contains", value: ["reader"] });
    expect((await service.expect(200, `PATCH /scim/v2/Roles/${id}`, contains)).contains).toEqual(["reader"]);
    const found = await service.expect(200, search("/scim/v2/Roles", 'contains eq "Reader"'));
    expect(ids(found)).toEqual([id]);
    const sorted = await service.expect(200, "GET /scim/v2/Roles?sortBy=value&attributes=value");
    expect(sorted.Resources.map(({ value }: Loose) => value)).toEqual(["admin", "Reader"]);
    const many = await service.expect(200, search("/scim/v2/Roles", "totalAssignmentsPermitted gt 2"));
    expect(ids(many)).toEqual([id]);
  });
});

describe("an extension of User", () => {
  const user = (userName: string, badge?: object) => ({
    schemas: [USER, ...(badge === undefined ? [] : [BADGE])],
    userName,
    ...(badge === undefined ? {} : { [BADGE]: badge }),
  });

  it("keeps an immutable value: a PUT may repeat it or leave it out, nothing changes it", async () => {
    const [issued, later] = ["2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"];
    const body = user("fixed", { number: "f-1", issued });
    const { id } = await service.expect(201, "POST /scim/v2/Users", body);
    const put = (values: object) =>
      service.ask(`PUT /scim/v2/Users/${id}`, { ...body, [BADGE]: { number: "f-2", ...values } });
    expect((await put({ issued })).body[BADGE]).toEqual({ number: "f-2", issued });
    expect((await put({})).body[BADGE]).toEqual({ number: "f-2", issued });
    expect((await put({ issued: later })).body.scimType).toBe("mutability");
    const change = patch({ op: "replace", path: `${BADGE}:issued`, value: later });
    expect((await service.ask(`PATCH /scim/v2/Users/${id}`, change)).body.scimType).toBe("mutability");
    const { id: blank } = await service.expect(201, "POST /scim/v2/Users", user("blank"));
    const set = patch({ op: "add", path: BADGE, value: { issued } });
    expect((await service.expect(200, `PATCH /scim/v2/Users/${blank}`, set))[BADGE].issued).toBe(issued);
  });

  it("is read, filtered and changed with the user; what it requests or never shows stays out of sight", async () => {
    const badge = {
      number: "7",
      issued: "2026-01-02T03:04:05Z",
      pin: "1234",
      note: "left handed",
      doors: [{ value: "d1", type: "inner" }],
    };
    const made = await service.expect(201, "POST /scim/v2/Users", user("ada", badge));
    expect(made[BADGE]).toEqual({ number: "7", issued: badge.issued, note: "left handed", doors: badge.doors });
    const path = `/scim/v2/Users/${made.id}`;
    expect((await service.expect(200, `GET ${path}`))[BADGE]).toEqual({
      number: "7",
      issued: badge.issued,
      doors: badge.doors,
    });
    const asked = await service.expect(200, `GET ${path}?attributes=${BADGE}:note`);
    expect(asked[BADGE]).toEqual({ note: "left handed" });
    const listed = await service.expect(
      200,
      search("/scim/v2/Users", `${BADGE}:doors[value eq "d1" and type eq "inner"]`),
    );
    expect([ids(listed), listed.Resources[0][BADGE].note]).toEqual([[made.id], undefined]);
    expect(ids(await service.expect(200, search("/scim/v2/Users", `${BADGE}:number eq "7"`)))).toEqual([made.id]);
    expect((await service.ask("POST /scim/v2/Users", user("bob", { number: "7" }))).body.scimType).toBe("uniqueness");
    const noted = await service.expect(
      200,
      `PATCH ${path}`,
      patch({ op: "replace", path: `${BADGE}:note`, value: "n" }),
    );
    expect(noted[BADGE].note).toBe("n");
    const other = await service.expect(200, `PATCH ${path}`, patch({ op: "replace", path: "title", value: "t" }));
    expect(other[BADGE].note).toBeUndefined();
    const { rows } = await service.expect(200, `GET /audit/v1/Users/${made.id}/timeline?attribute=${BADGE}:number`);
    expect(rows[0].changes).toContainEqual({ path: `${BADGE}:number`, after: "7" });
  });

  it("reads as erased with the person, in the shape that its type says, and the same after a rebuild", async () => {
    const doors = [{ value: "d8", type: "inner" }, { value: "d9" }];
    const { id } = await service.expect(201, "POST /scim/v2/Users", user("eve", { number: "e1", doors }));
    const before = await anInstant();
    await service.expect(200, `POST /admin/v1/tenants/default/users/${id}/erase`, { confirm: id, reason: "case 1" });
    const erased = async () => (await service.expect(200, `GET /scim/v2/Users/${id}?asOf=${before}`))[BADGE];
    expect(await erased()).toEqual({ number: "[erased]", doors: [{ value: "[erased]" }] });
    await service.restart(() => discardViews(service.folder));
    expect(await erased()).toEqual({ number: "[erased]", doors: [{ value: "[erased]" }] });
    const found = await service.expect(200, `${search("/scim/v2/Users", `${BADGE}:number eq "e1"`)}&asOf=${before}`);
    expect(found.totalResults).toBe(0);
    await service.expect(201, "POST /scim/v2/Users", user("eve", { number: "e1" }));
  });

  it("frees its unique value when the user gives it up", async () => {
    const { id } = await service.expect(201, "POST /scim/v2/Users", user("cy", { number: "8" }));
    await service.expect(200, `PATCH /scim/v2/Users/${id}`, patch({ op: "remove", path: `${BADGE}:number` }));
    await service.expect(201, "POST /scim/v2/Users", user("di", { number: "8" }));
  });
});

it("what is returned on request is in the answer to the write that set it, and nothing else of it is", async () => {
  const tenant = "/admin/v1/tenants/default";
  const PLAN = "urn:example:2.0:Plan";
  const subAttributes = [{ name: "value" }, { name: "type" }, { name: "note", returned: "request" }];
  const attributes = [
    { name: "one", type: "complex", subAttributes },
    { name: "many", type: "complex", multiValued: true, subAttributes },
    { name: "all", type: "complex", returned: "request", subAttributes },
  ];
  await service.expect(201, `PUT ${tenant}/schemas/${PLAN}`, { id: PLAN, attributes });
  const type = { name: "Plan", endpoint: "/Plans", schema: PLAN };
  await service.expect(201, `PUT ${tenant}/resource-types/Plan`, type);
  const full = { value: "v", note: "n" };
  const bare = { value: "v" };
  const of = ({ one, many, all }: Loose) => ({ one, many, all });
  const body = { schemas: [PLAN], one: full, many: [full], all: full };
  const made = await service.expect(201, "POST /scim/v2/Plans", body);
  expect(of(made)).toEqual({ one: full, many: [full], all: full });
  const path = `/scim/v2/Plans/${made.id}`;
  const patched = async (...operations: object[]) =>
    of(await service.expect(200, `PATCH ${path}`, patch(...operations)));
  const quiet = { one: bare, many: [bare], all: undefined };
  expect(await patched({ op: "replace", path: "one.value", value: "v" })).toEqual(quiet);
  expect(await patched({ op: "replace", value: { one: bare } })).toEqual(quiet);
  expect(await patched({ op: "replace", path: 'many[value eq "v"].value', value: "v" })).toEqual(quiet);
  expect(await patched({ op: "add", path: 'many[value eq "v"]', value: bare })).toEqual(quiet);
  expect(await patched({ op: "add", path: "many", value: [bare] })).toEqual(quiet);
  expect(await patched({ op: "add", path: "one", value: full })).toEqual({ ...quiet, one: full });
  expect(await patched({ op: "replace", path: "one.note", value: "n" })).toEqual({ ...quiet, one: full });
  expect(await patched({ op: "add", path: "many", value: [full] })).toEqual({ ...quiet, many: [full] });
  expect(await patched({ op: "add", path: "all.value", value: "v" })).toEqual({ ...quiet, all: bare });
  const put = await service.expect(200, `PUT ${path}`, { ...body, one: bare, all: bare });
  expect(of(put)).toEqual({ one: bare, many: [full], all: bare });
});

describe("an attribute called primary", () => {
  const PART = "urn:example:2.0:Part";
  const sorted = async (descending = false) => {
    const order = descending ? "&sortOrder=descending" : "";
    const found = await service.expect(200, `GET /scim/v2/Parts?sortBy=marks${order}`);
    return found.Resources.map(({ displayName }: Loose) => displayName);
  };

  it("that is no flag has no say in what a list is sorted by", async () => {
    const subAttributes = [{ name: "value" }, { name: "primary" }];
    const marks = { name: "marks", type: "complex", multiValued: true, subAttributes };
    const flags = { name: "flags", type: "complex", multiValued: true };
    const tenant = "/admin/v1/tenants/default";
    const several = [{ name: "value" }, { name: "primary", type: "boolean", multiValued: true }];
    await service.expect(201, `PUT ${tenant}/schemas/${PART}`, {
      id: PART,
      attributes: [{ name: "displayName" }, marks, { ...flags, subAttributes: several }],
    });
    const type = { name: "Part", endpoint: "/Parts", schema: PART };
    await service.expect(201, `PUT ${tenant}/resource-types/Part`, type);
    const make = (displayName: string, ...values: object[]) =>
      service.expect(201, "POST /scim/v2/Parts", { schemas: [PART], displayName, marks: values, flags: [] });
    await make("one", { value: "b", primary: "x" }, { value: "a", primary: "z" });
    await make("two", { value: "aa" }, { value: "zz", primary: "true" });
    expect([await sorted(), await sorted(true)]).toEqual([
      ["two", "one"],
      ["one", "two"],
    ]);
    const flagged = [{ value: "b" }, { value: "a", primary: [true] }];
    await service.expect(201, "POST /scim/v2/Parts", { schemas: [PART], displayName: "three", flags: flagged });
    await service.expect(201, "POST /scim/v2/Parts", {
      schemas: [PART],
      displayName: "four",
      flags: [{ value: "aa" }],
    });
    const found = await service.expect(200, `GET /scim/v2/Parts?sortBy=flags&count=2`);
    expect(found.Resources.map(({ displayName }: Loose) => displayName)).toEqual(["four", "three"]);
  });
});

describe("history", () => {
  it("tells a device's past by its type, its endpoint, and as of an instant", async () => {
    const made = await service.expect(201, "POST /scim/v2/Devices", device("AA:00:00:00:00:09"));
    const path = `/scim/v2/Devices/${made.id}`;
    const before = await anInstant();
    await service.expect(200, `PATCH ${path}`, patch({ op: "replace", path: "displayName", value: "Renamed" }));
    await service.expect(204, `DELETE ${path}`);
    expect(await service.expect(200, `GET ${path}?asOf=${before}`)).toEqual(made);
    const found = await service.expect(
      200,
      `${search("/scim/v2/Devices", 'displayName eq "Monitor AA:00:00:00:00:09"')}&asOf=${before}`,
    );
    expect(found.Resources).toEqual([made]);
    for (const type of ["Device", "Devices", "devices"]) {
      const at = await service.expect(200, `GET /audit/v1/resources/${type}/${made.id}?asOf=${before}`);
      expect(at.resource).toEqual(made);
      const { rows } = await service.expect(200, `GET /audit/v1/${type}/${made.id}/timeline`);
      expect(rows.map((row: Loose) => row.type)).toEqual([
        "ResourceCreated",
        "ResourceAttributesChanged",
        "ResourceDeleted",
      ]);
      expect(rows[1].changes).toEqual([{ path: "displayName", before: made.displayName, after: "Renamed" }]);
    }
    await service.expect(404, `GET /audit/v1/Gadget/${made.id}/timeline`);
  });

  it("is the same after a restart, after a second start with the same files, and after a rebuild", async () => {
    const list = async () =>
      [
        await service.expect(200, "GET /scim/v2/Devices?sortBy=id"),
        await service.expect(200, search("/scim/v2/Devices", `${BLE}:deviceMacAddress sw "aa"`)),
        await service.expect(200, search("/scim/v2/Users", `${BADGE}:number pr`)),
        await service.expect(200, "GET /scim/v2/ResourceTypes"),
        await service.expect(200, "GET /scim/v2/Schemas"),
      ].map((one) => JSON.stringify(one).replaceAll(/http:..127.0.0.1:\d+/gu, ""));
    const before = await list();
    let dump = {};
    await service.restart(() => {
      dump = dumpOf(service.folder);
      discardViews(service.folder);
    });
    expect(await list()).toEqual(before);
    await service.restart(() => expect(dumpOf(service.folder)).toEqual(dump));
    expect(await list()).toEqual(before);
  });
});
