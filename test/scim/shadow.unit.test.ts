// What a database compares in place of a resource.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { comparable } from "../../src/scim/comparable.ts";
import { isObject, type Json, type JsonObject } from "../../src/scim/json.ts";
import { resolvePath } from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { shadowOf } from "../../src/scim/shadow.ts";
import { arbitraryGroup, arbitraryMess, arbitraryUser } from "./arbitraries.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

describe("a shadow", () => {
  it("has the resource's shape, with what is compared in place of values", () => {
    expect(
      shadowOf(userType, {
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
        id: "ABC",
        externalId: "Ext",
        userName: "Ａda",
        active: false,
        emails: [{ value: "Ada@X.com", type: "Work", primary: true }],
        [ENTERPRISE]: { department: "Tours", manager: { value: "M1" } },
        meta: { resourceType: "User", lastModified: "1970-01-01T00:00:01+00:00", version: 'W/"A"' },
      }),
    ).toEqual({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:user"],
      id: "ABC",
      externalId: "Ext",
      userName: "ada",
      active: false,
      emails: [{ value: "ada@x.com", type: "work", primary: true }],
      [ENTERPRISE]: { department: "tours", manager: { value: "m1" } },
      meta: { resourceType: "User", lastModified: 1_000_000, version: 'W/"A"' },
    });
  });

  it("leaves out what is unassigned, unknown, secret or of another type", () => {
    expect(
      shadowOf(userType, {
        userName: "",
        title: null,
        password: "secret",
        active: "True",
        emails: [{}, { value: "" }, null, "x", { value: "x", nope: 1 }],
        phoneNumbers: [],
        ims: [{}],
        photos: { value: "x" },
        name: { familyName: null },
        nickName: ["x"],
        nope: "x",
        constructor: "x",
        [ENTERPRISE]: { department: "" },
        "urn:other": { x: "y" },
        meta: { created: "yesterday" },
      }),
    ).toEqual({ emails: [{ value: "x" }] });
  });

  it("takes nothing from prototypes and gives nothing to them", () => {
    const hostile = JSON.parse('{"__proto__":{"title":"x"},"name":{"__proto__":{"familyName":"x"}}}') as JsonObject;
    expect(shadowOf(userType, hostile)).toEqual({});
    expect(Object.hasOwn(Object.prototype, "title")).toBe(false);
  });

  it("does not change the resource", () => {
    fc.assert(
      fc.property(arbitraryMess(userType), (user) => {
        const before = JSON.stringify(user);
        shadowOf(userType, user);
        return JSON.stringify(user) === before;
      }),
      { numRuns: 100 },
    );
  });

  const leaves = (value: Json, path: string): [string, Json][] => {
    if (Array.isArray(value)) return value.flatMap((element) => leaves(element, path));
    if (!isObject(value)) return [[path, value]];
    const separator = path === "" ? "" : path === ENTERPRISE ? ":" : ".";
    return Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${path}${separator}${name}`));
  };

  it.each([
    ["user", userType, arbitraryUser],
    ["group", groupType, arbitraryGroup],
  ] as const)("of a stored %s has exactly its leaves, each its comparable", (_, type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (resource) => {
        const expected = leaves(resource, "").map(([path, value]) => {
          const { attribute, sub } = resolvePath(type, path)!;
          return [path, comparable(sub ?? attribute, value)];
        });
        const shadow = leaves(shadowOf(type, resource), "");
        expect(shadow.sort()).toEqual(expected.sort());
      }),
      { numRuns: 200 },
    );
  });

  it("survives being stored as JSON", () => {
    fc.assert(
      fc.property(arbitraryMess(userType), (user) => {
        const shadow = shadowOf(userType, user);
        expect(JSON.parse(JSON.stringify(shadow))).toEqual(shadow);
      }),
      { numRuns: 200 },
    );
  });
});
