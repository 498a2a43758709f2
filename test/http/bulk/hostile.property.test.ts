import { afterAll, beforeAll, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { JsonObject } from "../../../src/scim/json.ts";
import { ask, startService, type TestService } from "../fakes.ts";

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "valueOf",
  "bulkId:a",
  "bulkId:",
  "bulkId:bulkId:a",
  "\ud800",
  "",
];
const text = fc.oneof(
  fc.constantFrom(
    ...NAMES,
    "/Users",
    "/Groups",
    "/Users/bulkId:a",
    "/Groups/bulkId:b",
    "/GroupMemberships",
    "//",
    "/Users//",
    "/Me",
    "POST",
  ),
  fc.string({ maxLength: 8 }),
);
const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    text,
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e308),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(text, fc.constantFrom("userName", "members", "value", "schemas", "Operations", "op")),
      tie("value"),
      {
        maxKeys: 4,
      },
    ),
  ),
})).value;
const operation = fc.record(
  {
    method: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom("POST", "put", "PATCH", "DELETE") },
      { weight: 1, arbitrary: json },
    ),
    path: fc.oneof(text, json),
    bulkId: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom("a", "b", "c", "__proto__") },
      { weight: 1, arbitrary: json },
    ),
    version: fc.oneof(text, json),
    data: fc.oneof(
      json,
      fc.record({
        schemas: fc.constant(["urn:ietf:params:scim:schemas:core:2.0:Group"]),
        displayName: text,
        members: fc.array(fc.record({ value: text }), { maxLength: 3 }),
      }),
      fc.record({ group: fc.record({ value: json }), member: fc.record({ value: json }) }),
    ),
  },
  { requiredKeys: ["method"] },
);

it("whatever is sent is answered with what SCIM has for it: no fault, an answer for each operation, no 2xx for nonsense", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(operation, { maxLength: 6 }),
      fc.oneof(fc.constant(undefined), json),
      async (operations, failOnErrors) => {
        const schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
        const body = { schemas, Operations: operations, ...(failOnErrors === undefined ? {} : { failOnErrors }) };
        const reply = await ask(service, "POST /scim/v2/Bulk", { body });
        expect([200, 400]).toContain(reply.status);
        if (reply.status === 400) {
          expect(reply.body["schemas"]).toEqual(["urn:ietf:params:scim:api:messages:2.0:Error"]);
          return;
        }
        const answers = reply.body["Operations"] as (JsonObject & { response?: JsonObject })[];
        if (failOnErrors === undefined) expect(answers).toHaveLength(operations.length);
        for (const { method, status, response, location } of answers) {
          expect(["POST", "PUT", "PATCH", "DELETE"]).toContain(method);
          expect(["200", "201", "204", "400", "404", "409", "412"]).toContain(status);
          expect(response?.["status"]).toBe(String(status).startsWith("2") ? undefined : status);
          if (location !== undefined) expect(URL.canParse(String(location))).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  ));
