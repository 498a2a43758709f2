// RFC 7643 §3, SCIM Resources: `schemas`, the common attributes, extensions.
import { describe, expect, it } from "@jest/globals";
import { bodyOf } from "../../src/scim/resource/body.ts";
import { schemasOf } from "../../src/scim/resource/schemas.ts";
import { attributesOf, findAttribute, findSubAttribute } from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { expectRefusal } from "../scim/refusal.ts";
import { badgeType, created, createdUser, ENTERPRISE, GROUP, patched, patchedUser, USER } from "./engine.ts";

const common = (name: string) => findAttribute(attributesOf(userType), name);

describe("RFC 7643 §3 schemas", () => {
  it("“All representations of SCIM schemas MUST include a non-empty array”", () => {
    for (const schemas of [undefined, null, [], "", USER, {}, [1], [null]]) {
      const body = { userName: "a", ...(schemas === undefined ? {} : { schemas }) };
      expectRefusal(() => created(userType, body), {
        scimType: expect.stringMatching(/invalid(Syntax|Value)/) as never,
      });
    }
  });

  it("“MUST only contain values defined as ‘schema’ and ‘schemaExtensions’ for the resource's defined ‘resourceType’.”", () => {
    for (const urn of [GROUP, "urn:ietf:params:scim:api:messages:2.0:PatchOp", "__proto__", "toString", ""])
      expectRefusal(() => createdUser({ schemas: [USER, urn] }), { scimType: expect.any(String) as never });
    expectRefusal(() => created(groupType, { schemas: [GROUP, ENTERPRISE], displayName: "G" }), {
      scimType: expect.any(String) as never,
    });
  });

  it("“Value order is not specified and MUST NOT impact behavior.”", () => {
    const values = { [ENTERPRISE]: { division: "D" } };
    expect(createdUser({ schemas: [ENTERPRISE, USER], ...values })).toEqual(
      createdUser({ schemas: [USER, ENTERPRISE], ...values }),
    );
  });

  it("“Duplicate values MUST NOT be included.”: an answer lists each schema in use once", () => {
    const attributes = createdUser({
      schemas: [USER, ENTERPRISE, ENTERPRISE.toUpperCase()],
      [ENTERPRISE]: { division: "D" },
    });
    expect(schemasOf(userType, attributes)).toEqual([USER, ENTERPRISE]);
    expect(schemasOf(userType, createdUser({ schemas: [USER, ENTERPRISE] }))).toEqual([USER]);
  });
});

describe("RFC 7643 §3.1 common attributes", () => {
  it("id: “‘caseExact’ as ‘true’, a mutability of ‘readOnly’, and a ‘returned’ characteristic of ‘always’”", () => {
    expect(common("id")).toMatchObject({
      caseExact: true,
      mutability: "readOnly",
      returned: "always",
      multiValued: false,
    });
  });

  it("id: “always issued by the service provider and MUST NOT be specified by the client”: ignored when given", () => {
    expect(createdUser({ id: "mine" })).toEqual(createdUser({}));
  });

  it("externalId: “‘caseExact’ as ‘true’ and a mutability of ‘readWrite’”", () => {
    expect(common("externalId")).toMatchObject({
      caseExact: true,
      mutability: "readWrite",
      uniqueness: "none",
      required: false,
    });
  });

  it("meta: “All ‘meta’ sub-attributes are assigned by the service provider (have a ‘mutability’ of ‘readOnly’), … ‘returned’ characteristic of ‘default’”", () => {
    const meta = common("meta");
    expect(meta).toMatchObject({ type: "complex", mutability: "readOnly" });
    expect(meta?.subAttributes?.map(({ name }) => name)).toEqual([
      "resourceType",
      "created",
      "lastModified",
      "location",
      "version",
    ]);
    for (const sub of meta?.subAttributes ?? [])
      expect(sub).toMatchObject({ mutability: "readOnly", returned: "default" });
  });

  it("meta: “This attribute SHALL be ignored when provided by clients.”, whatever it is", () => {
    for (const meta of [{ resourceType: "Group", version: 7 }, "nonsense", [], 1, null, { unknown: { deep: [1] } }])
      expect(createdUser({ meta })).toEqual(createdUser({}));
  });

  it("meta: resourceType and version are caseExact, created and lastModified are DateTimes, location a URI", () => {
    const sub = (name: string) => findSubAttribute(common("meta") as never, name);
    expect(sub("resourceType")).toMatchObject({ type: "string", caseExact: true });
    expect(sub("version")).toMatchObject({ type: "string", caseExact: true });
    expect(sub("created")).toMatchObject({ type: "dateTime" });
    expect(sub("lastModified")).toMatchObject({ type: "dateTime" });
    expect(sub("location")).toMatchObject({ type: "reference" });
  });
});

describe("RFC 7643 §3.3 attribute extensions", () => {
  it("“The ‘schemas’ attribute MAY contain additional values indicating extended schemas that are in use.”", () => {
    const attributes = patchedUser({}, { op: "add", path: `${ENTERPRISE}:division`, value: "D" });
    expect(JSON.parse(`${bodyOf(userType, "1", attributes)}}`)).toEqual({
      schemas: [USER, ENTERPRISE],
      id: "1",
      userName: "bjensen",
      [ENTERPRISE]: { division: "D" },
    });
  });

  it("values of an extension are found under its URN in any case, and nowhere else", () => {
    expect(createdUser({ schemas: [USER, ENTERPRISE], [ENTERPRISE.toLowerCase()]: { DIVISION: "D" } })).toEqual({
      userName: "bjensen",
      [ENTERPRISE]: { division: "D" },
    });
    expectRefusal(() => createdUser({ division: "D" }), { scimType: "invalidSyntax" });
  });

  it("a required attribute of an extension is required once the extension is used", () => {
    const schemas = ["urn:example:Badge", "urn:example:Badge:Site"];
    const site = (value: Record<string, string>) =>
      created(badgeType, { schemas, serial: "1", "urn:example:Badge:Site": value });
    expect(site({ site: "North" }).attributes).toMatchObject({ "urn:example:Badge:Site": { site: "North" } });
    expectRefusal(() => site({ wing: "East" }), { scimType: "invalidValue" });
    expectRefusal(
      () => patched(badgeType, { serial: "1" }, { op: "add", path: "urn:example:Badge:Site:wing", value: "E" }),
      {
        scimType: expect.any(String) as never,
      },
    );
  });
});
