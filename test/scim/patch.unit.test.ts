// PATCH by the letter of RFC 7644 §3.5.2, its own examples first; then what peers get wrong.
import { describe, expect, it } from "@jest/globals";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { patchOpUrn } from "../../src/scim/messages.ts";
import { applyPatch } from "../../src/scim/patch/apply.ts";
import { namesSecret } from "../../src/scim/patch/operation.ts";
import { defaultPatchLimits, parsePatch } from "../../src/scim/patch/operations.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { boolean, complex, multiValued, reference, schema, string } from "../../src/scim/schema/define.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { hostileNames } from "./arbitraries.ts";
import { everything } from "./reading.ts";
import { expectRefusal, frozen } from "./refusal.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const message = (...operations: Json[]): JsonObject => frozen({ schemas: [patchOpUrn], Operations: operations });
const patchType =
  (type: ResourceType) =>
  (attributes: JsonObject, ...operations: Json[]): JsonObject =>
    applyPatch(type, frozen(attributes), parsePatch(type, message(...operations), defaultPatchLimits, everything));
const patch = patchType(userType);
const patchGroup = patchType(groupType);

const ada = frozen({
  userName: "ada",
  name: { givenName: "Ada", familyName: "King" },
  emails: [
    { value: "ada@work", type: "work", primary: true },
    { value: "ada@home", type: "home" },
  ],
  [ENTERPRISE]: { department: "R&D", manager: { value: "m1", $ref: "https://x/Users/m1" } },
});

describe("the examples of RFC 7644", () => {
  const babs = { value: "2819c223-7f76-453a-919d-413861904646" };
  const james = { value: "902c246b-6245-4190-8e05-00816be7344a" };

  it("§3.5.2.1: adding a member", () =>
    expect(
      patchGroup(
        { displayName: "Tour Guides" },
        {
          op: "add",
          path: "members",
          value: [{ display: "Babs Jensen", $ref: `https://example.com/v2/Users/${babs.value}`, ...babs }],
        },
      ),
    ).toEqual({ displayName: "Tour Guides", members: [babs] }));

  it("§3.5.2.1: adding attributes without a path", () =>
    expect(
      patch(
        { userName: "babs" },
        { op: "add", value: { emails: [{ value: "babs@jensen.org", type: "home" }], nickname: "Babs" } },
      ),
    ).toEqual({ userName: "babs", emails: [{ value: "babs@jensen.org", type: "home" }], nickName: "Babs" }));

  it("§3.5.2.2: removing one member, all members, and one that is none", () => {
    const group = frozen({ displayName: "g", members: [babs, james] });
    const path = `members[value eq "${babs.value}"]`;
    expect(patchGroup(group, { op: "remove", path })).toEqual({ displayName: "g", members: [james] });
    expect(patchGroup(group, { op: "remove", path: "members" })).toEqual({ displayName: "g" });
    expect(patchGroup(group, { op: "remove", path: 'members[value eq "nobody"]' })).toBe(group);
  });

  it("§3.5.2.2: removing by a filter of two terms", () =>
    expect(patch(ada, { op: "remove", path: 'emails[type eq "work" and value ew "work"]' })["emails"]).toEqual([
      { value: "ada@home", type: "home" },
    ]));

  it("§3.5.2.2: removing and adding a member in one request", () =>
    expect(
      patchGroup(
        { displayName: "g", members: [babs] },
        { op: "remove", path: `members[value eq "${babs.value}"]` },
        { op: "add", path: "members", value: [{ display: "James Smith", ...james }] },
      ),
    ).toEqual({ displayName: "g", members: [james] }));

  it("§3.5.2.3: replacing all members", () =>
    expect(
      patchGroup({ displayName: "g", members: [babs] }, { op: "replace", path: "members", value: [james, babs] }),
    ).toEqual({ displayName: "g", members: [james, babs] }));

  it("§3.5.2.3: replacing a whole element", () => {
    const home = { type: "home", country: "USA" };
    expect(
      patch(
        { userName: "babs", addresses: [{ type: "work", country: "FR", region: "IDF" }, home] },
        {
          op: "replace",
          path: 'addresses[type eq "work"]',
          value: { type: "work", streetAddress: "911 Universal City Plaza", locality: "Hollywood", primary: true },
        },
      )["addresses"],
    ).toEqual([
      { type: "work", streetAddress: "911 Universal City Plaza", locality: "Hollywood", primary: true },
      home,
    ]);
  });

  it("§3.5.2.3: replacing a sub-attribute of matching elements", () =>
    expect(
      patch(
        { userName: "babs", addresses: [{ type: "work", streetAddress: "old", region: "CA" }] },
        { op: "replace", path: 'addresses[type eq "work"].streetAddress', value: "1010 Broadway Ave" },
      )["addresses"],
    ).toEqual([{ type: "work", streetAddress: "1010 Broadway Ave", region: "CA" }]));

  it("§3.5.2.3: replacing several attributes without a path", () => {
    const emails = [
      { value: "bjensen@example.com", type: "work", primary: true },
      { value: "babs@jensen.org", type: "home" },
    ];
    expect(patch(ada, { op: "replace", value: { emails, nickname: "Babs" } })).toEqual({
      ...ada,
      emails,
      nickName: "Babs",
    });
  });
});

describe("add", () => {
  it("replaces a single value, merges a complex one, appends to a list", () => {
    expect(patch(ada, { op: "add", path: "userName", value: "lovelace" })["userName"]).toBe("lovelace");
    expect(patch(ada, { op: "add", path: "name", value: { middleName: "B" } })["name"]).toEqual({
      givenName: "Ada",
      familyName: "King",
      middleName: "B",
    });
    expect(patch(ada, { op: "add", path: "emails", value: [{ value: "x" }] })["emails"]).toHaveLength(3);
    expect(patch(ada, { op: "add", path: "emails", value: { value: "x" } })["emails"]).toHaveLength(3);
  });

  it.each<[Json]>([
    [{ op: "add", path: "userName", value: "ada" }],
    [{ op: "add", path: "name", value: { givenName: "Ada" } }],
    [{ op: "add", path: "emails", value: [{ type: "home", value: "ada@home" }] }],
    [{ op: "add", path: "emails", value: [{ type: "work", value: "ada@work" }] }],
    [{ op: "add", path: "emails", value: [] }],
    [{ op: "add", path: 'emails[type eq "work"].value', value: "ada@work" }],
    [{ op: "add", path: 'emails[type eq "none"]', value: {} }],
    [{ op: "replace", path: "emails", value: [...ada.emails].reverse() }],
    [{ op: "replace", path: "name", value: {} }],
    [{ op: "replace", path: 'emails[type eq "work"].primary', value: true }],
    [{ op: "remove", path: "title" }],
    [{ op: "remove", path: 'emails[type eq "other"]' }],
    [{ op: "remove", path: 'emails[type eq "other"].value' }],
    [{ op: "remove", path: "emails", value: [{ value: "nobody@home" }] }],
    [{ op: "remove", path: "emails", value: [] }],
    [{ op: "replace", path: "title", value: null }],
    [{ op: "replace", value: { title: "", roles: [], [ENTERPRISE]: { department: "R&D" } } }],
    [{ op: "replace", path: "password", value: "secret" }],
    [{ op: "replace", value: {} }],
  ])("of what is there, like any operation that comes to nothing, leaves the same object: %j", (operation) =>
    expect(patch(ada, operation)).toBe(ada),
  );

  it("and its removal come to nothing, wherever the element now stands", () =>
    expect(
      patch(
        ada,
        { op: "remove", path: 'emails[type eq "work"]' },
        { op: "add", path: "emails", value: ada.emails.slice(0, 1) as Json[] },
      ),
    ).toBe(ada));

  it("of a (type, value) pair that is there goes into that element", () =>
    expect(
      patch(ada, { op: "add", path: "emails", value: [{ value: "ada@home", type: "home", primary: true }] })["emails"],
    ).toEqual([
      { value: "ada@work", type: "work", primary: false },
      { value: "ada@home", type: "home", primary: true },
    ]));

  it("makes the element that an unmatched filter of eq terms describes", () => {
    const add = (path: string, value: Json) => patch({ userName: "ada" }, { op: "add", path, value });
    expect(add('emails[type eq "Work"].value', "a@b.c")["emails"]).toEqual([{ type: "Work", value: "a@b.c" }]);
    expect(add('roles[primary eq "True"].display', "Admin")["roles"]).toEqual([{ primary: true, display: "Admin" }]);
    expect(add('addresses[type eq "work" and country eq "FR"]', { region: "IDF" })["addresses"]).toEqual([
      { type: "work", country: "FR", region: "IDF" },
    ]);
    expect(add(`${ENTERPRISE}:manager[value eq "m1"].$ref`, "https://x/Users/m1")[ENTERPRISE]).toEqual({
      manager: { value: "m1", $ref: "https://x/Users/m1" },
    });
  });

  it.each([
    'emails[type ne "work"].value',
    'emails[type eq "a" or type eq "b"].value',
    "emails[type pr].value",
    'emails[not (type eq "a")].value',
    'emails[type eq "a" and type eq "b"].value',
    "emails[type eq null].value",
    `${ENTERPRISE}:manager[displayName eq "x"].value`,
  ])("cannot guess an element from %s", (path) =>
    expectRefusal(() => patch({ userName: "ada" }, { op: "add", path, value: "x" }), { scimType: "noTarget" }),
  );
});

describe("remove", () => {
  it("leaves nothing empty behind", () => {
    const user = {
      userName: "ada",
      name: { givenName: "Ada" },
      emails: [{ value: "a" }],
      [ENTERPRISE]: { division: "x" },
    };
    expect(
      patch(
        user,
        { op: "remove", path: "name.givenName" },
        { op: "remove", path: "emails.value" },
        { op: "remove", path: `${ENTERPRISE}:division` },
      ),
    ).toEqual({ userName: "ada" });
    expect(patch(ada, { op: "remove", path: ENTERPRISE })).not.toHaveProperty([ENTERPRISE]);
  });

  it("takes a sub-attribute from the elements that match", () =>
    expect(patch(ada, { op: "remove", path: "emails[primary eq true].type" })["emails"]).toEqual([
      { value: "ada@work", primary: true },
      { value: "ada@home", type: "home" },
    ]));

  it("uses the filter as it is, whatever its operators", () => {
    expect(patch(ada, { op: "remove", path: 'emails[type ne "work"]' })["emails"]).toEqual([ada.emails[0]]);
    expect(patch(ada, { op: "remove", path: 'emails[value co "@"]' })).not.toHaveProperty("emails");
    expect(patch(ada, { op: "remove", path: 'emails[not (type eq "work")]' })["emails"]).toEqual([ada.emails[0]]);
  });

  it("with a value takes exactly these elements, compared as a filter would", () => {
    const group = frozen({ displayName: "g", members: [{ value: "u1" }, { value: "u2" }] });
    const remove = (value: Json) => patchGroup(group, { op: "remove", path: "members", value });
    expect(remove([{ $ref: null, value: "u1" }])).toEqual({ displayName: "g", members: [{ value: "u2" }] });
    expect(remove([{ value: "u3" }])).toBe(group);
    expect(remove([{ value: "u1" }, { value: "u2" }])).toEqual({ displayName: "g" });
    const mail = (value: Json) => patch(ada, { op: "remove", path: "emails", value })["emails"];
    expect(mail([{ value: "ADA@work", type: "Work" }])).toEqual([ada.emails[1]]);
    expect(mail([{ type: "home" }, { primary: true }])).toBe(undefined);
    expectRefusal(() => mail([{ value: null }]), { scimType: "invalidValue", detail: "names no element" });
    expectRefusal(() => remove([{}]), { scimType: "invalidValue" });
  });
});

describe("replace", () => {
  it("of a complex value leaves the sub-attributes that it does not name; null and “” clear one", () => {
    expect(patch(ada, { op: "replace", path: "name", value: { familyName: "Lovelace" } })["name"]).toEqual({
      givenName: "Ada",
      familyName: "Lovelace",
    });
    expect(patch(ada, { op: "replace", path: "name", value: { familyName: null, givenName: "" } })).not.toHaveProperty(
      "name",
    );
  });

  it("of a list replaces all of it", () =>
    expect(patch(ada, { op: "replace", path: "emails", value: [{ value: "x" }, { value: "x" }] })["emails"]).toEqual([
      { value: "x" },
    ]));

  it("adds what is not there, but for a filter that matches nothing", () => {
    expect(patch(ada, { op: "replace", path: "nickName", value: "Babs" })["nickName"]).toBe("Babs");
    expect(patch({ userName: "a" }, { op: "replace", path: "emails.value", value: "x" })["emails"]).toEqual([
      { value: "x" },
    ]);
    for (const path of ['emails[type eq "other"]', 'emails[type eq "other"].value'])
      expectRefusal(() => patch(ada, { op: "replace", path, value: path.endsWith("]") ? { value: "x" } : "x" }), {
        scimType: "noTarget",
      });
  });

  it("by an empty list removes a list", () => {
    expect(patch(ada, { op: "replace", path: "emails", value: [] })).not.toHaveProperty("emails");
  });

  it("by null removes, and a text by an empty one", () => {
    expect(patch(ada, { op: "replace", path: "emails", value: null })).not.toHaveProperty("emails");
    expect(patch(ada, { op: "replace", path: "name", value: null })).not.toHaveProperty("name");
    expect(patch(ada, { op: "replace", value: { name: null } })).not.toHaveProperty("name");
    expect(patch({ ...ada, title: "x" }, { op: "replace", path: "title", value: "" })).not.toHaveProperty("title");
    for (const path of ["emails", "name", "active"])
      expectRefusal(() => patch(ada, { op: "replace", path, value: "" }), { scimType: "invalidValue" });
  });

  it("of a manager drops the reference to the one before", () => {
    const path = `${ENTERPRISE}:manager`;
    expect(patch(ada, { op: "replace", path, value: { value: "m2" } })[ENTERPRISE]).toEqual({
      department: "R&D",
      manager: { value: "m2" },
    });
    expect(patch(ada, { op: "replace", path: `${path}.value`, value: "m2" })[ENTERPRISE]).toEqual({
      department: "R&D",
      manager: { value: "m2" },
    });
    expect(patch(ada, { op: "replace", path, value: { value: "m1" } })).toBe(ada);
  });

  it("by a filter on a single-valued complex attribute asks its one value", () => {
    const path = (id: string) => `${ENTERPRISE}:manager[value eq "${id}"]`;
    expect(patch(ada, { op: "remove", path: path("m1") })[ENTERPRISE]).toEqual({ department: "R&D" });
    expect(patch(ada, { op: "remove", path: path("m2") })).toBe(ada);
    expectRefusal(() => patch(ada, { op: "replace", path: path("m2"), value: { value: "m3" } }), {
      scimType: "noTarget",
    });
    expectRefusal(() => patch(ada, { op: "add", path: path("m2"), value: { value: "m3" } }), { scimType: "noTarget" });
  });
});

describe("paths", () => {
  it.each<[string, Json, string]>([
    ["USERNAME", "x", "userName"],
    ["urn:ietf:params:scim:schemas:core:2.0:User:userName", "x", "userName"],
    ["NAME.GIVENNAME", "x", "name.givenName"],
    [`${ENTERPRISE}:employeeNumber`, "x", `${ENTERPRISE}:employeeNumber`],
    [`${ENTERPRISE.toUpperCase()}:MANAGER.VALUE`, "x", `${ENTERPRISE}:manager.value`],
    ['emails[TYPE EQ "work"].Value', "x", "emails.value"],
    ["emails", [{ VALUE: "x" }], "emails"],
  ])("%s is found in any case", (path, value, text) =>
    expect(parsePatch(userType, message({ op: "add", path, value }))[0]?.path.text).toBe(text),
  );

  it("are expanded from values without path, extensions among them", () =>
    expect(
      parsePatch(
        userType,
        message(
          { op: "add", value: { Title: "x", name: { givenName: "y" }, [ENTERPRISE.toLowerCase()]: { Division: "z" } } },
          { op: "replace", path: ENTERPRISE, value: { department: "d" } },
        ),
      ).map(({ op, path, value }) => [op, path.text, value]),
    ).toEqual([
      ["add", "title", "x"],
      ["add", "name", { givenName: "y" }],
      ["add", `${ENTERPRISE}:division`, "z"],
      ["replace", `${ENTERPRISE}:department`, "d"],
    ]));
});

describe("primary", () => {
  const primaries = (user: JsonObject) => (user["emails"] as JsonObject[]).map(({ primary }) => primary);

  it.each<[Json, (Json | undefined)[]]>([
    [{ op: "add", path: "emails", value: [{ value: "x", primary: true }] }, [false, undefined, true]],
    [{ op: "replace", path: 'emails[type eq "home"].primary', value: true }, [false, true]],
    [{ op: "add", path: 'emails[type eq "home"]', value: { primary: true } }, [false, true]],
    [{ op: "replace", path: 'emails[type eq "home"]', value: { value: "x", primary: true } }, [false, true]],
    [{ op: "add", path: 'emails[type eq "x" and primary eq true].value', value: "x" }, [false, undefined, true]],
    [{ op: "replace", path: "emails[primary eq true].primary", value: false }, [false, undefined]],
  ])("is one value's after %j", (operation, expected) => expect(primaries(patch(ada, operation))).toEqual(expected));

  it("goes to the element that two of the added values make up", () => {
    const value = [
      { value: "x", type: "work", primary: true },
      { value: "x", type: "work", display: "X" },
    ];
    expect(primaries(patch(ada, { op: "add", path: "emails", value }))).toEqual([false, undefined, true]);
  });

  it("cannot be given to two values at once", () => {
    const refused = { scimType: "invalidValue" };
    expectRefusal(() => patch(ada, { op: "replace", path: "emails.primary", value: true }), refused);
    expectRefusal(() => patch(ada, { op: "add", path: "emails[value pr]", value: { primary: true } }), refused);
    const two = [
      { value: "x", primary: true },
      { value: "y", primary: true },
    ];
    expectRefusal(() => patch(ada, { op: "replace", path: "emails", value: two }), refused);
  });
});

describe("refusals", () => {
  const at = (operation: Json) => () => patch(ada, operation);
  it.each<[unknown, string]>([
    [null, "invalidSyntax"],
    [[], "invalidSyntax"],
    [{ Operations: [{ op: "add", path: "title", value: "x" }] }, "invalidSyntax"],
    [{ schemas: ["urn:x"], Operations: [{ op: "add", path: "title", value: "x" }] }, "invalidSyntax"],
    [{ schemas: [patchOpUrn] }, "invalidSyntax"],
    [{ schemas: [patchOpUrn], Operations: [] }, "invalidSyntax"],
    [{ schemas: [patchOpUrn], Operations: {} }, "invalidSyntax"],
    [{ schemas: [patchOpUrn], Operations: [null] }, "invalidSyntax"],
    [{ schemas: [patchOpUrn], operations: [{ op: "add", path: "title", value: "x" }] }, "invalidSyntax"],
  ])("of the message %j: %s", (body, scimType) => expectRefusal(() => parsePatch(userType, body), { scimType }));

  it.each<[JsonObject, string]>([
    [{}, "invalidSyntax"],
    [{ op: "Add", path: "title", value: "x" }, "invalidSyntax"],
    [{ op: "move", path: "title", value: "x" }, "invalidSyntax"],
    [{ op: 5, path: "title", value: "x" }, "invalidSyntax"],
    [{ op: "remove" }, "noTarget"],
    [{ op: "remove", value: { title: "x" } }, "noTarget"],
    [{ op: "add", path: "shoeSize", value: 1 }, "invalidPath"],
    [{ op: "add", path: "emails[", value: 1 }, "invalidFilter"],
    [{ op: "add", path: 'emails[type eq "work"].shoe', value: 1 }, "invalidPath"],
    [{ op: "remove", path: 'emails[type xx "work"]' }, "invalidFilter"],
    [{ op: "add", path: "", value: 1 }, "invalidPath"],
    [{ op: "add", path: 5, value: 1 }, "invalidPath"],
    [{ op: "add", path: "title" }, "invalidValue"],
    [{ op: "replace" }, "invalidValue"],
    [{ op: "add", value: "x" }, "invalidValue"],
    [{ op: "add", value: [] }, "invalidValue"],
    [{ op: "add", value: { shoeSize: 1 } }, "invalidSyntax"],
    [{ op: "add", value: { "name.givenName": "x" } }, "invalidSyntax"],
    [{ op: "add", value: { title: "x", Title: "y" } }, "invalidSyntax"],
    [{ op: "add", path: "name", value: { shoeSize: 1 } }, "invalidSyntax"],
    [{ op: "replace", path: "active", value: "False" }, "invalidValue"],
    [{ op: "replace", path: "active", value: [true] }, "invalidValue"],
    [{ op: "add", path: `${ENTERPRISE}:manager`, value: "m1" }, "invalidValue"],
    [{ op: "add", path: "emails", value: "x" }, "invalidValue"],
    [{ op: "replace", path: ENTERPRISE, value: "x" }, "invalidValue"],
    [{ op: "replace", path: "userName", value: "" }, "invalidValue"],
    [{ op: "replace", value: { userName: null } }, "invalidValue"],
    [{ op: "remove", path: "userName" }, "mutability"],
    [{ op: "replace", path: "id", value: "x" }, "mutability"],
    [{ op: "replace", value: { id: "x" } }, "mutability"],
    [{ op: "add", path: "meta.version", value: "x" }, "mutability"],
    [{ op: "add", path: "schemas", value: [ENTERPRISE] }, "mutability"],
    [{ op: "add", path: "groups", value: [{ value: "g1" }] }, "mutability"],
    [{ op: "remove", path: "groups" }, "mutability"],
    [{ op: "add", path: `${ENTERPRISE}:manager.displayName`, value: "x" }, "mutability"],
  ])("of the operation %j: %s", (operation, scimType) => expectRefusal(at(operation), { scimType }));

  it("of editing a member: it is added and removed, never edited (RFC 7643 §8.7.1)", () => {
    const group = { displayName: "g", members: [{ value: "u1" }] };
    const edit = (path: string, value: string) => () => patchGroup(group, { op: "replace", path, value });
    expectRefusal(edit('members[value eq "u1"].value', "u2"), { scimType: "mutability" });
    expectRefusal(edit('members[value eq "u1"].type', "Group"), { scimType: "mutability" });
    expectRefusal(edit('members[value eq "u1"].display', "x"), { scimType: "mutability" });
    expect(edit('members[value eq "u1"].value', "u1")()).toBe(group);
  });

  it("of more operations than the limit", () => {
    const many = message(...Array.from({ length: 1_001 }, () => ({ op: "remove", path: "title" })));
    expectRefusal(() => parsePatch(userType, many), { status: 413, scimType: undefined, detail: "1001 operations" });
    expect(parsePatch(userType, many, { operations: 1_001 })).toHaveLength(1_001);
  });

  it.each(hostileNames)("of %s, as path and as key", (name) => {
    const value = JSON.parse(`{${JSON.stringify(name)}:{"polluted":true}}`) as JsonObject;
    expectRefusal(at({ op: "add", path: name, value: { polluted: true } }), { scimType: "invalidPath" });
    expectRefusal(at({ op: "add", value }), { scimType: "invalidSyntax" });
    expectRefusal(at({ op: "add", path: "name", value }), { scimType: "invalidSyntax" });
    expectRefusal(at({ op: "add", path: "emails", value: [value] }), { scimType: "invalidSyntax" });
    expect(({} as JsonObject)["polluted"]).toBe(undefined);
  });

  it("of one operation undo those before it", () => {
    expectRefusal(() => patch(ada, { op: "add", path: "title", value: "x" }, { op: "remove", path: "userName" }), {
      scimType: "mutability",
    });
    expect(ada).not.toHaveProperty("title");
  });
});

describe("other characteristics", () => {
  const thing: ResourceType = {
    id: "Thing",
    name: "Thing",
    endpoint: "/Things",
    description: "",
    schema: schema("urn:example:Thing", "Thing", "", [
      string("serial", "", { mutability: "immutable" }),
      string("tags", "", { multiValued: true }),
      string("constructor", ""),
      complex("place", "", [
        string("site", "", { required: true }),
        string("code", "", { mutability: "immutable" }),
        string("pin", "", { mutability: "writeOnly" }),
      ]),
      multiValued("parts", "", [
        string("value", "", { required: true }),
        string("marks", "", { multiValued: true }),
        boolean("primary", ""),
      ]),
      multiValued("seats", "", [
        string("value", ""),
        string("code", "", { mutability: "immutable" }),
        string("note", ""),
      ]),
      complex("owner", "", [
        string("value", ""),
        reference("$ref", "", ["external"], { mutability: "immutable" }),
        string("tags", "", { multiValued: true }),
      ]),
    ]),
    extensions: [
      {
        schema: schema("urn:example:More", "More", "", [
          string("a", "", { required: true }),
          string("b", ""),
          complex("lot", "", [string("code", "", { mutability: "immutable" })]),
        ]),
        required: false,
      },
    ],
  };
  const patchThing = patchType(thing);

  it("immutable is set once", () => {
    expect(patchThing({}, { op: "add", path: "serial", value: "s1" })).toEqual({ serial: "s1" });
    const set = frozen({ serial: "s1", place: { site: "a", code: "c" } });
    expect(patchThing(set, { op: "replace", path: "serial", value: "s1" })).toBe(set);
    for (const operation of [
      { op: "replace", path: "serial", value: "s2" },
      { op: "remove", path: "serial" },
      { op: "replace", path: "place.code", value: "d" },
      { op: "add", path: "place", value: { code: "d" } },
      { op: "remove", path: "place.code" },
    ])
      expectRefusal(() => patchThing(set, operation), { scimType: "mutability" });
  });

  it("immutable stays when its complex attribute would go", () => {
    const set = frozen({ place: { site: "a", code: "c" }, "urn:example:More": { a: "1", lot: { code: "c" } } });
    const lot = "urn:example:More:lot";
    for (const operations of [
      [{ op: "remove", path: "place" }],
      [{ op: "replace", path: "place", value: null }],
      [
        { op: "remove", path: "place" },
        { op: "add", path: "place", value: { site: "a", code: "d" } },
      ],
      [{ op: "remove", path: lot }],
      [{ op: "remove", path: "urn:example:More" }],
    ])
      expectRefusal(() => patchThing(set, ...operations), { scimType: "mutability", detail: ".code" });
    expect(patchThing({ place: { site: "a" } }, { op: "remove", path: "place" })).toEqual({});
  });

  it("immutable stays in an element that is replaced, and goes with one that is removed", () => {
    const set = frozen({ seats: [{ value: "1", code: "c", note: "n" }, { value: "2" }] });
    const first = 'seats[value eq "1"]';
    for (const value of [{ value: "1" }, { value: "1", code: "c" }])
      expect(patchThing(set, { op: "replace", path: first, value })).toEqual({
        seats: [{ value: "1", code: "c" }, { value: "2" }],
      });
    for (const operation of [
      { op: "replace", path: first, value: { value: "1", code: "d" } },
      { op: "replace", path: "seats[value pr]", value: { value: "3", code: "d" } },
      { op: "replace", path: `${first}.code`, value: "d" },
      { op: "remove", path: `${first}.code` },
    ])
      expectRefusal(() => patchThing(set, operation), { scimType: "mutability", detail: "seats.code" });
    expect(patchThing(set, { op: "remove", path: first })).toEqual({ seats: [{ value: "2" }] });
    expect(patchThing(set, { op: "replace", path: first, value: null })).toEqual({ seats: [{ value: "2" }] });
    expect(patchThing(set, { op: "replace", path: "seats", value: [{ value: "1", code: "d" }] })).toEqual({
      seats: [{ value: "1", code: "d" }],
    });
    expect(patchThing(set, { op: "replace", path: 'seats[value eq "2"]', value: { value: "2", code: "e" } })).toEqual({
      seats: [
        { value: "1", code: "c", note: "n" },
        { value: "2", code: "e" },
      ],
    });
  });

  it("an immutable $ref holds fast the value that it belongs to", () => {
    const set = frozen({ owner: { value: "1", $ref: "https://x/1" } });
    expectRefusal(() => patchThing(set, { op: "replace", path: "owner.value", value: "2" }), {
      scimType: "mutability",
      detail: "owner.$ref",
    });
  });

  it("required sub-attributes and attributes of an extension are there when all is done", () => {
    expectRefusal(() => patchThing({}, { op: "add", path: "place.code", value: "c" }), {
      scimType: "invalidValue",
      detail: "place.site is required",
    });
    expectRefusal(
      () => patchThing({ "urn:example:More": { a: "1", lot: { code: "c" } } }, { op: "remove", path: "lot.code" }),
      { scimType: "mutability", detail: "urn:example:More:lot.code is immutable" },
    );
    expectRefusal(() => patchThing({ place: { site: "a" } }, { op: "remove", path: "place.site" }), {
      scimType: "mutability",
    });
    expectRefusal(() => patchThing({}, { op: "add", path: "parts", value: [{ marks: ["x"] }] }), {
      scimType: "invalidValue",
    });
    expectRefusal(() => patchThing({}, { op: "add", path: "urn:example:More:b", value: "c" }), {
      scimType: "invalidValue",
    });
    expect(
      patchThing(
        {},
        { op: "add", path: "urn:example:More:b", value: "c" },
        { op: "add", path: "urn:example:More:a", value: "d" },
      ),
    ).toEqual({ "urn:example:More": { b: "c", a: "d" } });
  });

  it("lists of simple values append, drop and replace", () => {
    const tagged = frozen({ tags: ["a", "b"] });
    expect(patchThing(tagged, { op: "add", path: "tags", value: ["b", "c"] })).toEqual({ tags: ["a", "b", "c"] });
    expect(patchThing(tagged, { op: "add", path: "tags", value: "c" })).toEqual({ tags: ["a", "b", "c"] });
    expect(patchThing(tagged, { op: "remove", path: "tags", value: ["B"] })).toEqual({ tags: ["a"] });
    expect(patchThing(tagged, { op: "replace", path: "tags", value: ["b", "a"] })).toBe(tagged);
    const parts = frozen({ parts: [{ value: "p", marks: ["x"] }] });
    expect(patchThing(parts, { op: "add", path: 'parts[value eq "p"].marks', value: ["y"] })).toEqual({
      parts: [{ value: "p", marks: ["x", "y"] }],
    });
    expect(patchThing(parts, { op: "remove", path: "parts.marks" })).toEqual({ parts: [{ value: "p" }] });
  });

  it("add to a complex value adds to its lists (RFC 7644 §3.5.2.1); replace replaces them", () => {
    const set = frozen({
      owner: { value: "1", tags: ["x"] },
      parts: [{ value: "p", marks: ["x"] }],
    });
    const owner = (op: string, value: Json) => patchThing(set, { op, path: "owner", value })["owner"];
    expect(owner("add", { tags: ["x", "y"] })).toEqual({ value: "1", tags: ["x", "y"] });
    expect(owner("replace", { tags: ["y"] })).toEqual({ value: "1", tags: ["y"] });
    expect(owner("add", { tags: null })).toEqual({ value: "1" });
    expect(patchThing(set, { op: "add", value: { owner: { tags: ["y"] } } })["owner"]).toEqual({
      value: "1",
      tags: ["x", "y"],
    });
    expect(patchThing(set, { op: "add", path: "owner", value: { tags: ["x"] } })).toBe(set);
    for (const operation of [
      { op: "add", path: 'parts[value eq "p"]', value: { marks: ["y"] } },
      { op: "add", path: "parts", value: [{ value: "p", marks: ["y"] }] },
    ])
      expect(patchThing(set, operation)["parts"]).toEqual([{ value: "p", marks: ["x", "y"] }]);
  });

  it("a list within a complex value may grow no longer than a PUT may make it", () => {
    const words = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `w${from + n}`);
    const full = { owner: { tags: words(0, 5_000) }, parts: [{ value: "p", marks: words(0, 5_000) }] };
    const added = { tags: words(5_000, 5_001), marks: words(5_000, 5_001) };
    for (const [path, value] of [
      ["owner.tags", added.tags],
      ["owner", { tags: added.tags }],
      ["parts.marks", added.marks],
      ['parts[value eq "p"].marks', added.marks],
      ['parts[value eq "p"]', { marks: added.marks }],
      ["parts", [{ value: "p", marks: added.marks }]],
    ] as const) {
      const name = path.startsWith("owner") ? "owner.tags" : "parts.marks";
      const tooMany = { status: 413, scimType: undefined, detail: `${name} has 5001 elements` };
      expectRefusal(() => patchThing(full, { op: "add", path, value: value as Json }), tooMany);
      const repeated = JSON.parse(JSON.stringify(value).replaceAll("w5000", "w4999"));
      expect(patchThing(full, { op: "add", path, value: repeated })).toEqual(full);
    }
    const over = { owner: { tags: words(0, 6_000) } };
    const less = [{ op: "remove", path: "owner.tags", value: ["w0"] }] as const;
    const accepts = { schemas: [patchOpUrn], Operations: less as unknown as Json[] };
    const operations = parsePatch(thing, accepts, defaultPatchLimits, () => true);
    expect(applyPatch(thing, over, operations)).toEqual({ owner: { tags: words(1, 6_000) } });
  });

  it("a prototype's name is a name like any other", () =>
    expect(patchThing({}, { op: "add", path: "constructor", value: "x" })).toEqual({ constructor: "x" }));

  it("writeOnly values are checked, named, and go no further", () => {
    const [password, pin, place] = parsePatch(
      userType,
      message({ op: "replace", path: "password", value: "secret" }),
    ).concat(parsePatch(thing, message({ op: "add", path: "place", value: { site: "a", pin: "1234" } })));
    expect(password).toEqual({ op: "replace", path: expect.objectContaining({ text: "password" }) });
    expect(place).toMatchObject({ path: { text: "place" }, value: { site: "a" } });
    expect(pin).toEqual({ op: "add", path: expect.objectContaining({ text: "place.pin" }) });
    expect([password, place, pin].map((one) => one && namesSecret(one))).toEqual([true, false, true]);
    expect(patchThing({}, { op: "add", path: "place", value: { site: "a", pin: "1234" } })).toEqual({
      place: { site: "a" },
    });
    expectRefusal(() => patch(ada, { op: "replace", path: "password", value: 5 }), { scimType: "invalidValue" });
  });
});
