// RFC 7643 §8, the sample resources, and the schemas of §8.7.1 characteristic by characteristic.
import { describe, expect, it } from "@jest/globals";
import { resourceTypeResource } from "../../src/scim/discovery/resource-type-resource.ts";
import { schemaResource } from "../../src/scim/discovery/schema-resource.ts";
import { serviceProviderConfig } from "../../src/scim/discovery/service-provider-config.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { bodyOf } from "../../src/scim/resource/body.ts";
import type { Schema } from "../../src/scim/schema/characteristics.ts";
import { enterpriseUserSchema } from "../../src/scim/schema/enterprise-user.ts";
import { groupSchema } from "../../src/scim/schema/group.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { userSchema } from "../../src/scim/schema/user.ts";
import { parseSelection, select } from "../../src/scim/selection.ts";
import { normaliseResource } from "../scim/reading.ts";
import { created, ENTERPRISE, GROUP, USER } from "./engine.ts";
import { bjensen, employment, enterpriseUser, fullAttributes, fullUser, minimalUser, tourGuides } from "./samples.ts";

describe("the samples can be created, and come back as they were", () => {
  it("§8.1 minimal User", () => {
    expect(created(userType, minimalUser)).toEqual({ attributes: { userName: "bjensen@example.com" }, secrets: [] });
  });

  it("§8.2 full User", () => {
    expect(created(userType, fullUser)).toEqual({ attributes: fullAttributes, secrets: ["password"] });
  });

  it("§8.3 enterprise User", () => {
    const { attributes } = created(userType, enterpriseUser);
    expect(attributes).toEqual({
      ...fullAttributes,
      [ENTERPRISE]: {
        ...employment,
        manager: expect.objectContaining({ value: "26118915-6090-4610-87e4-49d8ca9f808d" }),
      },
    });
    const body = JSON.parse(`${bodyOf(userType, bjensen, attributes)}}`);
    expect(body).toMatchObject({ schemas: [USER, ENTERPRISE], id: bjensen, ...fullAttributes });
  });

  it("§8.4 Group", () => {
    const { attributes } = created(groupType, tourGuides);
    expect(attributes).toMatchObject({
      displayName: "Tour Guides",
      members: [{ value: bjensen }, { value: "902c246b-6245-4190-8e05-00816be7344a" }],
    });
    expect(JSON.parse(`${bodyOf(groupType, "g", attributes)}}`)["schemas"]).toEqual([GROUP]);
  });

  it("no dialect rule has anything to say about them", () => {
    for (const [type, body] of [
      [userType, minimalUser],
      [userType, fullUser],
      [userType, enterpriseUser],
      [groupType, tourGuides],
    ] as const)
      expect(normaliseResource(type, body, "lenient")).toEqual({ body, rules: [] });
  });

  it("an answer holds all of the sample but the password", () => {
    const { password: _, ...rest } = enterpriseUser;
    expect(select(enterpriseUser, parseSelection(userType, {}))).toEqual(rest);
  });
});

// One line an attribute: name, then what differs from “string, single, optional, caseExact false, readWrite, default, none”.
type Line = readonly [name: string, differs?: JsonObject, subAttributes?: readonly Line[]];

const many = { type: "complex", multiValued: true };
const flag: Line = ["primary", { type: "boolean" }];
const kind = (...canonicalValues: string[]): Line => ["type", canonicalValues.length > 0 ? { canonicalValues } : {}];
const plural = (name: string, value: JsonObject, type: Line): Line => [
  name,
  many,
  [["value", value], ["display"], type, flag],
];
// §2.3.6 and §2.3.7: binary and reference are case exact, although §8.7.1 prints false.
const link = (...referenceTypes: string[]) => ({ type: "reference", referenceTypes, caseExact: true });
const immutable = { mutability: "immutable" };
const readOnly = { mutability: "readOnly" };

const user: readonly Line[] = [
  ["userName", { required: true, uniqueness: "server" }],
  [
    "name",
    { type: "complex" },
    [["formatted"], ["familyName"], ["givenName"], ["middleName"], ["honorificPrefix"], ["honorificSuffix"]],
  ],
  ["displayName"],
  ["nickName"],
  ["profileUrl", link("external")],
  ["title"],
  ["userType"],
  ["preferredLanguage"],
  ["locale"],
  ["timezone"],
  ["active", { type: "boolean" }],
  ["password", { mutability: "writeOnly", returned: "never" }],
  plural("emails", {}, kind("work", "home", "other")),
  plural("phoneNumbers", {}, kind("work", "home", "mobile", "fax", "pager", "other")),
  plural("ims", {}, kind("aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo")),
  plural("photos", link("external"), kind("photo", "thumbnail")),
  [
    "addresses",
    many,
    // `primary` is not in the listing, but §2.4 defines it for all and the sample of §8.2 uses it.
    [
      ["formatted"],
      ["streetAddress"],
      ["locality"],
      ["region"],
      ["postalCode"],
      ["country"],
      kind("work", "home", "other"),
      flag,
    ],
  ],
  [
    "groups",
    { ...many, ...readOnly },
    [
      ["value", readOnly],
      ["$ref", { ...link("User", "Group"), ...readOnly }],
      ["display", readOnly],
      ["type", { canonicalValues: ["direct", "indirect"], ...readOnly }],
    ],
  ],
  plural("entitlements", {}, kind()),
  plural("roles", {}, kind()),
  plural("x509Certificates", { type: "binary", caseExact: true }, kind()),
];

const group: readonly Line[] = [
  ["displayName", { required: true }],
  [
    "members",
    many,
    [
      ["value", immutable],
      ["$ref", { ...link("User", "Group"), ...immutable }],
      ["type", { canonicalValues: ["User", "Group"], ...immutable }],
      ["display", readOnly],
    ],
  ],
];

const enterprise: readonly Line[] = [
  ["employeeNumber"],
  ["costCenter"],
  ["organization"],
  ["division"],
  ["department"],
  ["manager", { type: "complex" }, [["value"], ["$ref", link("User")], ["displayName", readOnly]]],
];

const listed = ([name, differs = {}, subAttributes]: Line): JsonObject => ({
  name,
  type: "string",
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: "readWrite",
  returned: "default",
  uniqueness: "none",
  ...differs,
  ...(subAttributes && { subAttributes: subAttributes.map(listed) }),
});

const undescribed = (attribute: JsonObject): JsonObject => {
  const { description, ...rest } = attribute;
  expect(typeof description).toBe("string");
  const subs = rest["subAttributes"] as JsonObject[] | undefined;
  return { ...rest, ...(subs && { subAttributes: subs.map(undescribed) }) };
};

describe("§8.7.1 the schemas", () => {
  it.each<[string, string, Schema, readonly Line[]]>([
    [USER, "User", userSchema, user],
    [GROUP, "Group", groupSchema, group],
    [ENTERPRISE, "EnterpriseUser", enterpriseUserSchema, enterprise],
  ])("%s", (id, name, schema, lines) => {
    const location = `/v2/Schemas/${id}`;
    const json = schemaResource(schema, location);
    expect(json).toMatchObject({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
      id,
      name,
      meta: { resourceType: "Schema", location },
    });
    expect((json["attributes"] as JsonObject[]).map(undescribed)).toEqual(lines.map(listed));
  });
});

describe("§8.5, §8.6 discovery", () => {
  it("§5 ServiceProviderConfig has all that is REQUIRED", () => {
    const config = serviceProviderConfig({
      location: "https://example.com/v2/ServiceProviderConfig",
      pageSize: 100,
      maxPageSize: 200,
      cursorSeconds: 600,
    });
    expect(config).toMatchObject({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
      patch: { supported: expect.any(Boolean) },
      bulk: { supported: expect.any(Boolean), maxOperations: expect.any(Number), maxPayloadSize: expect.any(Number) },
      filter: { supported: true, maxResults: 200 },
      changePassword: { supported: expect.any(Boolean) },
      sort: { supported: expect.any(Boolean) },
      etag: { supported: expect.any(Boolean) },
      meta: { resourceType: "ServiceProviderConfig" },
    });
    for (const scheme of config["authenticationSchemes"] as JsonObject[]) {
      expect(["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"]).toContain(scheme["type"]);
      expect(scheme).toMatchObject({ name: expect.any(String), description: expect.any(String) });
    }
  });

  it("§6 ResourceType", () => {
    expect(resourceTypeResource(userType, "https://example.com/v2/ResourceTypes/User")).toMatchObject({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
      id: "User",
      name: "User",
      endpoint: "/Users",
      schema: USER,
      schemaExtensions: [{ schema: ENTERPRISE, required: false }],
      meta: { location: "https://example.com/v2/ResourceTypes/User", resourceType: "ResourceType" },
    });
    expect(resourceTypeResource(groupType, "")).toMatchObject({ id: "Group", endpoint: "/Groups", schema: GROUP });
  });
});
