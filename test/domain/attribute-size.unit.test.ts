// A resource grows by many small requests: no document of a read store may become larger than it can hold.
import { describe, expect, it } from "@jest/globals";
import { LARGEST_ATTRIBUTES, refuseTooLarge } from "../../src/domain/attribute-size.ts";
import { startServed } from "../support/served.ts";

const of = (bytes: number) => ({ title: "x".repeat(bytes - '{"title":""}'.length) });

describe("attributes", () => {
  it("may have so many bytes and not one more", () => {
    expect(() => refuseTooLarge(of(LARGEST_ATTRIBUTES), {})).not.toThrow();
    const refused = {
      status: 413,
      message: `The resource would have ${LARGEST_ATTRIBUTES + 1} bytes; one may have ${LARGEST_ATTRIBUTES}.`,
    };
    expect(() => refuseTooLarge(of(LARGEST_ATTRIBUTES + 1), {})).toThrow(expect.objectContaining(refused));
    expect(() => refuseTooLarge({ title: "漢".repeat(LARGEST_ATTRIBUTES / 2) }, {})).toThrow("one may have");
  });

  it("that were larger before may shrink, and may not stay as large", () => {
    const [large, larger] = [of(2 * LARGEST_ATTRIBUTES), of(3 * LARGEST_ATTRIBUTES)];
    expect(() => refuseTooLarge(large, larger)).not.toThrow();
    expect(() => refuseTooLarge(large, large)).toThrow("one may have");
  });
});

const URN = "urn:ietf:params:scim:schemas:core:2.0:";

it.each(["Users", "Groups", "Things"])("%s do not grow beyond it by one PATCH after the other", async (endpoint) => {
  await using served = await startServed();
  const schema = "urn:example:Thing";
  const attributes = [{ name: "label" }, { name: "more" }];
  await served.ask(`PUT /admin/v1/tenants/default/schemas/${schema}`, { body: { id: schema, attributes } });
  await served.ask("PUT /admin/v1/tenants/default/resource-types/Thing", {
    body: { name: "Thing", endpoint: "/Things", schema },
  });
  const text = "x".repeat(600_000);
  const [fresh, one, other] = {
    Users: [{ schemas: [`${URN}User`], userName: "ada" }, "displayName", "title"],
    Groups: [{ schemas: [`${URN}Group`], displayName: "Crew" }, "displayName", "externalId"],
    Things: [{ schemas: [schema], label: "a" }, "label", "more"],
  }[endpoint] as [object, string, string];
  const { body } = await served.ask(`POST /scim/v2/${endpoint}`, { body: fresh });
  const done = expect.objectContaining({ status: endpoint === "Groups" ? 204 : 200 });
  const patch = (path: string, op: object) =>
    served.ask(`PATCH /scim/v2/${endpoint}/${String(body["id"])}`, {
      body: { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: [{ path, ...op }] },
    });
  expect(await patch(one, { op: "replace", value: text })).toEqual(done);
  const refused = await patch(other, { op: "add", value: text });
  expect([refused.status, refused.body["detail"]]).toEqual([413, expect.stringContaining("one may have 1048576")]);
  expect(await patch(one, { op: "replace", value: "short" })).toEqual(done);
  expect(await patch(other, { op: "add", value: text })).toEqual(done);
});
