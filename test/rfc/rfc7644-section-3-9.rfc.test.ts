// RFC 7644 §3.9, attributes and excludedAttributes, and §3.10, attribute notation.
import { describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../../src/scim/json.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { parseSelection, type SelectionParameters, select } from "../../src/scim/selection.ts";
import { expectRefusal } from "../scim/refusal.ts";
import { ENTERPRISE, USER } from "./engine.ts";
import { bjensen, employment, enterpriseUser } from "./samples.ts";

const shown = (parameters: SelectionParameters): JsonObject =>
  select(enterpriseUser, parseSelection(userType, parameters));
const minimum = { schemas: [USER, ENTERPRISE], id: bjensen };

describe("RFC 7644 §3.9", () => {
  it("attributes: “MUST contain the minimum set of resource attributes and any attributes or sub-attributes explicitly requested”", () => {
    expect(shown({ attributes: "userName" })).toEqual({ ...minimum, userName: "bjensen@example.com" });
    expect(shown({ attributes: "name.familyName,emails.value" })).toEqual({
      ...minimum,
      name: { familyName: "Jensen" },
      emails: [{ value: "bjensen@example.com" }, { value: "babs@jensen.org" }],
    });
    expect(shown({ attributes: "emails,emails.type" })).toEqual({ ...minimum, emails: enterpriseUser["emails"] });
  });

  it("attributes: “a comma-separated list of resource attribute names in standard attribute notation”", () => {
    const both = { ...minimum, userName: "bjensen@example.com", active: true };
    for (const attributes of ["userName,active", "userName, active", " USERNAME ,,Active,", ["userName", "active"]])
      expect(shown({ attributes })).toEqual(both);
    expect(shown({ attributes: "nothing,userName.value,__proto__,constructor" })).toEqual(minimum);
  });

  it("excludedAttributes: “to be removed from the default set of attributes to return”", () => {
    const all = shown({});
    const without = shown({ excludedAttributes: `emails,addresses.formatted,${ENTERPRISE}:manager` });
    expect(without).not.toHaveProperty("emails");
    expect((without["addresses"] as JsonObject[]).map((one) => "formatted" in one)).toEqual([false, false]);
    expect(without[ENTERPRISE]).toEqual(employment);
    expect(Object.keys(without).toSorted()).toEqual(
      Object.keys(all)
        .filter((name) => name !== "emails")
        .toSorted(),
    );
  });

  it("excludedAttributes: “SHALL have no effect on attributes whose schema ‘returned’ setting is ‘always’”", () => {
    expect(shown({ excludedAttributes: "id,schemas,ID" })).toMatchObject(minimum);
  });

  it("“mutually exclusive”", () => {
    expectRefusal(() => parseSelection(userType, { attributes: "id", excludedAttributes: "name" }), {
      scimType: "invalidValue",
    });
  });

  it("nothing that is never returned comes back, whatever is asked", () => {
    for (const parameters of [
      {},
      { attributes: "password" },
      { attributes: `${USER}:password,userName` },
      { excludedAttributes: "userName" },
    ])
      expect(JSON.stringify(shown(parameters))).not.toContain("t1meMa$heen");
  });
});

describe("RFC 7644 §3.10", () => {
  it("“All facets (URN, attribute, and sub-attribute name) of the fully encoded attribute name are case insensitive.”", () => {
    const family = { ...minimum, name: { familyName: "Jensen" } };
    for (const attributes of ["NAME.FAMILYNAME", `${USER}:name.familyName`, `${USER.toUpperCase()}:Name.familyname`])
      expect(shown({ attributes })).toEqual(family);
  });

  it("“SHOULD fully qualify extended attributes with the associated schema extension URN”", () => {
    expect(shown({ attributes: `${ENTERPRISE}:division` })).toEqual({
      ...minimum,
      [ENTERPRISE]: { division: "Theme Park" },
    });
    expect(shown({ attributes: `${ENTERPRISE.toLowerCase()}:MANAGER.DISPLAYNAME` })).toEqual({
      ...minimum,
      [ENTERPRISE]: { manager: { displayName: "John Smith" } },
    });
    expect(shown({ attributes: ENTERPRISE })).toEqual({ ...minimum, [ENTERPRISE]: enterpriseUser[ENTERPRISE] });
    expect(shown({ excludedAttributes: ENTERPRISE })).not.toHaveProperty([ENTERPRISE]);
  });
});
