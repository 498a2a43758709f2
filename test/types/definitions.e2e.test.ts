// Definitions through the admin API and from files: in effect at once, versioned, and never at odds with what was written.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Loose } from "../audit/notebook/client.ts";
import { dumpOf } from "../readstore/dump.ts";
import { anInstant, Service, search } from "./running.ts";

const THING = "urn:example:2.0:Thing";
const SITE = "urn:example:2.0:Site";
const SCHEMAS = "/admin/v1/tenants/default/schemas";
const TYPES = "/admin/v1/tenants/default/resource-types";

let service: Service;
beforeAll(async () => {
  service = await Service.start();
});
afterAll(() => service.end());

const schema = (id: string, ...attributes: object[]) => ({ id, attributes });
const things = (more: object = {}) => ({ name: "Thing", endpoint: "/Things", schema: THING, ...more });
const thing = (more: object = {}) => ({ schemas: [THING], label: "one", ...more });
const define = (id: string, ...attributes: object[]) => service.ask(`PUT ${SCHEMAS}/${id}`, schema(id, ...attributes));

describe("a tenant's own type", () => {
  it("is in effect as soon as it is defined, and says what it became at every version", async () => {
    expect((await service.ask("GET /scim/v2/Things")).status).toBe(404);
    const made = await define(THING, { name: "label" });
    expect([made.status, made.body.meta.resourceType, made.body.attributes[0].returned]).toEqual([
      201,
      "Schema",
      "default",
    ]);
    expect((await service.ask(`PUT ${TYPES}/Thing`, things())).status).toBe(201);
    expect((await service.ask(`PUT ${TYPES}/Thing`, things())).status).toBe(200);
    const first = await service.expect(201, "POST /scim/v2/Things", thing());
    const before = await anInstant();
    expect(
      (await service.ask("POST /scim/v2/Things", thing({ town: "Berne" }), {}, await strict())).body.scimType,
    ).toBe("invalidSyntax");
    expect((await define(THING, { name: "label" }, { name: "town" })).status).toBe(200);
    await service.expect(201, "POST /scim/v2/Things", thing({ town: "Berne" }));
    expect(await service.expect(200, `GET /scim/v2/Things/${first.id}`)).toEqual(first);
    const found = await service.expect(200, search("/scim/v2/Things", "not (town pr)"));
    expect(found.Resources).toEqual([first]);
    const then = await service.expect(
      200,
      `${search("/scim/v2/Things", 'town eq "Berne" or label pr')}&asOf=${before}`,
    );
    expect(then.Resources).toEqual([first]);
    const names = ({ attributes }: Loose) => attributes.map(({ name }: Loose) => name);
    expect(names(await service.expect(200, `GET /scim/v2/Schemas/${THING}`))).toEqual(["label", "town"]);
    expect(names(await service.expect(200, `GET /scim/v2/Schemas/${THING}?asOf=${before}`))).toEqual(["label"]);
  });

  it("refuses a change that would make what is stored lie, and a retirement while there are resources", async () => {
    const { status, body } = await define(THING, { name: "label", type: "integer" });
    expect([status, body.status]).toEqual([409, "409"]);
    expect((await service.ask(`DELETE ${TYPES}/Thing`)).status).toBe(409);
    expect((await service.ask(`DELETE ${SCHEMAS}/${THING}`)).status).toBe(409);
  });

  it("gets an extension later: what exists is untouched, what comes may have it", async () => {
    const list = await service.expect(200, "GET /scim/v2/Things");
    await define(SITE, { name: "town", required: true }, { name: "code", uniqueness: "server" });
    const extended = things({ schemaExtensions: [{ schema: SITE }] });
    expect((await service.ask(`PUT ${TYPES}/Thing`, extended)).status).toBe(200);
    expect((await service.expect(200, "GET /scim/v2/Things")).Resources).toEqual(list.Resources);
    const value = { town: "Basle", code: "x" };
    const body = { ...thing(), schemas: [THING, SITE], [SITE]: value };
    expect((await service.expect(201, "POST /scim/v2/Things", body))[SITE]).toEqual(value);
    expect((await service.ask("POST /scim/v2/Things", body)).body.scimType).toBe("uniqueness");
    expect((await service.ask(`PUT ${TYPES}/Thing`, things())).status).toBe(409);
  });

  it("is retired when its last resource is gone; its past is still read", async () => {
    const before = await anInstant();
    const list = await service.expect(200, "GET /scim/v2/Things?sortBy=id");
    for (const { id } of list.Resources) await service.expect(204, `DELETE /scim/v2/Things/${id}`);
    await service.expect(204, `DELETE ${TYPES}/Thing`);
    await service.expect(404, "GET /scim/v2/Things");
    await service.expect(404, `GET ${TYPES}/Thing`);
    expect((await service.ask("POST /scim/v2/Things", thing())).status).toBe(404);
    const past = await service.expect(200, `GET /scim/v2/Things?sortBy=id&asOf=${before}`);
    expect(past.Resources).toEqual(list.Resources);
    const root = await service.expect(200, `GET /scim/v2?sortBy=id&asOf=${before}`);
    expect(root.Resources.filter(({ meta }: Loose) => meta.resourceType === "Thing")).toEqual(list.Resources);
    expect((await service.expect(200, "GET /scim/v2")).totalResults).toBe(0);
    const { id } = list.Resources[0];
    expect((await service.expect(200, `GET /audit/v1/things/${id}/timeline`)).rows.at(-1).type).toBe("ResourceDeleted");
    await service.restart();
    await service.expect(404, "GET /scim/v2/Things");
    expect((await service.expect(200, `GET /scim/v2/Things?sortBy=id&asOf=${before}`)).Resources.length).toBe(
      list.Resources.length,
    );
    expect((await service.ask(`PUT ${TYPES}/Thing`, things({ schemaExtensions: [{ schema: SITE }] }))).status).toBe(
      201,
    );
    await service.expect(201, "POST /scim/v2/Things", thing());
  });

  it("is not retired under a resource that is on its way", async () => {
    await define("urn:example:2.0:Race", { name: "label" });
    const race = { name: "Race", endpoint: "/Races", schema: "urn:example:2.0:Race" };
    for (let round = 0; round < 5; round++) {
      await service
        .expect(round === 0 ? 201 : 200, `PUT ${TYPES}/Race`, race)
        .catch(() => service.ask(`PUT ${TYPES}/Race`, race));
      const body = { schemas: [race.schema], label: "r" };
      const [made, gone] = await Promise.all([
        service.ask("POST /scim/v2/Races", body),
        service.ask(`DELETE ${TYPES}/Race`),
      ]);
      expect([
        [201, 409],
        [404, 204],
      ]).toContainEqual([made.status, gone.status]);
      if (made.status === 201) await service.expect(204, `DELETE /scim/v2/Races/${made.body.id}`);
    }
  });
});

describe("the admin API", () => {
  it("writes down who defined what, and nothing for what is defined already", async () => {
    const before = definitionEvents();
    expect(before.at(-1)).toMatchObject({ actor: "configured-administrator", type: "Tenant" });
    const again = await define(SITE, { name: "town", required: true }, { name: "code", uniqueness: "server" });
    expect([again.status, definitionEvents().length]).toEqual([200, before.length]);
  });

  it("refuses a body that speaks of another definition than its path", async () => {
    expect((await service.ask(`PUT ${SCHEMAS}/${SITE}`, schema(THING, { name: "label" }))).body.scimType).toBe(
      "invalidValue",
    );
    expect((await service.ask(`PUT ${TYPES}/Other`, things())).body.scimType).toBe("invalidValue");
    expect((await service.ask(`PUT ${TYPES}/Thing`, [])).body.scimType).toBe("invalidSyntax");
  });

  it("keeps tenants apart", async () => {
    await service.expect(201, "POST /admin/v1/tenants", { id: "other" });
    const issue = (kind: string) =>
      service.expect(201, "POST /admin/v1/credentials", { tenant: "other", name: kind, kind });
    const [client, admin] = [await issue("provisioning"), await issue("administrator")];
    expect((await service.ask("GET /scim/v2/Things", undefined, {}, client.token)).status).toBe(404);
    const types = await service.ask("GET /scim/v2/ResourceTypes", undefined, {}, client.token);
    expect(types.body.Resources.map(({ name }: Loose) => name)).toEqual(["User", "Group", "GroupMembership"]);
    expect((await service.ask(`GET ${SCHEMAS}`, undefined, {}, admin.token)).status).toBe(404);
    expect((await service.ask("GET /admin/v1/tenants/nobody/schemas")).status).toBe(404);
    expect((await service.ask(`GET ${SCHEMAS}`, undefined, {}, client.token)).status).toBe(403);
    const own = "/admin/v1/tenants/other";
    const put = (path: string, body: object) => service.ask(`PUT ${own}${path}`, body, {}, admin.token);
    expect((await put(`/schemas/${THING}`, schema(THING, { name: "weight", type: "decimal" }))).status).toBe(201);
    expect((await put("/resource-types/Thing", things({ endpoint: "/Wares" }))).status).toBe(201);
    const ware = { schemas: [THING], weight: 0.5 };
    expect((await service.ask("POST /scim/v2/Wares", ware, {}, client.token)).body.weight).toBe(0.5);
    const heavy = await service.ask(search("/scim/v2/Wares", "weight lt 1"), undefined, {}, client.token);
    expect(heavy.body.totalResults).toBe(1);
    expect((await service.ask("GET /scim/v2/Wares")).status).toBe(404);
  });
});

describe("definitions from files", () => {
  it("are applied at every start, write no event the second time, and keep what others added", async () => {
    const folder = join(service.folder, "definitions");
    mkdirSync(folder);
    const extending = (urn: string) => ({
      tenant: "default",
      schemas: [schema(urn, { name: "note" })],
      resourceTypes: [
        {
          name: "User",
          endpoint: "/Users",
          schema: "urn:ietf:params:scim:schemas:core:2.0:User",
          schemaExtensions: [{ schema: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User" }, { schema: urn }],
        },
      ],
    });
    for (const name of ["a", "b"])
      writeFileSync(join(folder, `${name}.json`), JSON.stringify(extending(`urn:example:user:${name}`)));
    const extensions = async () =>
      (await service.expect(200, "GET /scim/v2/ResourceTypes/User")).schemaExtensions.map(
        ({ schema: urn }: Loose) => urn,
      );
    await service.close();
    await service.open({ SCIM_LEDGER_SCHEMAS: folder });
    expect((await extensions()).slice(1)).toEqual(["urn:example:user:a", "urn:example:user:b"]);
    const written = definitionEvents().length;
    for (const path of [folder, join(folder, "a.json")]) {
      await service.close();
      await service.open({ SCIM_LEDGER_SCHEMAS: path });
      expect((await extensions()).slice(1)).toEqual(["urn:example:user:a", "urn:example:user:b"]);
    }
    expect(definitionEvents().length).toBe(written);
  });

  it.each<[string, string, RegExp]>([
    ["no JSON", "{", /definitions in .*bad\.json cannot be used/],
    ["another member", '{"types": []}', /a member “types”/],
    ["a tenant that is not there", '{"tenant": "nobody"}', /there is no tenant “nobody”/],
    ["a bad schema", '{"schemas": [{"id": "x"}]}', /no URN/],
  ])("that hold %s end the start with a sentence", async (_, text, says) => {
    await service.close();
    const file = join(service.folder, "bad.json");
    writeFileSync(file, text);
    await expect(service.open({ SCIM_LEDGER_SCHEMAS: file })).rejects.toThrow(says);
    await service.open();
  });
});

/** The events by which definitions came to be, as activity shows them. */
const definitionEvents = (): Loose[] =>
  (dumpOf(service.folder)["activity"] as string[])
    .map((text) => JSON.parse(text))
    .filter(({ event_type }: Loose) => ["SchemaDefined", "ResourceTypeDefined"].includes(event_type))
    .sort((a: Loose, b: Loose) => a.place - b.place);

/** A client whose requests are taken by the letter. */
async function strict(): Promise<string> {
  const body = { name: "strict", kind: "provisioning", profile: "rfc" };
  return (await service.expect(201, "POST /admin/v1/credentials", body)).token;
}
