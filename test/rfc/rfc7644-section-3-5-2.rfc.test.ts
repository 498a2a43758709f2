// RFC 7644 §3.5.2, PATCH.
import { describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../../src/scim/json.ts";
import { patchOpUrn } from "../../src/scim/messages.ts";
import { parsePatch } from "../../src/scim/patch/operations.ts";
import { schemasOf } from "../../src/scim/resource/schemas.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { expectRefusal, frozen } from "../scim/refusal.ts";
import { ENTERPRISE, type Operation, patchedGroup, patchedUser, USER } from "./engine.ts";
import { bjensen } from "./samples.ts";

const smith = "08e1d05d-121c-4561-8b96-473d93df9210";
const member = (value: string, display: string): JsonObject => ({
  display,
  $ref: `https://example.com/v2/Users/${value}`,
  value,
});
const babs = member(bjensen, "Babs Jensen");
const james = member(smith, "James Smith");

const valuesOf = (group: JsonObject) => ((group["members"] ?? []) as JsonObject[]).map(({ value }) => value);
const refused = (scimType: string, user: JsonObject, ...operations: Operation[]) =>
  expectRefusal(() => patchedUser(user, ...operations), { scimType });

describe("the message", () => {
  const parse = (body: unknown) => parsePatch(userType, frozen(body));
  const operation = { op: "add", path: "title", value: "a" };

  it("“MUST contain the ‘schemas’ attribute with the URI value of ‘urn:ietf:params:scim:api:messages:2.0:PatchOp’”", () => {
    for (const schemas of [undefined, null, [], USER, [USER], patchOpUrn, {}])
      expectRefusal(() => parse({ ...(schemas === undefined ? {} : { schemas }), Operations: [operation] }), {
        scimType: "invalidSyntax",
      });
  });

  it("“MUST contain the attribute ‘Operations’, whose value is an array of one or more PATCH operations”", () => {
    for (const Operations of [undefined, null, [], {}, operation, "add", [null], ["add"], [[]], [[operation]]])
      expectRefusal(() => parse({ schemas: [patchOpUrn], ...(Operations === undefined ? {} : { Operations }) }), {
        scimType: "invalidSyntax",
      });
    for (const body of [null, [], "x", 1]) expectRefusal(() => parse(body), { scimType: "invalidSyntax" });
  });

  it("“Each PATCH operation object MUST have exactly one ‘op’ member … one of ‘add’, ‘remove’, or ‘replace’.”", () => {
    for (const op of [undefined, null, "", "move", "test", "copy", "__proto__", "toString", 1, ["add"]])
      expectRefusal(() => parse({ schemas: [patchOpUrn], Operations: [{ ...operation, op }] }), {
        scimType: "invalidSyntax",
      });
  });

  it("“The ‘path’ attribute value is a String containing an attribute path”", () => {
    for (const path of [1, {}, ["title"], true])
      expectRefusal(() => parse({ schemas: [patchOpUrn], Operations: [{ ...operation, path }] }), {
        scimType: expect.stringMatching(/invalidPath|invalidSyntax/) as never,
      });
  });

  it("figure 7: “PATH = attrPath / valuePath [subAttr]”", () => {
    for (const path of [
      " ",
      "members[",
      "emails[]",
      "emails[type]",
      'emails[type eq "work"',
      'emails[type eq "work"]]',
      'emails[type eq "work"]value',
      'emails[type eq "work"].',
      'emails[type eq "work"]..value',
      'emails[type eq "work"].value.value',
      'emails[type eq "work"].value[type eq "work"]',
      'emails[type eq "work"].unknown',
      "emails.unknown",
      "emails.",
      ".value",
      "unknown",
      "title pr",
      "title.value",
      "name.givenName.x",
      "$.title",
      "/title",
      "emails[0]",
      "emails/0/value",
      'name.givenName[value eq "a"]',
      'title[value eq "a"]',
      `${ENTERPRISE}:`,
      `${ENTERPRISE}.department`,
      `${ENTERPRISE}:title`,
      "urn:example:x:title",
    ])
      expectRefusal(
        () => patchedUser({ emails: [{ value: "a", type: "work" }] }, { op: "replace", path, value: "a" }),
        {
          scimType: expect.stringMatching(/^invalid(Path|Filter)$/) as never,
        },
      );
  });
});

describe("§3.5.2.1 add", () => {
  it("example: “how to add a member to a group”", () => {
    const group = patchedGroup({ members: [{ value: smith }] }, { op: "add", path: "members", value: [babs] });
    expect(valuesOf(group)).toEqual([smith, bjensen]);
  });

  it("example: “how to add one or more attributes to a User resource without using a ‘path’ attribute”", () => {
    const value = { emails: [{ value: "babs@jensen.org", type: "home" }], nickname: "Babs" };
    const emails = [{ value: "bjensen@example.com", type: "work" }];
    expect(patchedUser({ emails }, { op: "add", value })).toEqual({
      userName: "bjensen",
      emails: [...emails, ...value.emails],
      nickName: "Babs",
    });
  });

  it("“The operation MUST contain a ‘value’ member”", () => {
    for (const path of [undefined, "title", "emails", 'emails[type eq "work"]', "name.givenName"])
      for (const op of ["add", "replace"])
        expectRefusal(() => patchedUser({}, path === undefined ? { op } : { op, path }), {
          scimType: expect.stringMatching(/^invalid(Value|Syntax)$/) as never,
        });
  });

  it("“The ‘value’ parameter contains a set of attributes to be added to the resource.”", () => {
    for (const value of ["a", 1, [{ title: "a" }], true]) refused("invalidValue", {}, { op: "add", value });
    expect(patchedUser({}, { op: "add", value: { [ENTERPRISE]: { division: "D" } } })).toEqual({
      userName: "bjensen",
      [ENTERPRISE]: { division: "D" },
    });
  });

  it("“If the target location does not exist, the attribute and value are added.”", () => {
    expect(patchedUser({}, { op: "add", path: "title", value: "Guide" })).toMatchObject({ title: "Guide" });
    expect(patchedUser({}, { op: "add", path: "name.givenName", value: "B" })).toMatchObject({
      name: { givenName: "B" },
    });
    expect(patchedUser({}, { op: "add", path: "emails", value: [{ value: "a@b" }] })).toMatchObject({
      emails: [{ value: "a@b" }],
    });
  });

  it("“If the target location specifies a complex attribute, a set of sub-attributes SHALL be specified in the ‘value’ parameter.”", () => {
    const user = { name: { givenName: "B", familyName: "J" } };
    expect(patchedUser(user, { op: "add", path: "name", value: { givenName: "Barbara" } })).toMatchObject({
      name: { givenName: "Barbara", familyName: "J" },
    });
    for (const value of ["B", 1, ["B"]]) refused("invalidValue", user, { op: "add", path: "name", value });
  });

  it("“If the target location specifies a multi-valued attribute, a new value is added to the attribute.”", () => {
    const emails = [{ value: "a@b", type: "work" }];
    const added = [...emails, { value: "c@d" }];
    expect(patchedUser({ emails }, { op: "add", path: "emails", value: [{ value: "c@d" }] })["emails"]).toEqual(added);
    expect(patchedUser({ emails }, { op: "add", path: "emails", value: { value: "c@d" } })["emails"]).toEqual(added);
  });

  it("“If the target location specifies a single-valued attribute, the existing value is replaced.”", () => {
    expect(patchedUser({ title: "a" }, { op: "add", path: "title", value: "b" })).toMatchObject({ title: "b" });
  });

  it("“If the target location already contains the value specified, no changes SHOULD be made … SHALL NOT change the modify timestamp”", () => {
    const user = frozen({
      userName: "bjensen",
      title: "Guide",
      name: { givenName: "B", familyName: "J" },
      emails: [{ value: "a@b", type: "work", primary: true }, { value: "c@d" }],
      [ENTERPRISE]: { division: "D" },
    });
    for (const operation of [
      { op: "add", path: "title", value: "Guide" },
      { op: "add", path: "name", value: { givenName: "B" } },
      { op: "add", path: "name", value: {} },
      { op: "add", path: "emails", value: [{ type: "work", value: "a@b", primary: true }] },
      { op: "add", path: "emails", value: [{ value: "c@d" }] },
      { op: "add", path: 'emails[type eq "work"].value', value: "a@b" },
      { op: "add", path: 'emails[type eq "work"]', value: { value: "a@b" } },
      { op: "add", path: "emails", value: [] },
      { op: "replace", path: "emails", value: [{ value: "c@d" }, { value: "a@b", type: "work", primary: true }] },
      { op: "add", path: `${ENTERPRISE}:division`, value: "D" },
      { op: "add", value: { title: "Guide", [ENTERPRISE]: { division: "D" } } },
      { op: "remove", path: "nickName" },
      { op: "remove", path: 'emails[type eq "other"]' },
      { op: "remove", path: "name.middleName" },
    ])
      expect([operation, patchedUser(user, operation)]).toEqual([operation, user]);
  });
});

describe("§3.5.2.2 remove", () => {
  const members = [{ value: bjensen }, { value: smith }];

  it("“If ‘path’ is unspecified, the operation fails with HTTP status code 400 and a ‘scimType’ error code of ‘noTarget’.”", () => {
    refused("noTarget", {}, { op: "remove" });
    refused("noTarget", {}, { op: "remove", value: { title: "a" } });
  });

  it("“If the target location is a single-value attribute, the attribute and its associated value is removed”", () => {
    expect(patchedUser({ title: "a" }, { op: "remove", path: "title" })).toEqual({ userName: "bjensen" });
    expect(patchedUser({ name: { givenName: "B" } }, { op: "remove", path: "name" })).toEqual({ userName: "bjensen" });
    expect(patchedUser({ name: { givenName: "B" } }, { op: "remove", path: "name.givenName" })).toEqual({
      userName: "bjensen",
    });
    const two = { [ENTERPRISE]: { division: "D", manager: { value: "m" } } };
    expect(patchedUser(two, { op: "remove", path: `${ENTERPRISE}:manager` })).toEqual({
      userName: "bjensen",
      [ENTERPRISE]: { division: "D" },
    });
    expect(patchedUser({ [ENTERPRISE]: { division: "D" } }, { op: "remove", path: `${ENTERPRISE}:division` })).toEqual({
      userName: "bjensen",
    });
  });

  it("example: “how to remove a member from a group”", () => {
    expect(valuesOf(patchedGroup({ members }, { op: "remove", path: `members[value eq "${bjensen}"]` }))).toEqual([
      smith,
    ]);
  });

  it("example: “Remove all members of a group”", () => {
    expect(patchedGroup({ members }, { op: "remove", path: "members" })).toEqual({ displayName: "Tour Guides" });
  });

  it("example: “Removal of a value from a complex multi-valued attribute”", () => {
    const emails = [
      { type: "work", value: "a@example.com" },
      { type: "work", value: "a@example.org" },
      { type: "home", value: "b@example.com" },
    ];
    const path = 'emails[type eq "work" and value ew "example.com"]';
    expect(patchedUser({ emails }, { op: "remove", path })["emails"]).toEqual(emails.slice(1));
  });

  it("“Example request to remove and add a member”", () => {
    const operations = [
      { op: "remove", path: `members[value eq "${bjensen}"]` },
      { op: "add", path: "members", value: [james] },
    ];
    expect(valuesOf(patchedGroup({ members: [{ value: bjensen }] }, ...operations))).toEqual([smith]);
  });

  it("example: “how to replace all of the members of a group” by remove and add", () => {
    const operations = [
      { op: "remove", path: "members" },
      { op: "add", path: "members", value: [babs, james] },
    ];
    expect(valuesOf(patchedGroup({ members: [{ value: "x" }] }, ...operations))).toEqual([bjensen, smith]);
  });

  it("“If no other values remain after removal …, the multi-valued attribute SHALL be considered unassigned.”", () => {
    const emails = [{ type: "work", value: "a@b" }];
    expect(patchedUser({ emails }, { op: "remove", path: 'emails[type eq "work"]' })).toEqual({ userName: "bjensen" });
    expect(patchedUser({ emails: [{ value: "a@b" }] }, { op: "remove", path: "emails[value pr].value" })).toEqual({
      userName: "bjensen",
    });
  });

  it("“Sub-attributes whose values have been removed SHALL be considered unassigned.”", () => {
    const emails = [
      { type: "work", value: "a@b" },
      { type: "home", value: "c@d" },
    ];
    expect(patchedUser({ emails }, { op: "remove", path: 'emails[type eq "work"].type' })["emails"]).toEqual([
      { value: "a@b" },
      emails[1],
    ]);
    expect(patchedUser({ emails }, { op: "remove", path: "emails.type" })["emails"]).toEqual([
      { value: "a@b" },
      { value: "c@d" },
    ]);
  });

  it("“removed or becomes unassigned and is defined as a required attribute or a read-only attribute … ‘mutability’”", () => {
    refused("mutability", {}, { op: "remove", path: "userName" });
    for (const path of ["id", "meta", "meta.version", "groups", 'groups[value eq "g"]', "groups.display", "schemas"])
      refused("mutability", {}, { op: "remove", path });
  });
});

describe("§3.5.2.3 replace", () => {
  const work = { type: "work", streetAddress: "1 A St", locality: "B" };
  const home = { type: "home", streetAddress: "2 C St" };
  const universal = {
    type: "work",
    streetAddress: "911 Universal City Plaza",
    locality: "Hollywood",
    region: "CA",
    postalCode: "91608",
    country: "US",
    formatted: "911 Universal City Plaza\nHollywood, CA 91608 US",
    primary: true,
  };

  it("example: “how to replace all of the members of a group with a different members list”", () => {
    const group = patchedGroup({ members: [{ value: "x" }] }, { op: "replace", path: "members", value: [babs, james] });
    expect(valuesOf(group)).toEqual([bjensen, smith]);
  });

  it("example: “how to change a User's entire ‘work’ address, using a ‘valuePath’ filter”", () => {
    const operation = { op: "replace", path: 'addresses[type eq "work"]', value: universal };
    expect(patchedUser({ addresses: [work, home] }, operation)["addresses"]).toEqual([universal, home]);
  });

  it("example: “how to change a specific sub-attribute ‘streetAddress’ of complex attribute ‘emails’ [addresses] selected by a ‘valuePath’ filter”", () => {
    const operation = { op: "replace", path: 'addresses[type eq "work"].streetAddress', value: "1010 Broadway Ave" };
    expect(patchedUser({ addresses: [work, home] }, operation)["addresses"]).toEqual([
      { ...work, streetAddress: "1010 Broadway Ave" },
      home,
    ]);
  });

  it("example: “how to replace all values of one or more specific attributes of a User resource”", () => {
    const value = {
      emails: [
        { value: "bjensen@example.com", type: "work", primary: true },
        { value: "babs@jensen.org", type: "home" },
      ],
      nickname: "Babs",
    };
    const user = { emails: [{ value: "old@example.com" }], nickName: "B", title: "kept" };
    expect(patchedUser(user, { op: "replace", value })).toEqual({
      userName: "bjensen",
      emails: value.emails,
      nickName: "Babs",
      title: "kept",
    });
  });

  it("“If the target location is a single-value attribute, the attributes value is replaced.”", () => {
    expect(patchedUser({ title: "a" }, { op: "replace", path: "title", value: "b" })).toMatchObject({ title: "b" });
  });

  it("“If the target location path specifies an attribute that does not exist, the service provider SHALL treat the operation as an ‘add’.”", () => {
    expect(patchedUser({}, { op: "replace", path: "title", value: "b" })).toMatchObject({ title: "b" });
    expect(patchedUser({}, { op: "replace", path: "name.givenName", value: "b" })).toMatchObject({
      name: { givenName: "b" },
    });
    expect(patchedUser({}, { op: "replace", path: "emails", value: [{ value: "a" }] })).toMatchObject({
      emails: [{ value: "a" }],
    });
    expect(patchedUser({}, { op: "replace", path: `${ENTERPRISE}:manager.value`, value: "m" })).toMatchObject({
      [ENTERPRISE]: { manager: { value: "m" } },
    });
  });

  it("“Sub-attributes that are not specified in the ‘value’ parameter are left unchanged.”", () => {
    const user = { name: { givenName: "B", familyName: "J" } };
    expect(patchedUser(user, { op: "replace", path: "name", value: { givenName: "C" } })["name"]).toEqual({
      givenName: "C",
      familyName: "J",
    });
    expect(patchedUser(user, { op: "replace", value: { name: { givenName: "C" } } })["name"]).toEqual({
      givenName: "C",
      familyName: "J",
    });
    const employed = { [ENTERPRISE]: { division: "D", department: "E" } };
    expect(patchedUser(employed, { op: "replace", value: { [ENTERPRISE]: { division: "F" } } })[ENTERPRISE]).toEqual({
      division: "F",
      department: "E",
    });
    expect(patchedUser(employed, { op: "replace", path: ENTERPRISE, value: { division: "F" } })[ENTERPRISE]).toEqual({
      division: "F",
      department: "E",
    });
  });

  it("“all matching record values SHALL be replaced”; “the matching sub-attribute of all matching records is replaced”", () => {
    const emails = [
      { type: "work", value: "a" },
      { type: "work", value: "b" },
      { type: "home", value: "c" },
    ];
    expect(
      patchedUser({ emails }, { op: "replace", path: 'emails[type eq "work"].display', value: "W" })["emails"],
    ).toEqual([
      { type: "work", value: "a", display: "W" },
      { type: "work", value: "b", display: "W" },
      { type: "home", value: "c" },
    ]);
    expect(
      patchedUser({ emails }, { op: "replace", path: 'emails[not (type eq "home")].type', value: "other" })["emails"],
    ).toEqual([
      { type: "other", value: "a" },
      { type: "other", value: "b" },
      { type: "home", value: "c" },
    ]);
  });

  it("“no record match was made … HTTP status code 400 and a ‘scimType’ error code of ‘noTarget’”", () => {
    refused("noTarget", { addresses: [home] }, { op: "replace", path: 'addresses[type eq "work"]', value: universal });
    refused(
      "noTarget",
      { addresses: [home] },
      { op: "replace", path: 'addresses[type eq "work"].country', value: "US" },
    );
    refused("noTarget", {}, { op: "replace", path: 'addresses[type eq "work"].country', value: "US" });
    for (const path of ['addresses[type eq "work"]', 'addresses[type eq "work"].country'])
      refused("noTarget", { addresses: [home] }, { op: "replace", path, value: null });
  });
});

describe("all operations", () => {
  it("“Operations are applied sequentially … the resulting resource becomes the target of the next operation”", () => {
    expect(
      patchedUser(
        {},
        { op: "add", path: "emails", value: [{ value: "a", type: "work" }] },
        { op: "replace", path: 'emails[type eq "work"].value', value: "b" },
        { op: "add", path: "title", value: "x" },
        { op: "remove", path: "title" },
        { op: "remove", path: 'emails[value eq "a"]' },
      ),
    ).toEqual({ userName: "bjensen", emails: [{ value: "b", type: "work" }] });
  });

  it("“that sets a value's ‘primary’ sub-attribute to ‘true’ SHALL cause the server to automatically set ‘primary’ to ‘false’ for any other values”", () => {
    const emails = [{ value: "a", primary: true }, { value: "b" }, { value: "c", primary: false }];
    const primaries = (user: JsonObject) =>
      (user["emails"] as JsonObject[]).map((one) => [one["value"], one["primary"] ?? false]);
    const after = [
      ["a", false],
      ["b", true],
      ["c", false],
    ];
    expect(
      primaries(patchedUser({ emails }, { op: "replace", path: 'emails[value eq "b"].primary', value: true })),
    ).toEqual(after);
    expect(
      primaries(patchedUser({ emails }, { op: "add", path: 'emails[value eq "b"]', value: { primary: true } })),
    ).toEqual(after);
    expect(
      primaries(
        patchedUser({ emails }, { op: "replace", path: 'emails[value eq "b"]', value: { value: "b", primary: true } }),
      ),
    ).toEqual(after);
    expect(
      primaries(patchedUser({ emails }, { op: "add", path: "emails", value: [{ value: "d", primary: true }] })),
    ).toEqual([
      ["a", false],
      ["b", false],
      ["c", false],
      ["d", true],
    ]);
    expect(
      primaries(patchedUser({ emails }, { op: "add", value: { emails: [{ value: "d", primary: true }] } })).at(-1),
    ).toEqual(["d", true]);
  });

  it("“SHALL be treated as atomic. If a single operation encounters an error condition, the original SCIM resource MUST be restored”", () => {
    const user = frozen({ userName: "bjensen", title: "a", emails: [{ value: "a" }] });
    refused(
      "mutability",
      user,
      { op: "replace", path: "title", value: "b" },
      { op: "remove", path: "emails" },
      { op: "remove", path: "userName" },
    );
    expect(user).toEqual({ userName: "bjensen", title: "a", emails: [{ value: "a" }] });
  });

  it("“adding the attribute ‘…enterprise:2.0:User:employeeNumber’ automatically adds the value … to the resource's ‘schemas’”", () => {
    const user = patchedUser({}, { op: "add", path: `${ENTERPRISE}:employeeNumber`, value: "7" });
    expect(schemasOf(userType, user)).toEqual([USER, ENTERPRISE]);
    expect(schemasOf(userType, patchedUser(user, { op: "remove", path: `${ENTERPRISE}:employeeNumber` }))).toEqual([
      USER,
    ]);
  });

  it("“MUST be compatible with the attribute's mutability and schema”", () => {
    for (const op of ["add", "replace"]) {
      refused("mutability", {}, { op, path: "id", value: "x" });
      refused("mutability", {}, { op, path: "meta.version", value: "x" });
      refused("mutability", {}, { op, path: "groups", value: [{ value: "g" }] });
      refused("invalidValue", {}, { op, path: "title", value: 1 });
      refused("invalidValue", {}, { op, path: "title", value: ["a"] });
      refused("invalidValue", {}, { op, path: "active", value: "true" });
      refused("invalidValue", {}, { op, path: "emails", value: ["a"] });
      refused("invalidValue", {}, { op, path: "emails", value: "a" });
      refused("invalidValue", { emails: [{ value: "a" }] }, { op, path: 'emails[value eq "a"]', value: "b" });
      refused(
        "invalidValue",
        { emails: [{ value: "a" }] },
        { op, path: 'emails[value eq "a"].value', value: { value: "b" } },
      );
    }
  });

  it("§3.10 paths are case insensitive and may be fully qualified", () => {
    for (const path of ["TITLE", `${USER}:title`, `${USER.toUpperCase()}:TITLE`])
      expect(patchedUser({}, { op: "add", path, value: "a" })).toEqual({ userName: "bjensen", title: "a" });
    expect(
      patchedUser(
        { emails: [{ value: "a", type: "work" }] },
        { op: "replace", path: `${USER}:Emails[Type EQ "WORK"].Value`, value: "b" },
      ),
    ).toEqual({
      userName: "bjensen",
      emails: [{ value: "b", type: "work" }],
    });
  });
});
