// The schemas against the letter of RFC 7643.
import { describe, expect, it } from "@jest/globals";
import type { Attribute, Schema } from "../../src/scim/schema/characteristics.ts";
import { commonAttributes } from "../../src/scim/schema/common.ts";
import { binary, complex, reference, string } from "../../src/scim/schema/define.ts";
import { enterpriseUserSchema } from "../../src/scim/schema/enterprise-user.ts";
import { groupSchema } from "../../src/scim/schema/group.ts";
import { findAttribute, findSubAttribute } from "../../src/scim/schema/lookup.ts";
import { resourceTypeSchema } from "../../src/scim/schema/resource-type.ts";
import { groupType, resourceTypes, userType } from "../../src/scim/schema/resource-types.ts";
import { schemaSchema } from "../../src/scim/schema/schema.ts";
import { serviceProviderConfigSchema } from "../../src/scim/schema/service-provider-config.ts";
import { userSchema } from "../../src/scim/schema/user.ts";

const all: readonly Schema[] = [
  userSchema,
  groupSchema,
  enterpriseUserSchema,
  serviceProviderConfigSchema,
  resourceTypeSchema,
  schemaSchema,
];

const walk = (attributes: readonly Attribute[]): Attribute[] =>
  attributes.flatMap((attribute) => [attribute, ...walk(attribute.subAttributes ?? [])]);
const everyAttribute = walk([...commonAttributes, ...all.flatMap((schema) => schema.attributes)]);

/** `emails.type` of a schema, or a failure that names it. */
const at = (schema: Pick<Schema, "attributes">, path: string): Attribute => {
  const [name = "", sub] = path.split(".");
  const attribute = findAttribute(schema.attributes, name);
  const found = attribute !== undefined && sub !== undefined ? findSubAttribute(attribute, sub) : attribute;
  if (found === undefined) throw new Error(`no ${path}`);
  return found;
};
const names = (attributes: readonly Attribute[] = []): string[] => attributes.map(({ name }) => name);
const common = { attributes: commonAttributes };

describe("defaults (RFC 7643 §2.2)", () => {
  it("are those of the RFC", () => {
    expect(string("x", "d")).toEqual({
      name: "x",
      type: "string",
      multiValued: false,
      description: "d",
      required: false,
      caseExact: false,
      mutability: "readWrite",
      returned: "default",
      uniqueness: "none",
    });
  });

  it("take references and binaries for case exact (§2.3.6, §2.3.7)", () => {
    expect(reference("x", "", ["external"]).caseExact).toBe(true);
    expect(binary("x", "").caseExact).toBe(true);
  });

  it("cannot be changed afterwards", () => {
    expect(() => Object.assign(at(userSchema, "userName"), { returned: "never" })).toThrow(TypeError);
    expect(() => (userSchema.attributes as Attribute[]).push(string("x", ""))).toThrow(TypeError);
  });
});

describe("every attribute", () => {
  it("has a description and a name within the grammar of §2.1", () => {
    for (const { name, description } of everyAttribute) {
      expect(name).toMatch(/^[$a-z][$\w-]*$/i);
      expect(description).not.toBe("");
    }
  });

  it("is complex exactly if it has sub-attributes, and a reference exactly if it says what it may refer to", () => {
    for (const attribute of everyAttribute) {
      expect([attribute.name, attribute.subAttributes !== undefined]).toEqual([
        attribute.name,
        attribute.type === "complex",
      ]);
      expect([attribute.name, attribute.referenceTypes !== undefined]).toEqual([
        attribute.name,
        attribute.type === "reference",
      ]);
    }
  });

  it("has a name that is unique among its neighbours, in any case", () => {
    const lists = [
      commonAttributes,
      ...all.map(({ attributes }) => attributes),
      ...everyAttribute.map((a) => a.subAttributes ?? []),
    ];
    for (const list of lists) expect(new Set(names(list).map((name) => name.toLowerCase())).size).toBe(list.length);
  });

  it("that is complex contains nothing complex, except in the schema of schemas (§2.3.8)", () => {
    for (const schema of all.filter((schema) => schema !== schemaSchema))
      for (const { subAttributes = [] } of schema.attributes)
        expect(subAttributes.map((sub) => sub.type)).not.toContain("complex");
    expect(complex("x", "", []).type).toBe("complex");
  });
});

describe("common attributes (§3.1)", () => {
  it("are these", () => expect(names(commonAttributes)).toEqual(["schemas", "id", "externalId", "meta"]));

  it("have the characteristics of the text", () => {
    expect(at(common, "id")).toMatchObject({ caseExact: true, mutability: "readOnly", returned: "always" });
    expect(at(common, "externalId")).toMatchObject({ caseExact: true, mutability: "readWrite", uniqueness: "none" });
    expect(at(common, "schemas")).toMatchObject({ multiValued: true, returned: "always", required: true });
    expect(at(common, "meta")).toMatchObject({ mutability: "readOnly", returned: "default" });
    expect(names(at(common, "meta").subAttributes)).toEqual([
      "resourceType",
      "created",
      "lastModified",
      "location",
      "version",
    ]);
    expect(at(common, "meta").subAttributes?.every((sub) => sub.mutability === "readOnly")).toBe(true);
    expect(at(common, "meta.resourceType").caseExact).toBe(true);
    expect(at(common, "meta.version").caseExact).toBe(true);
    expect(at(common, "meta.lastModified").type).toBe("dateTime");
    expect(at(common, "meta.location").type).toBe("reference");
  });
});

describe("User (§4.1, §8.7.1)", () => {
  it("has the attributes of the RFC in its order", () => {
    expect(names(userSchema.attributes)).toEqual(
      "userName name displayName nickName profileUrl title userType preferredLanguage locale timezone active password emails phoneNumbers ims photos addresses groups entitlements roles x509Certificates".split(
        " ",
      ),
    );
  });

  it.each([
    ["name", "formatted familyName givenName middleName honorificPrefix honorificSuffix"],
    ["emails", "value display type primary"],
    ["phoneNumbers", "value display type primary"],
    ["ims", "value display type primary"],
    ["photos", "value display type primary"],
    ["addresses", "formatted streetAddress locality region postalCode country type primary"],
    ["groups", "value $ref display type"],
    ["entitlements", "value display type primary"],
    ["roles", "value display type primary"],
    ["x509Certificates", "value display type primary"],
  ])("%s has %s", (name, subs) => expect(names(at(userSchema, name).subAttributes)).toEqual(subs.split(" ")));

  it.each([
    ["emails.type", "work home other"],
    ["phoneNumbers.type", "work home mobile fax pager other"],
    ["ims.type", "aim gtalk icq xmpp msn skype qq yahoo"],
    ["photos.type", "photo thumbnail"],
    ["addresses.type", "work home other"],
    ["groups.type", "direct indirect"],
  ])("%s has the canonical values %s", (path, values) =>
    expect(at(userSchema, path).canonicalValues).toEqual(values.split(" ")),
  );

  it.each(["entitlements", "roles", "x509Certificates"])("%s has no canonical types", (name) =>
    expect(at(userSchema, `${name}.type`).canonicalValues).toBe(undefined),
  );

  it("is multi-valued where the RFC says so, and nowhere else", () => {
    expect(names(userSchema.attributes.filter(({ multiValued }) => multiValued))).toEqual(
      "emails phoneNumbers ims photos addresses groups entitlements roles x509Certificates".split(" "),
    );
  });

  it("has a required, server-wide unique, case-insensitive userName, and requires nothing else", () => {
    expect(at(userSchema, "userName")).toMatchObject({ required: true, uniqueness: "server", caseExact: false });
    expect(names(userSchema.attributes.filter(({ required }) => required))).toEqual(["userName"]);
    expect(names(userSchema.attributes.filter(({ uniqueness }) => uniqueness !== "none"))).toEqual(["userName"]);
  });

  it("never returns a password, and is told its groups by nobody", () => {
    expect(at(userSchema, "password")).toMatchObject({ mutability: "writeOnly", returned: "never" });
    expect(walk([at(userSchema, "groups")]).map(({ mutability }) => mutability)).toEqual(Array(5).fill("readOnly"));
  });

  it("has the types and references of the listing", () => {
    expect(at(userSchema, "profileUrl").referenceTypes).toEqual(["external"]);
    expect(at(userSchema, "photos.value").referenceTypes).toEqual(["external"]);
    expect(at(userSchema, "groups.$ref").referenceTypes).toEqual(["User", "Group"]);
    expect(at(userSchema, "x509Certificates.value").type).toBe("binary");
    expect(at(userSchema, "active").type).toBe("boolean");
  });
});

describe("Group (§4.2)", () => {
  it("requires displayName, as the text says", () => expect(at(groupSchema, "displayName").required).toBe(true));

  it("adds and removes members rather than editing them", () => {
    expect(names(groupSchema.attributes)).toEqual(["displayName", "members"]);
    for (const sub of ["value", "$ref", "type"]) expect(at(groupSchema, `members.${sub}`).mutability).toBe("immutable");
    expect(at(groupSchema, "members.display").mutability).toBe("readOnly");
    expect(at(groupSchema, "members.type").canonicalValues).toEqual(["User", "Group"]);
    expect(at(groupSchema, "members.$ref").referenceTypes).toEqual(["User", "Group"]);
  });
});

describe("EnterpriseUser (§4.3)", () => {
  it("has the attributes of the RFC", () => {
    expect(names(enterpriseUserSchema.attributes)).toEqual(
      "employeeNumber costCenter organization division department manager".split(" "),
    );
    expect(names(at(enterpriseUserSchema, "manager").subAttributes)).toEqual(["value", "$ref", "displayName"]);
    expect(at(enterpriseUserSchema, "manager.displayName").mutability).toBe("readOnly");
    expect(at(enterpriseUserSchema, "manager.$ref").referenceTypes).toEqual(["User"]);
  });
});

describe("discovery schemas (§5 to §7, §8.7.2)", () => {
  const discovery = [serviceProviderConfigSchema, resourceTypeSchema, schemaSchema];
  it("are readOnly throughout", () => {
    for (const { attributes } of discovery)
      for (const { name, mutability } of walk(attributes)) expect([name, mutability]).toEqual([name, "readOnly"]);
  });

  it("have the attributes of the RFC", () => {
    expect(names(serviceProviderConfigSchema.attributes)).toEqual(
      "documentationUri patch bulk filter changePassword sort etag pagination authenticationSchemes".split(" "),
    );
    expect(names(at(serviceProviderConfigSchema, "bulk").subAttributes)).toEqual(
      "supported maxOperations maxPayloadSize".split(" "),
    );
    // RFC 9865 §4.
    expect(names(at(serviceProviderConfigSchema, "pagination").subAttributes)).toEqual(
      "cursor index defaultPaginationMethod defaultPageSize maxPageSize cursorTimeout".split(" "),
    );
    expect(names(resourceTypeSchema.attributes)).toEqual(
      "id name description endpoint schema schemaExtensions".split(" "),
    );
    expect(names(schemaSchema.attributes)).toEqual("id name description attributes".split(" "));
    const characteristics =
      "name type multiValued description required canonicalValues caseExact mutability returned uniqueness referenceTypes";
    expect(names(at(schemaSchema, "attributes").subAttributes)).toEqual([
      ...characteristics.split(" "),
      "subAttributes",
    ]);
    expect(names(at(schemaSchema, "attributes.subAttributes").subAttributes)).toEqual(characteristics.split(" "));
  });
});

describe("resource types (§6)", () => {
  it("are users, with the enterprise extension, and groups", () => {
    expect(resourceTypes).toEqual([userType, groupType]);
    expect(userType).toMatchObject({ id: "User", name: "User", endpoint: "/Users", schema: { id: userSchema.id } });
    expect(userType.extensions).toEqual([{ schema: enterpriseUserSchema, required: false }]);
    expect(groupType).toMatchObject({ id: "Group", name: "Group", endpoint: "/Groups", extensions: [] });
  });
});
