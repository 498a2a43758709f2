// RFC 7644 §3.12, errors: each keyword of table 9 where the table says that it occurs. And the messages of §3.4.
import { describe, expect, it } from "@jest/globals";
import { ScimError } from "../../src/scim/errors.ts";
import { errorBody, listResponse, parseSearchRequest } from "../../src/scim/messages.ts";
import { parseResource } from "../../src/scim/resource/parse.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { expectRefusal } from "../scim/refusal.ts";
import { createdUser, patchedUser, selects, USER } from "./engine.ts";

describe("RFC 7644 §3.12", () => {
  it("status: “The HTTP status code … expressed as a JSON string. REQUIRED.”, and the example of figure 9", () => {
    expect(errorBody(new ScimError(400, "mutability", "Attribute 'id' is readOnly"))).toEqual({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
      scimType: "mutability",
      detail: "Attribute 'id' is readOnly",
      status: "400",
    });
    expect(errorBody(new ScimError(404, undefined, "Resource 2819c223 not found"))).toEqual({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
      detail: "Resource 2819c223 not found",
      status: "404",
    });
  });

  it.each<[scimType: string, means: string, act: () => unknown]>([
    ["invalidFilter", "filter syntax was invalid", () => selects('userName eq "', {})],
    [
      "invalidFilter",
      "attribute and filter comparison combination is not supported",
      () => selects("active gt true", {}),
    ],
    ["invalidFilter", "PATCH (path filter)", () => patchedUser({}, { op: "remove", path: "emails[type zz 1]" })],
    [
      "mutability",
      "modification of a readOnly attribute",
      () => patchedUser({}, { op: "replace", path: "id", value: "1" }),
    ],
    ["invalidSyntax", "POST: body message structure was invalid", () => parseResource(userType, [], "create")],
    ["invalidSyntax", "POST: did not conform to the request schema", () => createdUser({ unknown: 1 })],
    ["invalidSyntax", "PUT", () => parseResource(userType, "x", "replace", {})],
    ["invalidSyntax", "POST (search)", () => parseSearchRequest({ schemas: [USER] })],
    ["invalidPath", "path was invalid or malformed", () => patchedUser({}, { op: "add", path: "a b c", value: 1 })],
    [
      "noTarget",
      "a filter that yields no match",
      () => patchedUser({}, { op: "replace", path: 'emails[type eq "x"]', value: { value: "a" } }),
    ],
    [
      "invalidValue",
      "POST: a required value was missing",
      () => parseResource(userType, { schemas: [USER] }, "create"),
    ],
    [
      "invalidValue",
      "PUT: a required value was missing",
      () => parseResource(userType, { schemas: [USER] }, "replace", { userName: "a" }),
    ],
    ["invalidValue", "not compatible with the attribute type", () => createdUser({ active: "yes" })],
  ])("%s: %s", (scimType, _, act) => {
    expectRefusal(act, { scimType });
  });

  it("a detail never repeats a secret", () => {
    for (const act of [
      () => createdUser({ password: ["t1meMa$heen"] }),
      () => createdUser({ password: { value: "t1meMa$heen" } }),
      () => patchedUser({}, { op: "add", path: "password", value: ["t1meMa$heen"] }),
      () => patchedUser({}, { op: "add", value: { password: ["t1meMa$heen"] } }),
      () => selects('password eq "t1meMa$heen"', {}),
    ]) {
      expect(act).toThrow(ScimError);
      expect(act).not.toThrow("t1meMa$heen");
    }
  });
});

describe("RFC 7644 §3.4.2 and §3.4.3", () => {
  it("the list response of figure 4 and the empty one", () => {
    const page = { totalResults: 0, startIndex: 1, itemsPerPage: 0, resources: [] };
    expect(listResponse(page)).toMatchObject({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
      totalResults: 0,
      Resources: [],
    });
  });

  it("the search request of figure 5", () => {
    expect(
      parseSearchRequest({
        schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        attributes: ["displayName", "userName"],
        filter: 'displayName sw "smith"',
        startIndex: 1,
        count: 10,
      }),
    ).toEqual({ attributes: ["displayName", "userName"], filter: 'displayName sw "smith"', startIndex: 1, count: 10 });
  });
});
