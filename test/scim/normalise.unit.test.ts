// What identity providers send, byte for byte, and what it comes to. Ids as in the table of dialects: E Entra ID, O Okta,
// G Google, L OneLogin, J JumpCloud.
import { describe, expect, it } from "@jest/globals";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { rules } from "../../src/scim/normalise/rules.ts";
import { applyPatch } from "../../src/scim/patch/apply.ts";
import { parsePatch } from "../../src/scim/patch/operations.ts";
import { parseResource } from "../../src/scim/resource/parse.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { hostileNames } from "./arbitraries.ts";
import { normalisePatch, normaliseResource, operationsOf } from "./reading.ts";
import { expectRefusal, frozen, wire } from "./refusal.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** What a POST of these bytes makes, and by which rules. */
const post = (type: ResourceType, text: string) => {
  const { body, rules } = normaliseResource(type, wire(text), "lenient");
  return { ...parseResource(type, body, "create"), rules };
};

/** What a PATCH of these operations makes of the attributes, and by which rules. */
const patch = (type: ResourceType, attributes: JsonObject, operations: string) => {
  const current = { id: "2819c223", schemas: [type.schema.id], meta: { version: 'W/"3"' }, ...attributes };
  const text = `{"schemas":["${PATCH_OP}"],"Operations":${operations}}`;
  const { operations: read, rules } = operationsOf(type, wire(text), "lenient", frozen(current));
  return { attributes: applyPatch(type, frozen(attributes), read), rules };
};

const ada = frozen({
  userName: "ada",
  active: true,
  emails: [{ type: "work", value: "ada@old" }],
  [ENTERPRISE]: { manager: { value: "m1" } },
});

describe("Entra ID", () => {
  it("E-U1 creates a user", () =>
    expect(
      post(
        userType,
        `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
 "externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef","userName":"Test_User_ab6490ee",
 "active":true,"emails":[{"primary":true,"type":"work","value":"x@testuser.com"}],
 "meta":{"resourceType":"User"},
 "name":{"formatted":"givenName familyName","familyName":"familyName","givenName":"givenName"},"roles":[]}`,
      ),
    ).toEqual({
      attributes: {
        externalId: "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        userName: "Test_User_ab6490ee",
        active: true,
        emails: [{ primary: true, type: "work", value: "x@testuser.com" }],
        name: { formatted: "givenName familyName", familyName: "familyName", givenName: "givenName" },
      },
      secrets: [],
      rules: [],
    }));

  it("E-U1 variants: a URN with a typo, nulls everywhere, booleans in quotes", () =>
    expect(
      post(
        userType,
        `{"schemas":["${USER}","urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],"userName":"a",
          "addresses":null,"phoneNumbers":null,"title":null,"department":null,"manager":null,"active":"True",
          "roles":[{"value":"r","primary":"True"}],"emails":[{"value":"a@b.c","type":null}]}`,
      ),
    ).toEqual({
      attributes: { userName: "a", active: true, roles: [{ value: "r", primary: true }], emails: [{ value: "a@b.c" }] },
      secrets: [],
      rules: ["path-as-key", "boolean-string", "unknown-schema", "undeclared-extension"],
    }));

  it("E-U1 variant: values of an extension that schemas does not list; E-M6 a manager in a string", () =>
    expect(
      post(userType, `{"schemas":["${USER}"],"userName":"a","${ENTERPRISE}":{"manager":"123456","department":"x"}}`),
    ).toMatchObject({
      attributes: { userName: "a", [ENTERPRISE]: { manager: { value: "123456" }, department: "x" } },
      rules: ["value-string", "undeclared-extension"],
    }));

  it("E-U2 updates in the default dialect", () =>
    expect(
      patch(
        userType,
        ada,
        String.raw`[{"op":"Replace","path":"displayName","value":"Pvlo"},
 {"op":"Replace","path":"emails[type eq \"work\"].value","value":"TestBcwqnm@test.microsoft.com"},
 {"op":"Replace","path":"name.givenName","value":"Gtfd"},
 {"op":"Replace","path":"name.familyName","value":"Pkqf"},
 {"op":"Replace","path":"externalId","value":"Eqpj"},
 {"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber","value":"Eqpj"}]`,
      ),
    ).toEqual({
      attributes: {
        ...ada,
        displayName: "Pvlo",
        emails: [{ type: "work", value: "TestBcwqnm@test.microsoft.com" }],
        name: { givenName: "Gtfd", familyName: "Pkqf" },
        externalId: "Eqpj",
        [ENTERPRISE]: { manager: { value: "m1" }, employeeNumber: "Eqpj" },
      },
      rules: ["op-case"],
    }));

  it("E-U3 updates with the feature flag: paths as keys", () =>
    expect(
      patch(
        userType,
        ada,
        String.raw`[{"op":"replace","path":"emails[type eq \"work\"].value","value":"TestMhvaes@test.microsoft.com"},
 {"op":"replace","value":{"displayName":"Bjfe","name.givenName":"Kkom","name.familyName":"Unua",
   "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber":"Aklq"}}]`,
      ),
    ).toEqual({
      attributes: {
        ...ada,
        displayName: "Bjfe",
        emails: [{ type: "work", value: "TestMhvaes@test.microsoft.com" }],
        name: { givenName: "Kkom", familyName: "Unua" },
        [ENTERPRISE]: { manager: { value: "m1" }, employeeNumber: "Aklq" },
      },
      rules: ["path-as-key"],
    }));

  it.each<[string, string[]]>([
    ['[{"op":"Replace","path":"active","value":"False"}]', ["op-case", "boolean-string"]],
    ['[{"op":"replace","path":"active","value":false}]', []],
    ['[{"op":"Replace","path":"active","value":false}]', ["op-case"]],
    ['[{"op":"replace","value":{"active":"false"}}]', ["boolean-string"]],
  ])("E-U4 disables a user: %s", (operations, applied) =>
    expect(patch(userType, ada, operations)).toEqual({ attributes: { ...ada, active: false }, rules: applied }),
  );

  it.each(["Add", "add"])("E-U5 adds an attribute: %s", (op) =>
    expect(patch(userType, ada, `[{"op":"${op}","path":"nickName","value":"Babs"}]`).attributes).toEqual({
      ...ada,
      nickName: "Babs",
    }),
  );

  it.each<[string, string, JsonObject, string[]?]>([
    [
      String.raw`emails[type eq \"home\"].value`,
      '"a@b.c"',
      { emails: [...ada.emails, { type: "home", value: "a@b.c" }] },
    ],
    [String.raw`phoneNumbers[type eq \"mobile\"].value`, '"1"', { phoneNumbers: [{ type: "mobile", value: "1" }] }],
    [String.raw`addresses[type eq \"work\"].country`, '"FR"', { addresses: [{ type: "work", country: "FR" }] }],
    [
      String.raw`roles[primary eq \"True\"].display`,
      '"Admin"',
      { roles: [{ primary: true, display: "Admin" }] },
      ["op-case", "filter-literal"],
    ],
    [String.raw`emails[type eq \"other\"].Value`, '"o"', { emails: [...ada.emails, { type: "other", value: "o" }] }],
    [String.raw`addresses[type eq \"other\"].Formatted`, '"f"', { addresses: [{ type: "other", formatted: "f" }] }],
  ])("E-U6, E-U9: an add makes the element that is not there: %s", (path, value, expected, applied = ["op-case"]) =>
    expect(patch(userType, ada, `[{"op":"Add","path":"${path}","value":${value}}]`)).toEqual({
      attributes: { ...ada, ...expected },
      rules: applied,
    }),
  );

  it("E-U7 replaces an element that is not there", () => {
    const home = String.raw`[{"op":"Replace","path":"emails[type eq \"home\"].value","value":"a@b.c"}]`;
    expect(patch(userType, ada, home)).toEqual({
      attributes: { ...ada, emails: [...ada.emails, { type: "home", value: "a@b.c" }] },
      rules: ["op-case", "unmatched-replace"],
    });
    for (const path of ['emails[type pr and value eq \\"x\\"].value', 'emails[type ne \\"work\\"].value'])
      expectRefusal(() => patch(userType, ada, `[{"op":"replace","path":"${path}","value":"x"}]`), {
        scimType: "noTarget",
      });
  });

  it("takes nothing for nothing where an element is not there: it is cleared already", () => {
    for (const value of ['""', "null"]) {
      const home = String.raw`[{"op":"replace","path":"emails[type eq \"home\"].value","value":${value}}]`;
      expect(patch(userType, ada, home).attributes).toEqual(ada);
    }
  });

  it("E-U8 removes, or replaces by an empty text", () => {
    const named = frozen({ ...ada, nickName: "Babs" });
    expect(patch(userType, named, '[{"op":"Remove","path":"nickName"}]').attributes).toEqual(ada);
    expect(patch(userType, named, '[{"op":"Replace","path":"nickName","value":""}]').attributes).toEqual(ada);
  });

  it.each<[string, string, string[]]>([
    [
      "E-M1",
      '{"op":"Add","path":"manager","value":[{"$ref":"http://x/Users/m2","value":"m2"}]}',
      ["op-case", "array-of-one"],
    ],
    ["E-M2", `{"op":"add","path":"${ENTERPRISE}:manager","value":"m2"}`, ["value-string"]],
    ["E-M5", `{"op":"add","path":"${ENTERPRISE}:manager.value","value":"m2"}`, []],
    ["flag", `{"op":"replace","value":{"${ENTERPRISE}:manager":"m2"}}`, ["path-as-key", "value-string"]],
    ["bare", '{"op":"replace","path":"manager.value","value":"m2"}', []],
    ["bare key", '{"op":"replace","value":{"manager":"m2"}}', ["path-as-key", "value-string"]],
  ])("%s sets a manager: %s", (_id, operation, applied) => {
    const result = patch(userType, ada, `[${operation}]`);
    expect(result.attributes[ENTERPRISE]).toMatchObject({ manager: { value: "m2" } });
    expect(result.rules).toEqual(applied);
  });

  it.each<[string, string]>([
    ["E-M3", `{"op":"replace","path":"${ENTERPRISE}:manager","value":""}`],
    ["E-M4", String.raw`{"op":"remove","path":"manager[value eq \"m1\"]"}`],
    ["bare", '{"op":"Remove","path":"manager"}'],
  ])("%s clears a manager: %s", (_id, operation) =>
    expect(patch(userType, ada, `[${operation}]`).attributes).not.toHaveProperty([ENTERPRISE]),
  );

  it("roles hold JSON in a string, which is a string", () => {
    const value = String.raw`{\"id\":\"1\",\"value\":\"25\",\"displayName\":\"Role1234\"}`;
    expect(
      patch(userType, ada, `[{"op":"Add","path":"roles","value":[{"value":"${value}"}]}]`).attributes["roles"],
    ).toEqual([{ value: '{"id":"1","value":"25","displayName":"Role1234"}' }]);
    expect(
      patch(
        userType,
        ada,
        '[{"op":"add","path":"roles","value":[{"value":"r","displayName":"Role","primary":"False"}]}]',
      ),
    ).toMatchObject({
      attributes: { roles: [{ value: "r", display: "Role", primary: false }] },
      rules: ["display-name-key", "boolean-string"],
    });
  });

  it("E-G1 creates a group with a schema that is none", () =>
    expect(
      post(
        groupType,
        `{"schemas":["${GROUP}","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
 "externalId":"8aa1a0c0","displayName":"displayName","meta":{"resourceType":"Group"}}`,
      ),
    ).toEqual({
      attributes: { externalId: "8aa1a0c0", displayName: "displayName" },
      secrets: [],
      rules: ["unknown-schema"],
    }));

  const group = frozen({ displayName: "g", members: [{ value: "u1" }, { value: "u2" }] });
  it.each<[string, string, string[], string[]]>([
    ["E-G2", '{"op":"Add","path":"members","value":[{"$ref":null,"value":"u3"}]}', ["u1", "u2", "u3"], ["op-case"]],
    [
      "E-G3",
      '{"op":"Remove","path":"members","value":[{"$ref":null,"value":"u1"}]}',
      ["u2"],
      ["op-case", "remove-with-value"],
    ],
    ["E-G3, J-2", '{"op":"remove","path":"members","value":[{"value":"u1"}]}', ["u2"], ["remove-with-value"]],
    ["E-G3", '{"op":"remove","path":"members","value":[{"value":"nobody"}]}', ["u1", "u2"], ["remove-with-value"]],
    ["E-G4", String.raw`{"op":"remove","path":"members[value eq \"u1\"]"}`, ["u2"], []],
    ["E-G6", '{"op":"Add","path":"members","value":"u3"}', ["u1", "u2", "u3"], ["op-case", "value-string"]],
    ["E-G6", '{"op":"add","path":"members","value":["u3"]}', ["u1", "u2", "u3"], ["value-string"]],
    [
      "E-G6",
      '{"op":"add","path":"members","value":[{"value":"u3","displayName":"x"}]}',
      ["u1", "u2", "u3"],
      ["display-name-key"],
    ],
    ["E-G7", '{"op":"add","path":"members","value":[{"value":"u1"}]}', ["u1", "u2"], []],
  ])("%s changes members: %s", (_id, operation, members, applied) => {
    const result = patch(groupType, group, `[${operation}]`);
    expect(result).toEqual({
      attributes: { displayName: "g", members: members.map((value) => ({ value })) },
      rules: applied,
    });
  });

  it.each<[string, ResourceType, JsonObject]>([
    ["emails", userType, { userName: "a", emails: [{ value: "a@b" }] }],
    ["members", groupType, group],
  ])("a removal of “” from %s takes nothing", (path, type, resource) =>
    expectRefusal(() => patch(type, resource, `[{"op":"remove","path":"${path}","value":""}]`), {
      scimType: "invalidValue",
    }),
  );

  it("E-G5 renames, adds and removes at once", () =>
    expect(
      patch(
        groupType,
        group,
        `[{"op":"Replace","path":"displayName","value":"h"},{"op":"Add","path":"members","value":[{"$ref":null,"value":"u3"}]},
          {"op":"Remove","path":"members","value":[{"$ref":null,"value":"u1"}]}]`,
      ).attributes,
    ).toEqual({ displayName: "h", members: [{ value: "u2" }, { value: "u3" }] }));
});

describe("Okta", () => {
  it("B.2.2 creates a user", () =>
    expect(
      post(
        userType,
        `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"test.user@okta.local",
 "name":{"givenName":"Test","familyName":"User"},
 "emails":[{"primary":true,"value":"test.user@okta.local","type":"work"}],
 "displayName":"Test User","locale":"en-US","externalId":"00ujl29u0le5T6Aj10h7",
 "groups":[],"password":"1mz050nq","active":true}`,
      ),
    ).toMatchObject({ attributes: { locale: "en-US" }, secrets: ["password"], rules: [] }));

  it.each(['{"active":false}', '{"password":"x","active":false}'])("B.2.3 deactivates without a path: %s", (value) =>
    expect(patch(userType, ada, `[{"op":"replace","value":${value}}]`)).toEqual({
      attributes: { ...ada, active: false },
      rules: [],
    }),
  );

  const group = frozen({ displayName: "g", members: [{ value: "u2" }] });
  it("O-G1, O-G7 creates or replaces a group", () => {
    expect(post(groupType, `{"schemas":["${GROUP}"],"displayName":"Test SCIMv2","members":[]}`)).toMatchObject({
      attributes: { displayName: "Test SCIMv2" },
      rules: [],
    });
    expect(
      post(groupType, `{"schemas":["${GROUP}"],"id":"2819c223","displayName":"SID","members":null}`),
    ).toMatchObject({
      attributes: { displayName: "SID" },
      rules: [],
    });
  });

  it("O-G2 renames a group and repeats its id", () => {
    const rename = (id: string) =>
      patch(groupType, group, `[{"op":"replace","value":{"id":"${id}","displayName":"h"}}]`);
    expect(rename("2819c223")).toEqual({ attributes: { ...group, displayName: "h" }, rules: ["read-only-echo"] });
    expectRefusal(() => rename("another"), { scimType: "mutability" });
  });

  it.each<[string, string, string[]]>([
    [
      "O-G3",
      String.raw`{"op":"remove","path":"members[value eq \"u2\"]"},{"op":"add","path":"members","value":[{"value":"u1","display":"test.user@okta.local"}]}`,
      ["u1"],
    ],
    ["O-G4", '{"op":"replace","path":"members","value":[{"value":"u1"},{"value":"u2"}]}', ["u1", "u2"]],
    ["O-G6", '{"op":"replace","value":{"members":[{"value":"u1"}]}}', ["u1"]],
  ])("%s pushes members: %s", (_id, operations, members) =>
    expect(patch(groupType, group, `[${operations}]`)).toEqual({
      attributes: { displayName: "g", members: members.map((value) => ({ value })) },
      rules: [],
    }),
  );

  it("O-G5 pushes an empty group", () =>
    expect(patch(groupType, group, '[{"op":"replace","path":"members","value":[]}]').attributes).toEqual({
      displayName: "g",
    }));
});

describe("others", () => {
  it("G-1 Google names a schema of SCIM 1.0", () =>
    expect(
      post(
        userType,
        '{"schemas":["urn:scim:schemas:core:1.0","urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a"}',
      ),
    ).toMatchObject({ attributes: { userName: "a" }, rules: ["unknown-schema"] }));

  it("L-5 OneLogin's template: a boolean in quotes, an id of null, a manager in its own words", () =>
    expect(
      post(
        userType,
        `{"schemas":["${USER}","${ENTERPRISE}"],"userName":"a","active":"true","id":null,
          "${ENTERPRISE}":{"manager":{"managerId":"m1","displayName":"Boss"}}}`,
      ),
    ).toMatchObject({
      attributes: { userName: "a", active: true, [ENTERPRISE]: { manager: { value: "m1" } } },
      rules: ["boolean-string", "manager-id-key"],
    }));

  it("authentik repeats id, schemas and meta as they are", () => {
    const echo = (value: string) => patch(groupType, { displayName: "g" }, `[{"op":"replace","value":${value}}]`);
    expect(echo(`{"id":"2819c223","schemas":["${GROUP}"],"meta":{"version":"W/\\"3\\""},"displayName":"h"}`)).toEqual({
      attributes: { displayName: "h" },
      rules: ["read-only-echo"],
    });
    for (const other of [`["${USER}"]`, '[{"toString":1}]', '"x"', "null"])
      expectRefusal(() => echo(`{"schemas":${other}}`), { scimType: "mutability" });
    expect(patch(groupType, { displayName: "g" }, '[{"op":"replace","path":"id","value":"2819c223"}]').rules).toEqual([
      "read-only-echo",
    ]);
  });

  it("attributes that no schema has are dropped from a POST, and refused in a PATCH", () => {
    expect(
      post(
        userType,
        `{"schemas":["${USER}"],"userName":"a","shoe":1,"name":{"nick":"x","givenName":"y"},"emails":[{"no":1}]}`,
      ),
    ).toMatchObject({ attributes: { userName: "a", name: { givenName: "y" } }, rules: ["unknown-attribute"] });
    expectRefusal(() => patch(userType, ada, '[{"op":"add","value":{"shoe":1}}]'), { scimType: "invalidSyntax" });
    expectRefusal(() => patch(userType, ada, '[{"op":"add","path":"shoe","value":1}]'), { scimType: "invalidPath" });
  });

  it("the message of a PATCH may lack its schemas and write “operations”", () => {
    const operations = [{ op: "ADD", path: "title", value: "x" }];
    const parsed = (body: Json) => {
      const { body: read, rules } = normalisePatch(userType, frozen(body), "lenient");
      return [parsePatch(userType, read).length, rules];
    };
    expect(parsed({ operations })).toEqual([1, ["patch-schemas", "operations-key", "op-case"]]);
    expect(parsed({ schemas: [PATCH_OP.toLowerCase()], Operations: operations })).toEqual([
      1,
      ["patch-schemas", "op-case"],
    ]);
  });
});

describe("a key that is a path", () => {
  it("joins what is there", () => {
    const read = (text: string) => normaliseResource(userType, wire(text), "lenient").body;
    expect(read('{"NAME":{"familyName":"b"},"name.givenName":"a"}')).toEqual({
      NAME: { familyName: "b", givenName: "a" },
    });
    expect(read(`{"${ENTERPRISE.toLowerCase()}":{"division":"x"},"department":"d"}`)).toEqual({
      [ENTERPRISE.toLowerCase()]: { division: "x", department: "d" },
    });
  });
  it.each([
    '{"name":{"givenName":"b"},"name.givenName":"a"}',
    '{"name.givenName":"a","NAME":{"GIVENNAME":"b"}}',
    '{"name.givenName":"a","name":{"givenName":null}}',
    '{"name.givenName":"a","NAME.givenName":"b"}',
    '{"name":"x","name.givenName":"a"}',
    `{"${ENTERPRISE}":{"department":"a"},"department":"b"}`,
    `{"${ENTERPRISE}:department":"a","department":"b"}`,
    '{"manager.value":"a","manager":"b"}',
  ])("beside another that says the same is refused, as neither may be dropped: %s", (text) => {
    const refused = { scimType: "invalidSyntax", detail: "give it once" };
    expectRefusal(() => normaliseResource(userType, wire(text), "lenient"), refused);
    expectRefusal(() => patch(userType, ada, `[{"op":"add","value":${text}}]`), refused);
  });
  it("of one element of a list is none: it would replace the others", () =>
    expectRefusal(() => patch(userType, ada, '[{"op":"replace","value":{"emails.value":"x"}}]'), {
      scimType: "invalidSyntax",
    }));
});

describe("a body of many keys for one place", () => {
  it("is refused in linear time", () => {
    const keys = Array.from({ length: 40_000 }, (_, i) =>
      Array.from("name.givenname", (letter, at) => ((i >> at) & 1 ? letter.toUpperCase() : letter)).join(""),
    );
    const body = frozen(Object.fromEntries(keys.map((key) => [key, "x"])));
    const start = performance.now();
    expectRefusal(() => normaliseResource(userType, body, "lenient"), { scimType: "invalidSyntax" });
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe("the table", () => {
  const standard = `{"schemas":["${USER}"],"userName":"a","name":{"givenName":"x"},"emails":[{"value":"v","primary":true}],"${ENTERPRISE}":null}`;
  const quirky = `{"schemas":["urn:x"],"userName":"a","active":"True","department":"x","shoe":1}`;

  it("is not asked in the profile rfc", () => {
    const body = wire(quirky);
    expect(normaliseResource(userType, body, "rfc")).toEqual({ body, rules: [] });
    const message = wire('{"operations":[{"op":"Add"}]}');
    expect(normalisePatch(userType, message, "rfc").body).toBe(message);
  });

  it("leaves what is standard the very same object", () => {
    const body = wire(standard);
    expect(normaliseResource(userType, body, "lenient").body).toBe(body);
    const message = wire(
      `{"schemas":["${PATCH_OP}"],"Operations":[{"op":"add","path":"title","value":"x"},{"op":"add","value":{"name":{"givenName":"x"}}}]}`,
    );
    expect(normalisePatch(userType, message, "lenient", ada).body).toBe(message);
  });

  it.each<[unknown]>([
    [null],
    [5],
    ["x"],
    [[]],
    [{ Operations: 5 }],
    [{ Operations: [null, 5, []] }],
    [{ schemas: 5 }],
  ])("passes %j on to the engine, which refuses it", (body) => {
    expectRefusal(() => parsePatch(userType, normalisePatch(userType, body, "lenient").body), {
      scimType: "invalidSyntax",
    });
    expectRefusal(() => parseResource(userType, normaliseResource(userType, body, "lenient").body, "create"), {
      scimType: "invalidSyntax",
    });
  });

  it("has each rule once, each with words for all", () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { id, where, says, means, profiles } of rules)
      expect([id, where, says, means].every((text) => text.length > 0) && profiles.includes("lenient")).toBe(true);
  });

  it.each(hostileNames)("takes %s for an unknown name", (name) => {
    const text = `{"schemas":["${USER}"],"userName":"a",${JSON.stringify(name)}:{"polluted":true},"name":{${JSON.stringify(name)}:{"polluted":true}}}`;
    expect(post(userType, text)).toEqual({
      attributes: { userName: "a" },
      secrets: [],
      rules: ["unknown-attribute"],
    });
    expect(({} as JsonObject)["polluted"]).toBe(undefined);
    const value = `{${JSON.stringify(name)}:{"polluted":true}}`;
    expectRefusal(() => patch(userType, ada, `[{"op":"add","value":${value}}]`), { scimType: "invalidSyntax" });
  });
});
