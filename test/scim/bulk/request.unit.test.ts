import { describe, expect, it } from "@jest/globals";
import { parseBulkRequest } from "../../../src/scim/bulk/request.ts";
import { expectRefusal } from "../refusal.ts";

const schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
const parse = (body: object) => parseBulkRequest({ schemas, ...body }, { maxOperations: 3 });

describe("the body of a Bulk request", () => {
  it("is read with null as absent, and with names and methods in any case", () => {
    const operations = [
      { METHOD: "post", BulkID: "a", path: "/Users", data: {}, version: null },
      { method: "Delete", bulkId: null, path: "/Users/1" },
    ];
    expect(parse({ operations, failonerrors: 3 })).toEqual({
      failOnErrors: 3,
      operations: [
        { method: "POST", bulkId: "a", path: "/Users", data: {} },
        { method: "DELETE", path: "/Users/1" },
      ],
    });
    expect(parse({ Operations: operations, failOnErrors: null })).not.toHaveProperty("failOnErrors");
  });

  it("names nothing twice", () => {
    const operation = { method: "DELETE", Method: "POST", path: "/Users/1" };
    expectRefusal(() => parse({ Operations: [operation] }), { status: 400, scimType: "invalidSyntax" });
  });

  it("takes nothing from the prototype", () => {
    const operation = JSON.parse('{"method":"DELETE","__proto__":{"path":"/Users/1"},"constructor":1}');
    expect(parse({ Operations: [operation] }).operations).toEqual([{ method: "DELETE" }]);
  });

  it("holds no more operations than the limit", () => {
    const Operations = Array(4).fill({ method: "DELETE" });
    expectRefusal(() => parse({ Operations }), {
      status: 413,
      scimType: undefined,
      detail: "4 operations; maxOperations is 3",
    });
  });
});
