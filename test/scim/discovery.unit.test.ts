// What the discovery endpoints say (RFC 7643 §5 to §7), each document checked against its own schema.
import { describe, expect, it } from "@jest/globals";
import { comparable } from "../../src/scim/comparable.ts";
import { resourceTypeResource } from "../../src/scim/discovery/resource-type-resource.ts";
import { schemaResource } from "../../src/scim/discovery/schema-resource.ts";
import { serviceProviderConfig } from "../../src/scim/discovery/service-provider-config.ts";
import { isObject, type Json, type JsonObject } from "../../src/scim/json.ts";
import type { Attribute, Schema } from "../../src/scim/schema/characteristics.ts";
import { enterpriseUserSchema } from "../../src/scim/schema/enterprise-user.ts";
import { groupSchema } from "../../src/scim/schema/group.ts";
import { resourceTypeSchema } from "../../src/scim/schema/resource-type.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { schemaSchema } from "../../src/scim/schema/schema.ts";
import { serviceProviderConfigSchema } from "../../src/scim/schema/service-provider-config.ts";
import { userSchema } from "../../src/scim/schema/user.ts";

/** Every way in which a value breaks its schema. */
const faults = (attributes: readonly Attribute[], value: JsonObject, at: string): string[] => [
  ...Object.keys(value)
    .filter((name) => !attributes.some((attribute) => attribute.name === name))
    .map((name) => `${at}.${name} is unknown`),
  ...attributes.flatMap((attribute) => {
    const given = Object.hasOwn(value, attribute.name) ? value[attribute.name] : undefined;
    const path = `${at}.${attribute.name}`;
    if (given === undefined) return attribute.required ? [`${path} is missing`] : [];
    if (attribute.multiValued !== Array.isArray(given))
      return [`${path} is ${Array.isArray(given) ? "" : "not "}a list`];
    return (Array.isArray(given) ? given : [given]).flatMap((one) => faultsOfOne(attribute, one, path));
  }),
];
const faultsOfOne = (attribute: Attribute, value: Json, path: string): string[] => {
  if (attribute.type === "complex")
    return isObject(value) ? faults(attribute.subAttributes ?? [], value, path) : [`${path} is no object`];
  const compared = comparable(attribute, value);
  if (compared === undefined || compared === null) return [`${path} is not of type ${attribute.type}`];
  const { canonicalValues } = attribute;
  return canonicalValues && !canonicalValues.includes(value as string) ? [`${path} is not canonical`] : [];
};
const breaks = (schema: Schema, { schemas, meta, ...rest }: JsonObject): string[] => {
  expect(schemas).toEqual([schema.id]);
  expect(meta).toEqual({ resourceType: expect.any(String), location: expect.any(String) });
  return faults(schema.attributes, rest, schema.name);
};

describe("a schema", () => {
  const all = [
    userSchema,
    groupSchema,
    enterpriseUserSchema,
    serviceProviderConfigSchema,
    resourceTypeSchema,
    schemaSchema,
  ];
  const documentFaults = (schema: Schema) =>
    breaks(schemaSchema, schemaResource(schema, `https://x/Schemas/${schema.id}`));

  it.each(all.filter((schema) => schema !== schemaSchema).map((schema) => [schema.id, schema] as const))(
    "%s is a document of the schema of schemas",
    (_, schema) => expect(documentFaults(schema)).toEqual([]),
  );

  it("of schemas describes itself but for the one level of nesting that it cannot", () => {
    expect(documentFaults(schemaSchema)).toEqual(["Schema.attributes.subAttributes.subAttributes is unknown"]);
  });

  it("says every characteristic, and leaves nothing null", () => {
    const json = schemaResource(userSchema, "https://x/Schemas/User");
    expect(JSON.stringify(json)).not.toContain("null");
    expect((json["attributes"] as JsonObject[])[0]).toEqual({
      name: "userName",
      type: "string",
      multiValued: false,
      description: expect.any(String),
      required: true,
      caseExact: false,
      mutability: "readWrite",
      returned: "default",
      uniqueness: "server",
    });
    expect(json["meta"]).toEqual({ resourceType: "Schema", location: "https://x/Schemas/User" });
  });

  it("has its name, not that of the type, as name, and the URN as id", () => {
    expect(schemaResource(enterpriseUserSchema, "l")).toMatchObject({
      id: enterpriseUserSchema.id,
      name: "EnterpriseUser",
    });
  });
});

describe("a resource type", () => {
  it("is a document of its schema", () => {
    for (const type of [userType, groupType])
      expect(breaks(resourceTypeSchema, resourceTypeResource(type, `https://x/ResourceTypes/${type.id}`))).toEqual([]);
  });

  it("says its endpoint, schema and extensions", () => {
    expect(resourceTypeResource(userType, "https://x/ResourceTypes/User")).toEqual({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
      id: "User",
      name: "User",
      endpoint: "/Users",
      description: expect.any(String),
      schema: userSchema.id,
      schemaExtensions: [{ schema: enterpriseUserSchema.id, required: false }],
      meta: { resourceType: "ResourceType", location: "https://x/ResourceTypes/User" },
    });
    expect(resourceTypeResource(groupType, "l")).not.toHaveProperty("schemaExtensions");
  });
});

describe("the service provider's configuration", () => {
  const config = serviceProviderConfig({
    location: "https://x/ServiceProviderConfig",
    pageSize: 100,
    maxPageSize: 200,
    cursorSeconds: 600,
  });

  it("is a document of its schema", () => {
    expect(breaks(serviceProviderConfigSchema, config)).toEqual([]);
    const documented = serviceProviderConfig({
      location: "l",
      pageSize: 100,
      maxPageSize: 1,
      cursorSeconds: 600,
      documentationUri: "https://x/docs",
    });
    expect(breaks(serviceProviderConfigSchema, documented)).toEqual([]);
    expect(documented["documentationUri"]).toBe("https://x/docs");
  });

  it("offers what there is and nothing else", () => {
    expect(config).toMatchObject({
      patch: { supported: true },
      filter: { supported: true, maxResults: 200 },
      changePassword: { supported: false },
      sort: { supported: true },
      etag: { supported: true },
      authenticationSchemes: [{ type: "oauthbearertoken" }],
    });
  });

  it("states Bulk's limits even where there is no Bulk, because clients need them", () => {
    expect(config["bulk"]).toEqual({ supported: false, maxOperations: 0, maxPayloadSize: 0 });
    const withBulk = serviceProviderConfig({
      location: "l",
      pageSize: 100,
      maxPageSize: 1,
      cursorSeconds: 600,
      maxOperations: 100,
      maxPayloadSize: 1_048_576,
    });
    expect(withBulk["bulk"]).toEqual({ supported: true, maxOperations: 100, maxPayloadSize: 1_048_576 });
  });
});
