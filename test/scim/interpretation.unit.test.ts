// What is kept of a request that was not read as it stands: both texts, bounded, and no secret in either.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import type { Interpretation } from "../../src/scim/normalise/interpretation.ts";
import { readPatch, readResource } from "../../src/scim/normalise/read.ts";
import { Normalisation } from "../../src/scim/normalise/rule.ts";
import { defaultPatchLimits } from "../../src/scim/patch/operations.ts";
import { complex, multiValued, string } from "../../src/scim/schema/define.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { frozen } from "./refusal.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

const posted = (body: JsonObject): readonly Interpretation[] =>
  readResource(new Normalisation("lenient"), userType, frozen({ schemas: [USER], userName: "ada", ...body }), "create")
    .interpretations;

const patched = (operations: Json, type = userType): readonly Interpretation[] =>
  readPatch(
    new Normalisation("lenient"),
    type,
    frozen({ schemas: [PATCH_OP], Operations: operations }) as JsonObject,
    defaultPatchLimits,
    { id: "x" },
  ).interpretations;

describe("the interpretation of a request", () => {
  it("holds the members of a body that were read as others, both ways", () => {
    expect(posted({ active: "True", title: "x", "name.givenName": "A", shoe: 1 })).toEqual([
      {
        raw: '{"active":"True","name.givenName":"A","shoe":1}',
        interpreted: '{"active":true,"name":{"givenName":"A"}}',
      },
    ]);
  });

  it("holds the operations that were read as others, and no others", () => {
    const plain = { op: "replace", path: "title", value: "x" };
    expect(patched([plain, { op: "Replace", path: "active", value: "False" }])).toEqual([
      {
        raw: '{"op":"Replace","path":"active","value":"False"}',
        interpreted: '{"op":"replace","path":"active","value":false}',
      },
    ]);
    expect(patched([{ op: "remove", path: "members", value: ["a"] }], groupType)).toEqual([
      {
        raw: '{"op":"remove","path":"members","value":["a"]}',
        interpreted: '{"op":"remove","path":"members","value":[{"value":"a"}]}',
      },
    ]);
    expect(patched([{ op: "replace", path: 'emails[type eq "work"].value', value: "x" }])).toMatchObject([
      { interpreted: '{"op":"add","path":"emails[type eq \\"work\\"].value","value":"x"}' },
    ]);
  });

  it("is nothing where the standard was kept to, or only the letters of op were not", () => {
    expect(posted({ active: true })).toEqual([]);
    expect(patched([{ op: "replace", path: "title", value: "x" }])).toEqual([]);
    expect(patched([{ op: "Replace", path: "title", value: "x" }])).toEqual([]);
  });

  it("has no secret, wherever and however it is written", () => {
    const secret = "correct-horse";
    const shapes: readonly (readonly Interpretation[])[] = [
      posted({ active: "True", password: secret, "urn:x:Password": secret, clientSecret: secret }),
      posted({ [`${USER}:password`]: secret }),
      patched([{ op: "Add", path: "PASSWORD", value: secret }]),
      patched([{ op: "add", value: { active: "True", Password: secret } }]),
      patched([{ op: "replace", value: { [`${USER}:password`]: secret, "name.givenName": "A" } }]),
    ];
    for (const shape of shapes) expect(JSON.stringify(shape)).not.toContain(secret);
    expect(JSON.stringify(shapes[0])).toContain("[redacted]");
  });

  it("has no secret that is sent as a simple value and read as the secret part of a complex one", () => {
    const codes = multiValued("codes", "", [string("value", "", { returned: "never" }), string("door", "")]);
    const code = complex("code", "", [string("value", "", { returned: "never" }), string("door", "")]);
    const type = {
      ...userType,
      schema: { ...userType.schema, attributes: [...userType.schema.attributes, codes, code] },
    };
    const told = [
      ...patched([{ op: "add", path: "codes", value: ["s3cret"] }], type),
      ...patched([{ op: "add", value: { codes: ["s3cret"] } }], type),
      ...patched([{ op: "replace", path: "code", value: "s3cret" }], type),
    ];
    expect(told.length).toBeGreaterThan(0);
    expect(JSON.stringify(told)).not.toContain("s3cret");
  });

  it("has no name of another person, which would outlast that person's erasure", () => {
    const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    const name = "Grace Hopper";
    const shapes: readonly (readonly Interpretation[])[] = [
      posted({ [ENTERPRISE]: { manager: { managerId: "m", displayName: name } } }),
      posted({ active: "True", groups: [{ value: "g", display: name }] }),
      patched([{ op: "replace", path: "manager", value: [{ value: "m", displayName: name }] }]),
      patched([{ op: "replace", path: `${ENTERPRISE}`, value: { manager: [{ value: "m", displayName: name }] } }]),
      patched([{ op: "add", value: { "name.givenName": "A", manager: { managerId: "m", displayName: name } } }]),
      patched([{ op: "add", path: "members", value: [{ value: "u", displayName: name }] }], groupType),
      patched([{ op: "add", value: { members: [{ value: "u", displayName: name }] } }], groupType),
      patched([{ op: "remove", path: "members", value: [{ value: "u", display: name }] }], groupType),
      patched([{ op: "remove", path: `members[display  eq "${name}"]` }], groupType),
    ];
    for (const shape of shapes) expect(shape).toHaveLength(1);
    // What has a rule of its own beside it is told, the name is not.
    expect(shapes.filter((shape) => JSON.stringify(shape).includes(name))).toEqual([]);
    expect(shapes[5]?.[0]?.raw).toBe(
      '{"op":"add","path":"members","value":[{"value":"u","displayName":"[redacted]"}]}',
    );
    const [own] = patched([{ op: "replace", value: { displayName: "Staff", members: { value: "u" } } }], groupType);
    expect(own?.raw).toContain("Staff");
  });

  it("is of bounded size, however much was sent", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 3_000 }), (count, length) => {
        const value = Array.from({ length: count }, (_, i) => ({ value: `${i}`, displayName: "x".repeat(length) }));
        const operations = Array.from({ length: count }, () => ({ op: "replace", path: "active", value: "True" }));
        const all = [...patched([{ op: "add", path: "members", value }], groupType), ...patched(operations)];
        for (const { raw, interpreted } of all) expect(Math.max(raw.length, interpreted.length)).toBeLessThan(1_010);
        expect(all.length).toBeLessThan(13);
      }),
      { numRuns: 30 },
    ));

  it("is Unicode text even where it is cut, and of hostile names like of any others", () => {
    const [long] = posted({ active: "True", shoe: "😀".repeat(2_000) });
    expect(long?.raw.isWellFormed()).toBe(true);
    const hostile = JSON.parse(`{"active":"True","__proto__":{"polluted":1},"constructor":2}`) as JsonObject;
    const read = readResource(
      new Normalisation("lenient"),
      userType,
      Object.assign(hostile, { schemas: [USER], userName: "a" }),
      "create",
    );
    expect(read.interpretations[0]?.raw).toContain('"__proto__":{"polluted":1}');
    expect(({} as JsonObject)["polluted"]).toBe(undefined);
  });
});
