// What a POST or PUT body becomes (RFC 7643 §2, §3; RFC 7644 §3.3, §3.5.1).
import { describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../../src/scim/json.ts";
import { parseResource, replacement } from "../../src/scim/resource/parse.ts";
import { schemasOf } from "../../src/scim/resource/schemas.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import {
  binary,
  boolean,
  complex,
  dateTime,
  decimal,
  integer,
  multiValued,
  reference,
  schema,
  string,
} from "../../src/scim/schema/define.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { hostileNames } from "./arbitraries.ts";
import { expectRefusal, frozen, wire } from "./refusal.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

const user = (attributes: JsonObject, schemas: string[] = [USER]) =>
  parseResource(userType, frozen({ schemas, userName: "ada", ...attributes }), "create").attributes;
const group = (attributes: JsonObject) =>
  parseResource(groupType, frozen({ schemas: [GROUP], displayName: "g", ...attributes }), "create").attributes;

/** A type with one attribute of every kind. */
const thing: ResourceType = {
  id: "Thing",
  name: "Thing",
  endpoint: "/Things",
  description: "",
  schema: schema("urn:example:Thing", "Thing", "", [
    boolean("flag", ""),
    integer("count", ""),
    decimal("ratio", ""),
    dateTime("since", ""),
    binary("blob", ""),
    reference("link", "", ["external"]),
    string("tags", "", { multiValued: true }),
    string("serial", "", { mutability: "immutable" }),
    complex("place", "", [
      string("site", "", { required: true }),
      string("room", ""),
      string("code", "", { mutability: "immutable" }),
    ]),
    complex("lot", "", [string("code", "", { mutability: "immutable" }), string("note", "")]),
    complex("case", "", [string("code", "", { mutability: "immutable", required: true }), string("note", "")]),
    multiValued("parts", "", [string("value", "", { required: true }), string("note", "")]),
    string("constructor", ""),
  ]),
  extensions: [],
};
const parseThing = (attributes: JsonObject, current?: JsonObject) =>
  parseResource(thing, { schemas: ["urn:example:Thing"], ...attributes }, current ? "replace" : "create", current)
    .attributes;

/** A replacement as the edge reads it, which does not know what it replaces. */
const parseLater = (attributes: JsonObject): JsonObject =>
  parseResource(thing, { schemas: ["urn:example:Thing"], ...attributes }, "replace").attributes;

describe("names", () => {
  it("come out in schema case, whatever case they came in", () =>
    expect(
      parseResource(
        userType,
        wire(
          `{"SCHEMAS":["URN:ietf:params:scim:schemas:core:2.0:user","${ENTERPRISE.toUpperCase()}"],"USERNAME":"ada",
            "Name":{"GIVENNAME":"Ada"},"EMAILS":[{"Value":"a@b.c","TYPE":"Work"}],"${ENTERPRISE.toUpperCase()}":{"DEPARTMENT":"R&D"}}`,
        ),
        "create",
      ).attributes,
    ).toEqual({
      userName: "ada",
      name: { givenName: "Ada" },
      emails: [{ value: "a@b.c", type: "Work" }],
      [ENTERPRISE]: { department: "R&D" },
    }));

  it.each(['{"userName":"a","username":"b"}', '{"USERNAME":"a","UserName":"b"}'])("%s says two things", (text) =>
    expectRefusal(() => user(wire(text) as JsonObject), { scimType: "invalidSyntax", detail: "the same attribute" }),
  );

  it("that differ only in case are refused within complex values and extensions, even if one is empty", () => {
    const twins = { scimType: "invalidSyntax", detail: "the same attribute" };
    expectRefusal(() => user({ name: { givenName: "a", GivenName: null } }), twins);
    expectRefusal(() => group({ members: [{ value: "u1", Value: "u2" }] }), twins);
    expectRefusal(() => user({ [ENTERPRISE]: { department: "a", Department: "a" } }, [USER, ENTERPRISE]), twins);
    expectRefusal(() => user({ [ENTERPRISE]: {}, [ENTERPRISE.toLowerCase()]: {} }, [USER, ENTERPRISE]), twins);
  });

  it("that no schema has are refused by name", () => {
    expectRefusal(() => user({ shoeSize: 42 }), { scimType: "invalidSyntax", detail: "“shoeSize”" });
    expectRefusal(() => user({ name: { nick: "a" } }), { scimType: "invalidSyntax", detail: "“nick”" });
    expectRefusal(() => user({ [ENTERPRISE]: { shoe: 1 } }, [USER, ENTERPRISE]), { scimType: "invalidSyntax" });
    expectRefusal(() => user({ ["x".repeat(100_000)]: 1 }), { scimType: "invalidSyntax", detail: "x…”" });
  });

  it.each(hostileNames)("%s is an unknown name like any other, at every depth", (name) => {
    const before = Object.getOwnPropertyNames(Object.prototype).length;
    const at = (text: string) => () => parseResource(userType, wire(text), "create");
    const refused = { scimType: "invalidSyntax" };
    const key = JSON.stringify(name);
    expectRefusal(at(`{"schemas":["${USER}"],"userName":"a",${key}:{"polluted":1}}`), refused);
    expectRefusal(at(`{"schemas":["${USER}"],"userName":"a","name":{${key}:{"polluted":1}}}`), refused);
    expectRefusal(at(`{"schemas":["${USER}"],"userName":"a","emails":[{${key}:{"polluted":1}}]}`), refused);
    expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(before);
    expect(({} as JsonObject)["polluted"]).toBe(undefined);
  });

  it("may be a prototype's, if the schema says so", () => {
    expect(parseThing({ CONSTRUCTOR: "x" })).toEqual({ constructor: "x" });
    expect(Object.hasOwn(parseThing({}), "constructor")).toBe(false);
  });
});

describe("values", () => {
  it.each<[JsonObject, string]>([
    [{ active: "true" }, "active must be a boolean (true or false), not a string"],
    [{ active: 1 }, "not a number"],
    [{ userName: 5 }, "userName must be a string, not a number"],
    [{ nickName: {} }, "not an object"],
    [{ name: "Ada" }, "name must be a complex value"],
    [{ name: ["Ada"] }, "not an array"],
    [{ name: { givenName: ["Ada"] } }, "name.givenName must be a string, not an array"],
    [{ emails: { value: "a" } }, "emails must be an array"],
    [{ emails: ["a"] }, "emails must be an array whose elements are each a complex value"],
    [{ emails: [{ primary: "True" }] }, "emails.primary must be a boolean"],
    [{ photos: [{ value: 1 }] }, "photos.value must be a reference"],
    [{ x509Certificates: [{ value: "no base64!" }] }, "x509Certificates.value must be a binary value in base64"],
    [{ nickName: "\ud800" }, "surrogate"],
    [{ password: 12345 }, "password must be a string"],
  ])("%j are refused: %s", (attributes, detail) =>
    expectRefusal(() => user(attributes), { scimType: "invalidValue", detail }),
  );

  it.each<[JsonObject, string]>([
    [{ flag: "x" }, "flag must be a boolean"],
    [{ count: 1.5 }, "count must be an integer"],
    [{ count: 2 ** 53 }, "count is a number that no double (IEEE 754) holds"],
    [{ count: Number.POSITIVE_INFINITY }, "count is a number that no double (IEEE 754) holds"],
    [{ ratio: Number.NEGATIVE_INFINITY }, "ratio is a number that no double (IEEE 754) holds"],
    [{ count: "1" }, "count must be an integer"],
    [{ ratio: "1.5" }, "ratio must be a decimal"],
    [{ since: "2024-01-01" }, "since must be an xsd:dateTime"],
    [{ since: "yesterday" }, "since must be an xsd:dateTime"],
    [{ blob: "a" }, "blob must be a binary"],
    [{ blob: "ab=c" }, "blob must be a binary"],
    [{ link: 1 }, "link must be a reference"],
    [{ tags: "one" }, "tags must be an array"],
    [{ tags: [1] }, "tags must be an array whose elements are each a string"],
  ])("%j are refused: %s", (attributes, detail) =>
    expectRefusal(() => parseThing(attributes), { scimType: "invalidValue", detail }),
  );

  it("of every type are kept as they came", () => {
    const values = {
      flag: false,
      count: -3,
      ratio: 1.5,
      since: "2011-05-13T04:42:34.123+02:00",
      blob: "_-8",
      link: "https://example.com/x",
      tags: ["b", "a"],
    };
    expect(parseThing(values)).toEqual(values);
    expect(parseThing({ blob: "QQ==" })).toEqual({ blob: "QQ==" });
    expect(Object.is(parseThing({ count: -0 })["count"], 0)).toBe(true);
  });

  it("that no schema suggests are kept: canonical values are suggestions (RFC 7643 §7)", () =>
    expect(user({ emails: [{ value: "a", type: "boat" }] })["emails"]).toEqual([{ value: "a", type: "boat" }]));

  it.each<[JsonObject]>([
    [{ nickName: null, title: "", emails: [], name: {}, active: null, roles: null, locale: "" }],
    [
      {
        name: { givenName: null, familyName: "" },
        emails: [null, {}, { value: null }],
        addresses: [{ country: "" }],
      },
    ],
    [{ [ENTERPRISE]: { division: "", department: null } }],
    [{ [ENTERPRISE]: { manager: { value: "", $ref: null } } }],
    [{ [ENTERPRISE]: null }],
  ])("%j assign nothing", (attributes) => expect(user(attributes, [USER, ENTERPRISE])).toEqual({ userName: "ada" }));

  it("that are readOnly are ignored, even if they are wrong", () =>
    expect(
      user(
        {
          id: 5,
          meta: { resourceType: "Group", no: 1 },
          groups: "x",
          [ENTERPRISE]: { manager: { value: "m1", displayName: "x" } },
        },
        [USER, ENTERPRISE],
      ),
    ).toEqual({ userName: "ada", [ENTERPRISE]: { manager: { value: "m1" } } }));

  it("of a list are kept once, whatever the order of their sub-attributes", () =>
    expect(
      user({
        emails: [
          { value: "a", type: "work" },
          { type: "work", value: "a" },
          { value: "a", type: "home" },
        ],
      })["emails"],
    ).toEqual([
      { value: "a", type: "work" },
      { value: "a", type: "home" },
    ]));

  it("may have one primary, not two (RFC 7643 §2.4)", () => {
    const emails = (...primary: boolean[]) => ({ emails: primary.map((one, i) => ({ value: `${i}`, primary: one })) });
    expect(user(emails(true, false))["emails"]).toHaveLength(2);
    expectRefusal(() => user(emails(true, true)), { scimType: "invalidValue", detail: "emails has 2 elements" });
  });

  it("never come out as a password: that it was there is all that does", () => {
    const parsed = (password: string | null) =>
      parseResource(userType, { schemas: [USER], userName: "ada", password }, "create");
    expect(parsed("1mz050nq")).toEqual({ attributes: { userName: "ada" }, secrets: ["password"] });
    expect(parsed("")).toEqual({ attributes: { userName: "ada" }, secrets: [] });
  });
});

describe("required attributes", () => {
  const refused = (detail: string) => ({ scimType: "invalidValue", detail });
  it("must be there and not be empty", () => {
    for (const userName of [null, ""]) expectRefusal(() => user({ userName }), refused("userName is required"));
    expectRefusal(() => parseResource(userType, { schemas: [USER] }, "create"), refused("userName is required"));
    expectRefusal(() => parseResource(groupType, { schemas: [GROUP] }, "replace"), refused("displayName is required"));
    expectRefusal(() => parseThing({ place: { room: "1" } }), refused("place.site is required"));
    expectRefusal(() => parseThing({ parts: [{ value: "1" }, { note: "1" }] }), refused("parts.value is required"));
  });
});

describe("schemas", () => {
  const body = (schemas: unknown) => () => parseResource(userType, { schemas, userName: "ada" }, "create");
  it.each([
    [undefined],
    [null],
    ["x"],
    [[]],
    [[5]],
    [[ENTERPRISE]],
    [[USER, "urn:scim:schemas:core:1.0"]],
    [{ 0: USER }],
  ])("%j are refused", (schemas) => expectRefusal(body(schemas), { scimType: "invalidSyntax", detail: "schemas" }));

  it("must list the extensions of which there are values", () => {
    expectRefusal(() => user({ [ENTERPRISE]: { department: "x" } }), { scimType: "invalidValue", detail: ENTERPRISE });
    expect(user({}, [ENTERPRISE, USER])).toEqual({ userName: "ada" });
  });

  it("are computed from the attributes", () => {
    expect(schemasOf(userType, { userName: "ada" })).toEqual([USER]);
    expect(schemasOf(userType, { [ENTERPRISE]: { department: "x" } })).toEqual([USER, ENTERPRISE]);
  });

  it.each([[null], [[]], ["x"], [5], [undefined]])("need a body that is an object, not %j", (none) =>
    expectRefusal(() => parseResource(userType, none, "create"), { scimType: "invalidSyntax" }),
  );
});

describe("members", () => {
  it("keep their value; $ref, type and display follow from it", () =>
    expect(
      group({
        members: [
          { value: "u1", $ref: "https://x/Users/u1", type: "User", display: "Ada" },
          { $ref: null, value: "u2" },
          { Value: "u1" },
        ],
      })["members"],
    ).toEqual([{ value: "u1" }, { value: "u2" }]));

  it.each([
    [null],
    [""],
    [{}],
    [{ value: null }],
    [{ value: "" }],
    [{ value: 5 }],
    [{ display: "Ada" }],
    [["u1"]],
    ["u1"],
  ])("%j names nobody", (member) =>
    expectRefusal(() => group({ members: [{ value: "u1" }, member] }), { scimType: "invalidValue" }),
  );

  it("may be 100 000, quickly, and not one more", () => {
    const members = Array.from({ length: 100_000 }, (_, i) => ({ value: `u${i % 99_999}` }));
    const start = performance.now();
    expect(group({ members })["members"]).toHaveLength(99_999);
    expect(performance.now() - start).toBeLessThan(2_000);
    expectRefusal(() => group({ members: [...members, { value: "x" }] }), { status: 413, scimType: undefined });
  });
});

describe("a replacement", () => {
  const current = frozen({ serial: "s1", place: { site: "a", code: "c1" } });
  it("keeps what is immutable, repeated or left out", () => {
    expect(parseThing({ place: { site: "b" } }, current)).toEqual({ serial: "s1", place: { site: "b", code: "c1" } });
    expect(parseThing({ serial: "new" }, {})).toEqual({ serial: "new" });
  });
  it("keeps what is immutable in a complex attribute that it leaves out", () => {
    const set = frozen({ lot: { code: "c1", note: "n" } });
    for (const attributes of [{}, { lot: null }, { lot: {} }] as JsonObject[])
      expect(parseThing(attributes, set)).toEqual({ lot: { code: "c1" } });
    expect(parseThing({}, frozen({ lot: { note: "n" } }))).toEqual({});
    expect(replacement(thing, {}, set)).toEqual({ lot: { code: "c1" } });
    expectRefusal(() => parseThing({ serial: "s1" }, current), { scimType: "invalidValue", detail: "place.site" });
  });
  it("keeps it also where it is required", () => {
    const set = frozen({ case: { code: "c1", note: "n" } });
    for (const given of [undefined, null, {}, { note: null }, { code: "c1" }])
      expect(parseThing(given === undefined ? {} : { case: given }, set)).toEqual({ case: { code: "c1" } });
    expect(parseThing({ case: { note: "o" } }, set)).toEqual({ case: { code: "c1", note: "o" } });
    expect(replacement(thing, parseLater({ case: { note: "o" } }), set)).toEqual({ case: { code: "c1", note: "o" } });
    const missing = { scimType: "invalidValue", detail: "case.code is required" };
    for (const current of [{}, { lot: { code: "c1" } }]) {
      expectRefusal(() => parseThing({ case: { note: "o" } }, current), missing);
      expectRefusal(() => replacement(thing, parseLater({ case: { note: "o" } }), current), missing);
    }
    expectRefusal(() => parseThing({ case: { note: "o" } }), missing);
    expectRefusal(() => parseThing({ case: { code: null, note: "o" } }, set), { scimType: "invalidValue" });
    expectRefusal(() => parseThing({ case: { code: "c2" } }, set), { scimType: "mutability" });
  });
  it("that says otherwise is refused", () => {
    expectRefusal(() => parseThing({ serial: "s2" }, current), { scimType: "mutability", detail: "serial" });
    expectRefusal(() => parseThing({ place: { site: "b", code: "c2" } }, current), { scimType: "mutability" });
  });
});
