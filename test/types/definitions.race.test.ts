// A definition that changes while resources are created: none is kept that was read by what was defined before.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { Service } from "./running.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const OWN = "urn:example:2.0:Own";

let service: Service;
beforeAll(async () => {
  service = await Service.start();
});
afterAll(() => service.end());

let tenants = 0;

/** What is stored, and the type that its attribute has by then. */
async function race(kind: "custom" | "User" | "Group"): Promise<readonly [stored: unknown, type: string]> {
  const tenant = `t${tenants++}`;
  const admin = `/admin/v1/tenants/${tenant}`;
  await service.expect(201, "POST /admin/v1/tenants", { id: tenant });
  const { token } = await service.expect(201, "POST /admin/v1/credentials", {
    tenant,
    name: "n",
    kind: "provisioning",
  });
  const define = (type: string) =>
    service.ask(`PUT ${admin}/schemas/${OWN}`, { id: OWN, attributes: [{ name: "value", type }] });
  const extension = { schema: OWN, required: false };
  const kinds: Readonly<Record<typeof kind, readonly [Record<string, unknown>, object]>> = {
    custom: [
      { name: "Thing", endpoint: "/Things", schema: OWN },
      { schemas: [OWN], value: "text" },
    ],
    User: [
      {
        name: "User",
        endpoint: "/Users",
        schema: USER,
        schemaExtensions: [{ schema: ENTERPRISE, required: false }, extension],
      },
      { schemas: [USER, OWN], userName: "ada", [OWN]: { value: "text" } },
    ],
    Group: [
      { name: "Group", endpoint: "/Groups", schema: GROUP, schemaExtensions: [extension] },
      { schemas: [GROUP, OWN], displayName: "g", [OWN]: { value: "text" } },
    ],
  };
  const [definition, body] = kinds[kind];
  await define("string");
  await service.ask(`PUT ${admin}/resource-types/${definition["name"]}`, definition);
  const create = () => service.ask(`POST /scim/v2${definition["endpoint"]}`, body, {}, token);
  const [first, second] = tenants % 2 === 0 ? [() => define("integer"), create] : [create, () => define("integer")];
  const begun = first();
  await pause(tenants % 3);
  const [one, other] = await Promise.all([begun, second()]);
  const made = tenants % 2 === 0 ? other : one;
  expect([201, 400, 503]).toContain(made.status);
  const { attributes } = (await service.ask(`GET /scim/v2/Schemas/${OWN}`, undefined, {}, token)).body;
  const stored = made.status === 201 ? (kind === "custom" ? made.body : made.body[OWN]).value : undefined;
  return [stored, attributes[0].type];
}

it.each(["custom", "User", "Group"] as const)(
  "%s: what is created while a definition changes fits the one or is refused, and can be sent again",
  async (kind) => {
    for (let round = 0; round < 20; round++) {
      const [stored, type] = await race(kind);
      if (stored !== undefined) expect(type).toBe("string");
    }
  },
);
