// What filters mean: the RFC's own examples, the points that servers get wrong, and laws that hold of every filter.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { matches, matchesElement, matchesShadow } from "../../src/scim/filter/evaluate.ts";
import type { Filter } from "../../src/scim/filter/filter.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { schema, string } from "../../src/scim/schema/define.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { shadowOf } from "../../src/scim/shadow.ts";
import { arbitraryFilterText, arbitraryGroup, arbitraryMess, arbitraryUser } from "./arbitraries.ts";
import { parseFilterLeniently } from "./reading.ts";

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const barbara: JsonObject = {
  schemas: [CORE, ENTERPRISE],
  id: "2819c223-7f76-453a-919d-413861904646",
  externalId: "BJensen-1",
  userName: "BJensen",
  name: { formatted: "Ms. Barbara J O'Malley", familyName: "O'Malley", givenName: "Barbara" },
  title: "Tour Guide",
  userType: "Employee",
  active: true,
  password: "t1meMa$heen",
  emails: [
    { value: "bjensen@example.com", type: "work", primary: true },
    { value: "babs@jensen.org", type: "home" },
  ],
  ims: [{ value: "bj@foo.com", type: "xmpp" }],
  groups: [{ value: "e9e30dba", $ref: "https://x/Groups/e9e30dba", display: "Tour Guides", type: "direct" }],
  x509Certificates: [{ value: "MIIDQzCC" }],
  [ENTERPRISE]: { department: "Tours", manager: { value: "26118915", displayName: "John Smith" } },
  meta: {
    resourceType: "User",
    created: "2010-01-23T04:56:22Z",
    lastModified: "2011-05-13T04:42:34Z",
    location: "https://x/Users/2819c223",
    version: 'W/"a330bc54f0671c9"',
  },
};
const jim: JsonObject = {
  schemas: [CORE],
  id: "2",
  userName: "Jim",
  userType: "Intern",
  meta: { resourceType: "User" },
};

const of = (resource: JsonObject, text: string, type: ResourceType = userType): boolean =>
  matches(parseFilterLeniently(type, text), resource);

describe("the examples of RFC 7644 §3.4.2.2", () => {
  it.each<[string, boolean, boolean]>([
    ['userName eq "bjensen"', true, false],
    [`name.familyName co "O'Malley"`, true, false],
    ['userName sw "J"', false, true],
    [`${CORE}:userName sw "J"`, false, true],
    ["title pr", true, false],
    ['meta.lastModified gt "2011-05-13T04:42:34Z"', false, false],
    ['meta.lastModified ge "2011-05-13T04:42:34Z"', true, false],
    ['meta.lastModified lt "2011-05-13T04:42:34Z"', false, false],
    ['meta.lastModified le "2011-05-13T04:42:34Z"', true, false],
    ['title pr and userType eq "Employee"', true, false],
    ['title pr or userType eq "Intern"', true, true],
    [`schemas eq "${ENTERPRISE}"`, true, false],
    ['userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")', true, false],
    ['userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")', false, true],
    ['userType eq "Employee" and (emails.type eq "work")', true, false],
    ['userType eq "Employee" and emails[type eq "work" and value co "@example.com"]', true, false],
    ['emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]', true, false],
  ])("%s: Barbara %s, Jim %s", (text, isBarbara, isJim) =>
    expect([of(barbara, text), of(jim, text)]).toEqual([isBarbara, isJim]),
  );
});

describe("strings", () => {
  it.each<[string, boolean]>([
    ['userName eq "BJENSEN"', true],
    ['userName eq "ｂｊｅｎｓｅｎ"', true],
    ['userName ne "bjensen"', false],
    ['externalId eq "BJensen-1"', true],
    ['externalId eq "bjensen-1"', false],
    ['id eq "2819C223-7F76-453A-919D-413861904646"', false],
    [`schemas eq "${ENTERPRISE.toUpperCase()}"`, true],
    ['meta.resourceType eq "User"', true],
    ['meta.resourceType eq "user"', false],
    ['meta.version eq "W/\\"a330bc54f0671c9\\""', true],
    ['userName ew "SEN"', true],
    ['userName gt "bjensem"', true],
    ['userName lt "BK"', true],
    ['userName ge "bjensen" and userName le "bjensen"', true],
    ['x509Certificates.value eq "MIIDQzCC"', true],
    ['x509Certificates eq "miidqzcc"', false],
    ['groups.display eq "tour guides"', true],
    ['groups.$ref sw "https://x/"', true],
    ['groups eq "E9E30DBA"', true],
    [`${ENTERPRISE}:department eq "tours"`, true],
    ['department eq "tours"', true],
    ['manager eq "26118915"', true],
    ['manager.displayName sw "john"', true],
    ['manager[value eq "26118915" and displayName co "smith"]', true],
    ['name[familyName eq "o\'malley" and givenName sw "b"]', true],
    ['name[familyName eq "o\'malley" and givenName sw "x"]', false],
  ])("%s is %s", (text, expected) => expect(of(barbara, text)).toBe(expected));

  it.each([
    ["ΟΔΟΣΑ", 'userName sw "ΟΔΟΣ"'],
    ["ΟΔΟΣ", 'userName ew "Σ"'],
    ["οδός", 'userName ew "Σ"'],
    ["ΜΑΪΟΣ 1", 'userName co "μαϊοσ"'],
    ["άσ", 'userName eq "ΆΣ"'],
  ])("%s is found by %s", (userName, text) => expect(of({ ...jim, userName }, text)).toBe(true));
});

describe("instants", () => {
  it.each<[string, boolean]>([
    ['meta.lastModified eq "2011-05-13T06:42:34+02:00"', true],
    ['meta.lastModified eq "2011-05-13T04:42:34.000Z"', true],
    ['meta.lastModified ne "2011-05-12T23:42:34-05:00"', false],
    ['meta.lastModified gt "2011-05-13T05:00:00+01:00"', true],
    ['meta.lastModified lt "2011-05-13T04:42:34.000001Z"', true],
    ['meta.created lt "2011-01-01T00:00:00Z"', true],
  ])("%s is %s: they are compared, not their texts", (text, expected) => expect(of(barbara, text)).toBe(expected));
});

describe("multi-valued attributes", () => {
  it.each<[string, boolean]>([
    // Any value matches, whichever element it is in …
    ['emails.type eq "work" and emails.value co "jensen.org"', true],
    ['emails.type eq "home"', true],
    // … and brackets bind to one and the same element.
    ['emails[type eq "work" and value co "jensen.org"]', false],
    ['emails[type eq "home" and value co "jensen.org"]', true],
    ['emails[type eq "work"].value eq "bjensen@example.com"', true],
    ['emails[type eq "home"].value eq "bjensen@example.com"', false],
    ['emails[type eq "work" and primary eq "True"]', true],
    ["emails[primary eq false]", false],
    ["emails[not (primary pr)]", true],
    ['emails[type eq "home" or primary eq true]', true],
    ['emails[not (type eq "work" or type eq "home")]', false],
    // `ne` is true if any value differs; its counterpart is `not (… eq …)`.
    ['emails.type ne "work"', true],
    ['not (emails.type eq "work")', false],
    ['ims.type ne "xmpp"', false],
    ['emails.type ne "fax"', true],
    ['emails[type ne "work"]', true],
    ['ims[type ne "xmpp"]', false],
    ['schemas ne "urn:x"', true],
    // An element that lacks the sub-attribute has no value there.
    ["emails.primary ne true", false],
    ["emails[primary ne true]", true],
    ["emails.display pr", false],
    ["emails.primary pr", true],
  ])("%s is %s", (text, expected) => expect(of(barbara, text)).toBe(expected));
});

describe("unassigned attributes", () => {
  it.each<[string, boolean]>([
    ["nickName pr", false],
    ["nickName eq null", true],
    ["nickName ne null", false],
    ['nickName eq ""', true],
    ['nickName ne ""', false],
    ['nickName eq "x"', false],
    ['nickName ne "x"', true],
    ['nickName gt "a"', false],
    ['nickName co ""', false],
    ["title eq null", false],
    ["title ne null", true],
    ['title co ""', true],
    ["photos pr", false],
    ["photos eq null", true],
    ['photos ne "x"', true],
    ['photos.type ne "x"', true],
    ['photos[type ne "x"]', false],
    ["photos[not (type pr)]", false],
    ["addresses.country eq null", true],
    ["name.middleName eq null", true],
    ["name pr", true],
    ["emails pr", true],
    [`${ENTERPRISE}:costCenter pr`, false],
    [`${ENTERPRISE}:costCenter ne "x"`, true],
    ["manager pr", true],
  ])("%s is %s", (text, expected) => expect(of(barbara, text)).toBe(expected));

  it.each<[string, JsonObject]>([
    ["null", { title: null, name: null, emails: null }],
    ["an empty string", { title: "", name: { familyName: "" }, emails: [{ value: "" }] }],
    ["an empty list or object", { title: [], name: {}, emails: [] }],
    ["an element without values", { emails: [{}, null, { value: null, type: "" }] }],
    ["a value of another type", { title: 7, name: "Ada", emails: { value: "x" } }],
    ["an unknown sub-attribute", { name: { nope: "x" }, emails: [{ nope: "x" }] }],
  ])("are also those that hold %s", (_, values) => {
    const resource = { ...values, [ENTERPRISE]: {} };
    for (const path of ["title", "name", "name.familyName", "emails", "emails.value", "manager", "department"]) {
      expect(of(resource, `${path} pr`)).toBe(false);
      if (path !== "name") expect(of(resource, `${path} eq null and ${path} ne "x"`)).toBe(true);
    }
    expect(of(resource, 'emails[type ne "x"]')).toBe(false);
  });

  it("are not looked up along prototypes", () => {
    const withInherited = schema(
      "urn:x",
      "X",
      "",
      ["toString", "constructor"].map((name) => string(name, "")),
    );
    const type: ResourceType = { ...userType, schema: withInherited, extensions: [] };
    expect(of({}, "toString pr or constructor pr", type)).toBe(false);
    expect(of(JSON.parse('{"__proto__":{"title":"x"}}') as JsonObject, "title pr")).toBe(false);
  });
});

describe("booleans", () => {
  it.each<[string, boolean]>([
    ["active eq true", true],
    ["active eq false", false],
    ["active ne false", true],
    ['active eq "True"', true],
    ['active eq "FALSE"', false],
    ["active pr", true],
  ])("%s is %s", (text, expected) => expect(of(barbara, text)).toBe(expected));
});

describe("a secret", () => {
  it("does not make its resource match", () => {
    const only = { password: "x" };
    expect(() => of(only, "password pr")).toThrow();
    expect(shadowOf(userType, only)).toEqual({});
  });
});

describe("groups", () => {
  const group: JsonObject = {
    displayName: "Tour Guides",
    members: [
      { value: "U1", type: "User" },
      { value: "G1", type: "Group" },
    ],
  };
  it.each<[string, boolean]>([
    ['displayName eq "tour guides"', true],
    ['members eq "u1"', true],
    ['members.value eq "G1"', true],
    ['members[value eq "U1" and type eq "Group"]', false],
    ['members[value eq "G1" and type eq "group"]', true],
    ["members.$ref pr", false],
  ])("%s is %s", (text, expected) => expect(of(group, text, groupType)).toBe(expected));
});

describe("laws", () => {
  const userFilter = arbitraryFilterText(userType).map((text) => parseFilterLeniently(userType, text));
  const anyUser = fc.oneof(arbitraryUser, arbitraryMess(userType));
  const law = (name: string, holds: (a: Filter, b: Filter, user: JsonObject) => boolean) =>
    it(name, () => fc.assert(fc.property(userFilter, userFilter, anyUser, holds), { numRuns: 400 }));

  law("not is the opposite", (a, _, user) => matches({ kind: "not", term: a }, user) !== matches(a, user));
  law(
    "and, or and not obey De Morgan",
    (a, b, user) =>
      matches({ kind: "not", term: { kind: "and", terms: [a, b] } }, user) ===
      matches(
        {
          kind: "or",
          terms: [
            { kind: "not", term: a },
            { kind: "not", term: b },
          ],
        },
        user,
      ),
  );
  law(
    "a shadow answers as its resource does",
    (a, _, user) => matchesShadow(a, shadowOf(userType, user)) === matches(a, user),
  );

  it("a group's shadow answers as the group does", () => {
    fc.assert(
      fc.property(arbitraryFilterText(groupType), fc.oneof(arbitraryGroup, arbitraryMess(groupType)), (text, group) => {
        const filter = parseFilterLeniently(groupType, text);
        return matchesShadow(filter, shadowOf(groupType, group)) === matches(filter, group);
      }),
      { numRuns: 400 },
    );
  });

  it("brackets are true of a list exactly if they are of one of its elements", () => {
    const inEmails = arbitraryFilterText(userType).filter((text) => text.toLowerCase().startsWith("emails["));
    fc.assert(
      fc.property(inEmails, arbitraryUser, (text, user) => {
        const filter = parseFilterLeniently(userType, text);
        if (filter.kind !== "element") return true;
        const emails = (user["emails"] ?? []) as JsonObject[];
        return matches(filter, user) === emails.some((email) => matchesElement(filter.filter, email));
      }),
      { numRuns: 200 },
    );
  });

  it("filters neither select everything nor nothing, so that these laws say something", () => {
    const users = fc.sample(arbitraryUser, { numRuns: 60, seed: 7 });
    const filters = fc.sample(userFilter, { numRuns: 300, seed: 7 });
    const hits = filters.flatMap((filter) => users.map((user) => Number(matches(filter, user))));
    const share = hits.reduce((sum, hit) => sum + hit, 0) / hits.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.8);
    const discerning = filters.filter((filter) => new Set(users.map((user) => matches(filter, user))).size === 2);
    expect(discerning.length).toBeGreaterThan(150);
  });
});
