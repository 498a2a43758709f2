// RFC 7644 §3.3, creating, and §3.5.1, replacing with PUT.
import { describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../../src/scim/json.ts";
import { parseResource } from "../../src/scim/resource/parse.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { expectRefusal, frozen } from "../scim/refusal.ts";
import { created, ENTERPRISE, USER } from "./engine.ts";
import { enterpriseUser, fullAttributes, minimalUser } from "./samples.ts";

const put = (body: JsonObject, current: JsonObject) =>
  parseResource(userType, frozen(body), "replace", frozen(current));

describe("RFC 7644 §3.3", () => {
  it("“In the request body, attributes whose mutability is ‘readOnly’ … SHALL be ignored.”", () => {
    const body = { ...minimalUser, groups: [{ value: "g" }], meta: { version: 1 }, id: 5, [ENTERPRISE]: {} };
    expect(created(userType, body).attributes).toEqual({ userName: "bjensen@example.com" });
  });

  it("example: POST /Users", () => {
    const body = {
      schemas: [USER],
      userName: "bjensen",
      externalId: "bjensen",
      name: { formatted: "Ms. Barbara J Jensen III", familyName: "Jensen", givenName: "Barbara" },
    };
    const { schemas: _, ...attributes } = body;
    expect(created(userType, body).attributes).toEqual(attributes);
  });
});

describe("RFC 7644 §3.5.1", () => {
  const current = frozen({ ...fullAttributes, [ENTERPRISE]: { division: "D" } });

  it("readWrite: “Any values provided SHALL replace the existing attribute values.”", () => {
    const body = { schemas: [USER], userName: "new", emails: [{ value: "n@example.com" }], name: { givenName: "N" } };
    expect(put(body, current).attributes).toEqual({
      userName: "new",
      emails: [{ value: "n@example.com" }],
      name: { givenName: "N" },
    });
  });

  it("“MAY specify ‘null’ for a single-valued attribute, or an empty array ‘[]’ … to clear all values”", () => {
    const body = { schemas: [USER], ...fullAttributes, title: null, emails: [], name: null };
    const after = put(body, current).attributes;
    for (const name of ["title", "emails", "name"]) expect(after).not.toHaveProperty(name);
    expect(after).toHaveProperty("nickName", "Babs");
  });

  it("readOnly: “Any values provided SHALL be ignored.”", () => {
    const bare = { userName: "bjensen@example.com" };
    const body = { ...minimalUser, id: "another", groups: [{ value: "x" }], meta: { resourceType: "Group" } };
    expect(put(body, bare).attributes).toEqual(bare);
  });

  it("“If an attribute is ‘required’, clients MUST specify the attribute in the PUT request.”", () => {
    expectRefusal(() => put({ schemas: [USER], title: "a" }, current), { scimType: "invalidValue" });
  });

  it("a GET sent back changes nothing", () => {
    const { attributes } = created(userType, enterpriseUser);
    expect(put(enterpriseUser, attributes).attributes).toEqual(attributes);
  });
});
