// RFC 7643 §2, SCIM Schema. Each test is named by the sentence it holds the engine to.
import { describe, expect, it } from "@jest/globals";
import type { Json } from "../../src/scim/json.ts";
import { parseResource } from "../../src/scim/resource/parse.ts";
import type { Attribute } from "../../src/scim/schema/characteristics.ts";
import { pathsOf } from "../../src/scim/schema/lookup.ts";
import { resourceTypes, userType } from "../../src/scim/schema/resource-types.ts";
import { expectRefusal } from "../scim/refusal.ts";
import { badgeType, created, createdUser, ENTERPRISE, patchedUser, selects, USER } from "./engine.ts";

const badge = (body: Record<string, Json>) =>
  created(badgeType, { schemas: ["urn:example:Badge"], serial: "1", ...body }).attributes;

describe("RFC 7643 §2.1 attributes", () => {
  it("“Attribute names are case insensitive”", () => {
    const body = {
      SCHEMAS: [USER],
      USERNAME: "bjensen",
      Name: { GIVENNAME: "Babs" },
      eMails: [{ VALUE: "a@b", Type: "work" }],
    };
    expect(parseResource(userType, body, "create").attributes).toEqual({
      userName: "bjensen",
      name: { givenName: "Babs" },
      emails: [{ value: "a@b", type: "work" }],
    });
  });

  it("the same name twice in different case is no set of attributes", () => {
    expectRefusal(() => createdUser({ nickName: "Babs", NICKNAME: "Barb" }), { scimType: "invalidSyntax" });
    expectRefusal(() => createdUser({ name: { givenName: "A", GIVENNAME: "B" } }), { scimType: "invalidSyntax" });
    expectRefusal(
      () => createdUser({ [ENTERPRISE]: { division: "A" }, [ENTERPRISE.toUpperCase()]: { division: "B" } }),
      {
        scimType: "invalidSyntax",
      },
    );
  });
});

describe("RFC 7643 §2.3 data types", () => {
  const refused = (body: Record<string, Json>) => expectRefusal(() => badge(body), { scimType: "invalidValue" });

  it("§2.3.1 string: “A sequence of zero or more Unicode characters”", () => {
    expect(createdUser({ title: "Zoë 😀\u0000" })).toMatchObject({ title: "Zoë 😀\u0000" });
    for (const value of [1, true, {}, ["a"]])
      expectRefusal(() => createdUser({ title: value }), { scimType: "invalidValue" });
  });

  it("§2.3.2 boolean: “The literal ‘true’ or ‘false’”", () => {
    expect(badge({ lost: false })).toMatchObject({ lost: false });
    for (const value of ["true", "yes", 0, 1, {}, [], [true]]) refused({ lost: value });
  });

  it("§2.3.3 decimal: “A real number”", () => {
    for (const weight of [0, 1.5, -2.25, 1e3]) expect(badge({ weight })).toMatchObject({ weight });
    refused({ weight: "1.5" });
  });

  it("§2.3.4 integer: “A whole number with no fractional digits or decimal.”", () => {
    expect(badge({ level: -3 })).toMatchObject({ level: -3 });
    for (const level of [1.5, "1", true]) refused({ level });
  });

  it("§2.3.5 dateTime: “MUST be encoded as a valid xsd:dateTime … and MUST include both a date and a time.”", () => {
    const meta = { lastModified: "2011-05-13T04:42:34Z" };
    expect(selects('meta.lastModified eq "2011-05-13T06:42:34.000+02:00"', { meta })).toBe(true);
    for (const text of ["2011-05-13", "04:42:34", "2011-13-13T04:42:34Z", "2011-02-29T00:00:00Z", "May 13 2011"])
      expectRefusal(() => selects(`meta.lastModified eq "${text}"`, { meta }), { scimType: "invalidFilter" });
  });

  it("§2.3.6 binary: “MUST be base64 encoded”; “trailing padding characters MAY be omitted”", () => {
    for (const value of ["AAECAw==", "AAECAw", "AAEC", "AAE="])
      expect(createdUser({ x509Certificates: [{ value }] })).toMatchObject({ x509Certificates: [{ value }] });
    for (const value of ["not base64!", "A", "AAE=AAE=", "=", "AA\nEC"])
      expectRefusal(() => createdUser({ x509Certificates: [{ value }] }), { scimType: "invalidValue" });
  });

  it("§2.3.6 “case exact and has no uniqueness”; §2.3.7 “A reference is case exact.”", () => {
    for (const type of resourceTypes)
      for (const { attribute, sub } of pathsOf(type)) {
        const leaf = sub ?? attribute;
        if (leaf.type === "binary" || leaf.type === "reference") expect(leaf.caseExact).toBe(true);
      }
    const user = { x509Certificates: [{ value: "MIIB" }], profileUrl: "https://a.example/B" };
    expect(selects('x509Certificates.value eq "miib"', user)).toBe(false);
    expect(selects('x509Certificates eq "MIIB"', user)).toBe(true);
    expect(selects('profileUrl eq "https://a.example/b"', user)).toBe(false);
  });

  it("§2.3.8 “A complex attribute MUST NOT contain sub-attributes that have sub-attributes”", () => {
    const nested = ({ subAttributes = [] }: Attribute) => subAttributes.some(({ type }) => type === "complex");
    for (const type of resourceTypes) expect(pathsOf(type).filter(({ attribute }) => nested(attribute))).toEqual([]);
    expectRefusal(() => createdUser({ name: { givenName: { first: "Babs" } } }), { scimType: "invalidValue" });
  });

  it("a complex value is an object, a multi-valued one a list of objects", () => {
    expectRefusal(() => createdUser({ name: "Babs" }), { scimType: "invalidValue" });
    expectRefusal(() => createdUser({ name: [{ givenName: "Babs" }] }), { scimType: "invalidValue" });
    expectRefusal(() => createdUser({ emails: { value: "a@b" } }), { scimType: "invalidValue" });
    expectRefusal(() => createdUser({ emails: ["a@b"] }), { scimType: "invalidValue" });
    expectRefusal(() => createdUser({ emails: [[{ value: "a@b" }]] }), { scimType: "invalidValue" });
  });
});

describe("RFC 7643 §2.4 multi-valued attributes", () => {
  it("“The primary attribute value ‘true’ MUST appear no more than once.”", () => {
    const twice = [
      { value: "a@b", primary: true },
      { value: "c@d", primary: true },
    ];
    expectRefusal(() => createdUser({ emails: twice }), { scimType: "invalidValue" });
    expect(createdUser({ emails: [twice[0] as Json, { value: "c@d", primary: false }] })["emails"]).toHaveLength(2);
  });

  it("“SHOULD NOT return the same (type, value) combination more than once per attribute”", () => {
    const email = { value: "a@b", type: "work" };
    expect(createdUser({ emails: [email, { ...email }] })["emails"]).toEqual([email]);
    expect(patchedUser({ emails: [email] }, { op: "add", path: "emails", value: [email] })["emails"]).toEqual([email]);
  });

  it("“MAY return element objects with the same ‘value’ sub-attribute more than once with a different ‘type’”", () => {
    const emails = [
      { value: "a@b", type: "work" },
      { value: "a@b", type: "home" },
    ];
    expect(createdUser({ emails })["emails"]).toEqual(emails);
  });

  it("“If not specified, the value of ‘primary’ SHALL be assumed to be ‘false’.”", () => {
    const user = { emails: [{ value: "a@b", type: "work" }] };
    expect(selects("emails[primary eq true]", user)).toBe(false);
    expect(selects("emails[not (primary eq true)]", user)).toBe(true);
    expect(selects("emails[primary ne true]", user)).toBe(true);
    // RFC 7644 §3.4.2.2 compares “the value that was returned to the client”, and none was: `eq false` is left open.
  });

  it("canonical values are suggestions: “service providers … MAY … other values”", () => {
    expect(createdUser({ emails: [{ value: "a@b", type: "yacht" }] })).toMatchObject({ emails: [{ type: "yacht" }] });
  });
});

describe("RFC 7643 §2.5 unassigned and null values", () => {
  it("“Unassigned attributes, the null value, or an empty array … SHALL be considered to be equivalent in ‘state’.”", () => {
    const bare = createdUser({});
    expect(createdUser({ title: null })).toEqual(bare);
    expect(createdUser({ emails: null })).toEqual(bare);
    expect(createdUser({ emails: [] })).toEqual(bare);
    expect(createdUser({ name: null })).toEqual(bare);
    expect(createdUser({ name: {} })).toEqual(bare);
    expect(createdUser({ name: { givenName: null } })).toEqual(bare);
    expect(createdUser({ [ENTERPRISE]: null })).toEqual(bare);
    expect(createdUser({ [ENTERPRISE]: { division: null, manager: { value: null } } })).toEqual(bare);
  });

  it("“Assigning an attribute with the value ‘null’ or an empty array … has the effect of making the attribute ‘unassigned’”", () => {
    const user = {
      title: "Guide",
      emails: [{ value: "a@b" }],
      name: { givenName: "Babs" },
      [ENTERPRISE]: { division: "D" },
    };
    for (const [path, left] of [
      ["title", { ...user, title: undefined }],
      ["emails", { ...user, emails: undefined }],
      ["name", { ...user, name: undefined }],
      ["name.givenName", { ...user, name: undefined }],
      [`${ENTERPRISE}:division`, { ...user, [ENTERPRISE]: undefined }],
    ] as const) {
      const expected = JSON.parse(JSON.stringify({ userName: "bjensen", ...left }));
      expect(patchedUser(user, { op: "replace", path, value: null })).toEqual(expected);
    }
    expect(patchedUser(user, { op: "replace", path: "emails", value: [] })).not.toHaveProperty("emails");
    expect(patchedUser(user, { op: "replace", value: { title: null, emails: [] } })).toEqual({
      userName: "bjensen",
      name: { givenName: "Babs" },
      [ENTERPRISE]: { division: "D" },
    });
  });

  it("“an empty array (in the case of a multi-valued attribute)”: elsewhere it is a value of another type", () => {
    for (const body of [{ active: [] }, { title: [] }, { name: [] }, { emails: [[]] }, { name: { givenName: [] } }])
      expectRefusal(() => createdUser(body as never), { scimType: "invalidValue" });
    for (const path of ["active", "title", "name", "name.givenName"])
      expectRefusal(() => patchedUser({}, { op: "replace", path, value: [] }), { scimType: "invalidValue" });
  });

  it("null and [] have no value in filters either", () => {
    for (const title of [undefined, null, ""]) {
      const user = title === undefined ? {} : { title };
      expect(selects("title pr", user)).toBe(false);
      expect(selects("title eq null", user)).toBe(true);
    }
    expect(selects("emails pr", { emails: [] })).toBe(false);
    expect(selects("name pr", { name: { givenName: null } })).toBe(false);
  });
});
