import { describe, expect, it } from "@jest/globals";
import { notFound, uniqueness } from "../../src/scim/errors.ts";
import { errorBody, listResponse, parseSearchRequest, searchRequestUrn } from "../../src/scim/messages.ts";
import { expectRefusal, frozen } from "./refusal.ts";

describe("messages of RFC 7644", () => {
  it("§3.12: an error's status is a string, and scimType is there if it has one", () => {
    expect(errorBody(uniqueness("taken"))).toEqual({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
      scimType: "uniqueness",
      detail: "taken",
      status: "409",
    });
    expect(errorBody(notFound("gone"))).not.toHaveProperty("scimType");
  });

  it("§3.4.2: a list without results has an empty array, never null", () =>
    expect(listResponse({ totalResults: 0, startIndex: 1, itemsPerPage: 0, resources: [] })).toEqual({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
      totalResults: 0,
      startIndex: 1,
      itemsPerPage: 0,
      Resources: [],
    }));

  const schemas = [searchRequestUrn];
  it("§3.4.3: a search request has the parameters of a GET; null and unknown members are absent", () => {
    const fields = {
      attributes: ["displayName", "userName"],
      filter: 'displayName sw "smith"',
      startIndex: 1,
      count: 10,
    };
    expect(parseSearchRequest(frozen({ schemas, ...fields, sortBy: null, other: 1 }))).toEqual(fields);
    expect(parseSearchRequest({ schemas: [searchRequestUrn.toUpperCase()], cursor: "" })).toEqual({ cursor: "" });
  });

  it.each<[unknown, string]>([
    [null, "invalidSyntax"],
    [{}, "invalidSyntax"],
    [{ schemas: "x" }, "invalidSyntax"],
    [{ schemas: [searchRequestUrn, 5] }, "invalidSyntax"],
    [{ schemas, count: "10" }, "invalidValue"],
    [{ schemas, startIndex: 1.5 }, "invalidValue"],
    [{ schemas, attributes: "userName" }, "invalidValue"],
    [{ schemas, attributes: [1] }, "invalidValue"],
    [{ schemas, filter: [] }, "invalidValue"],
  ])("§3.4.3: %j is none: %s", (body, scimType) => expectRefusal(() => parseSearchRequest(body), { scimType }));
});
