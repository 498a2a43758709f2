// RFC 7644 §3.4.2.2, filtering.
import { describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../../src/scim/json.ts";
import { expectRefusal } from "../scim/refusal.ts";
import { badgeType, ENTERPRISE, selects, USER } from "./engine.ts";

const refused = (filter: string, detail = "") =>
  expectRefusal(() => selects(filter, {}), { scimType: "invalidFilter", detail });

const employee: JsonObject = { userType: "Employee" };
const work = { type: "work", value: "babs@example.com" };
const org = { type: "home", value: "babs@example.org" };
const modified = (lastModified: string): JsonObject => ({ meta: { lastModified } });
const before = modified("2011-05-13T04:42:33Z");
const then = modified("2011-05-13T06:42:34+02:00");
const after = modified("2011-05-13T04:42:34.000001Z");

describe("the examples of figure 2", () => {
  it.each<[filter: string, chosen: JsonObject[], passed: JsonObject[]]>([
    ['userName eq "bjensen"', [{ userName: "bjensen" }, { userName: "BJensen" }], [{ userName: "bjensen2" }, {}]],
    [
      'name.familyName co "O\'Malley"',
      [{ name: { familyName: "van O'Malley" } }],
      [{ name: { familyName: "OMalley" } }, {}],
    ],
    ['userName sw "J"', [{ userName: "James" }, { userName: "j" }], [{ userName: "bj" }]],
    [`${USER}:userName sw "J"`, [{ userName: "James" }], [{ userName: "bj" }]],
    ["title pr", [{ title: "Guide" }], [{}, { title: null }, { title: "" }]],
    ['meta.lastModified gt "2011-05-13T04:42:34Z"', [after], [before, then, {}]],
    ['meta.lastModified ge "2011-05-13T04:42:34Z"', [after, then], [before, {}]],
    ['meta.lastModified lt "2011-05-13T04:42:34Z"', [before], [after, then, {}]],
    ['meta.lastModified le "2011-05-13T04:42:34Z"', [before, then], [after, {}]],
    ['title pr and userType eq "Employee"', [{ title: "G", ...employee }], [{ title: "G" }, employee]],
    ['title pr or userType eq "Intern"', [{ title: "G" }, { userType: "Intern" }], [employee]],
    [`schemas eq "${ENTERPRISE}"`, [{ schemas: [USER, ENTERPRISE] }], [{ schemas: [USER] }]],
    [
      'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
      [
        { ...employee, emails: [work] },
        { ...employee, emails: [{ value: "x@y" }, org] },
      ],
      [employee, { emails: [work] }, { ...employee, emails: [{ value: "x@y" }] }],
    ],
    [
      'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
      [{ userType: "Intern" }, { userType: "Intern", emails: [{ value: "x@y" }] }, {}],
      [employee, { userType: "Intern", emails: [{ value: "x@y" }, work] }],
    ],
    [
      'userType eq "Employee" and (emails.type eq "work")',
      [{ ...employee, emails: [org, work] }],
      [{ ...employee, emails: [org] }, { emails: [work] }],
    ],
    [
      'userType eq "Employee" and emails[type eq "work" and value co "@example.com"]',
      [{ ...employee, emails: [org, work] }],
      [
        {
          ...employee,
          emails: [
            { type: "work", value: "a@b" },
            { type: "home", value: "a@example.com" },
          ],
        },
      ],
    ],
    [
      'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
      [{ emails: [work] }, { ims: [{ type: "xmpp", value: "a@foo.com" }] }],
      [
        {
          emails: [org],
          ims: [
            { type: "aim", value: "a@foo.com" },
            { type: "xmpp", value: "a@bar.com" },
          ],
        },
      ],
    ],
  ])("%s", (filter, chosen, passed) => {
    for (const resource of chosen) expect([resource, selects(filter, resource)]).toEqual([resource, true]);
    for (const resource of passed) expect([resource, selects(filter, resource)]).toEqual([resource, false]);
  });
});

describe("expressions", () => {
  it("“MUST contain at least one valid expression”", () => {
    for (const filter of ["", " ", "()", "not ()", "and", "not", "emails[]", "emails[ ]"]) refused(filter);
  });

  it("“Each expression MUST contain an attribute name followed by an attribute operator and optional value.”", () => {
    for (const filter of [
      "userName",
      "userName eq",
      'eq "a"',
      '"a" eq userName',
      'userName "a"',
      'userName pr "a"',
      'userName eq "a" "b"',
      'userName eq "a" userName pr',
      "userName eq bjensen",
      "userName eq 'bjensen'",
      'userName eq "a" and',
      'and userName eq "a"',
      'userName eq "a" and or title pr',
      'userName eq "a" xor title pr',
      '(userName eq "a"',
      'userName eq "a")',
      'emails[type eq "work"',
      'emails type eq "work"]',
      'not userName eq "a"',
      "not title pr",
      'userName eq "a" not (title pr)',
      'userName not eq "a"',
      '[type eq "work"]',
      'userName[value eq "a"]',
      'name.[givenName eq "a"]',
      'emails..value eq "a"',
      'emails.value.value eq "a"',
      '.userName eq "a"',
      'userName. eq "a"',
      "title pr,",
      "title pr;",
      'user Name eq "a"',
      '(userName) eq "a"',
    ])
      refused(filter);
  });

  it("“Attribute names and attribute operators used in filters are case insensitive.”", () => {
    const user = { userName: "john", emails: [work] };
    for (const filter of [
      'userName Eq "john"',
      'Username eq "john"',
      "USERNAME PR",
      'EMAILS[TYPE EQ "work" AND VALUE CO "babs"]',
      'NOT (username eq "x") Or title pr',
    ])
      expect(selects(filter, user)).toBe(true);
    expect(selects(`${USER.toUpperCase()}:USERNAME eq "john"`, user)).toBe(true);
  });

  it("“MUST decline to filter results if the specified filter operation is not recognized … identifying the client error”", () => {
    refused('userName regex "a"', "regex");
    for (const operator of ["==", "=", "like", "in", "has", "eqq", "e", "constructor", "__proto__", "toString"])
      refused(`userName ${operator} "a"`);
  });

  it("“compValue = false / null / true / number / string”, by the rules of JSON", () => {
    const badge = { level: 10, weight: -1.5, lost: true, tag: 'a"b\\c/\b\f\n\r\té😀' };
    for (const filter of [
      "level eq 10",
      "level eq 1e1",
      "level eq 10.0",
      "level eq 1E+1",
      "level gt -0",
      "weight eq -1.5",
      "weight eq -15e-1",
      "weight lt 0",
      "lost eq true",
      "lost ne false",
      "secretive eq null",
      `tag eq ${JSON.stringify(badge.tag)}`,
      'tag eq "a\\"b\\\\c\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00"',
    ])
      expect([filter, selects(filter, badge, badgeType)]).toEqual([filter, true]);
    for (const literal of [
      "+1",
      "01",
      ".5",
      "1.",
      "1e",
      "0x10",
      "NaN",
      "Infinity",
      "-",
      "1_0",
      "--1",
      "1e999",
      "undefined",
      "[1]",
      "{}",
      '"10"',
      "true",
    ])
      expectRefusal(() => selects(`level eq ${literal}`, badge, badgeType), { scimType: "invalidFilter" });
    for (const literal of [
      '"a',
      'a"',
      '"\\x"',
      '"\\u12"',
      '"\\u12g4"',
      '"a\nb"',
      '"\t"',
      '"\\"',
      "`a`",
      '"a""b"',
      "True",
      "10",
    ])
      expectRefusal(() => selects(`tag eq ${literal}`, badge, badgeType), { scimType: "invalidFilter" });
  });
});

describe("table 3, operators", () => {
  it("co: “The entire operator value must be a substring of the attribute value”; sw, ew: “satisfied if the two strings are identical”", () => {
    const user = { title: "Vice President" };
    for (const filter of [
      'title co "ice pres"',
      'title co "vice president"',
      'title sw "VICE"',
      'title sw "vice president"',
      'title ew "dent"',
      'title ew "Vice President"',
    ])
      expect(selects(filter, user)).toBe(true);
    for (const filter of [
      'title co "vice presidents"',
      'title sw "ice"',
      'title ew "presiden"',
      'title co "%"',
      'title co ".*"',
      'title sw "_"',
    ])
      expect(selects(filter, user)).toBe(false);
  });

  it("pr: “If the attribute has a non-empty or non-null value, or if it contains a non-empty node for complex attributes, there is a match.”", () => {
    for (const user of [{ name: { givenName: "a" } }, { name: { familyName: null, givenName: "a" } }])
      expect(selects("name pr", user)).toBe(true);
    for (const user of [{}, { name: null }, { name: {} }, { name: { givenName: "" } }])
      expect(selects("name pr", user)).toBe(false);
    expect(selects("emails pr", { emails: [{}, { type: "work" }] })).toBe(true);
    expect(selects("emails.value pr", { emails: [{ type: "work" }] })).toBe(false);
    expect(selects("active pr", { active: false })).toBe(true);
    expect(selects("level pr", { level: 0 }, badgeType)).toBe(true);
  });

  it("gt: “For string attribute types, this is a lexicographical comparison”", () => {
    expect(selects('title gt "Guide 10"', { title: "guide 9" })).toBe(true);
    expect(selects('title gt "guide"', { title: "Guide" })).toBe(false);
    expect(selects('title ge "guide"', { title: "Guide" })).toBe(true);
    expect(selects('title lt "b"', { title: "Azz" })).toBe(true);
  });

  it("gt: “For integer attributes, it is a comparison by numeric value.”", () => {
    expect(selects("level gt 9", { level: 10 }, badgeType)).toBe(true);
    expect(
      selects(
        "doors.floor le -1",
        {
          doors: [
            { value: "a", floor: 4 },
            { value: "b", floor: -2 },
          ],
        },
        badgeType,
      ),
    ).toBe(true);
  });

  it("“Boolean and Binary attributes SHALL cause a failed response (HTTP status code 400) with ‘scimType’ of ‘invalidFilter’.”", () => {
    for (const operator of ["gt", "ge", "lt", "le"]) {
      refused(`active ${operator} true`);
      refused(`x509Certificates.value ${operator} "MIIB"`);
      refused(`x509Certificates ${operator} "MIIB"`);
      refused(`emails[primary ${operator} false]`);
    }
  });
});

describe("tables 4 and 5, logic and grouping", () => {
  const a = { title: "a" };
  const b = { nickName: "b" };
  const c = { userType: "c" };

  it("“‘not’ takes precedence over ‘and’, which takes precedence over ‘or’”", () => {
    const or = "title pr or nickName pr and userType pr";
    expect([a, b, c, { ...b, ...c }].map((user) => selects(or, user))).toEqual([true, false, false, true]);
    const first = "title pr and nickName pr or userType pr";
    expect([a, b, c, { ...a, ...b }].map((user) => selects(first, user))).toEqual([false, false, true, true]);
    const not = "not (title pr) and nickName pr";
    expect([a, b, { ...a, ...b }, {}].map((user) => selects(not, user))).toEqual([false, true, false, false]);
  });

  it("“Boolean expressions MAY be grouped using parentheses to change the standard order of operations”", () => {
    const grouped = "(title pr or nickName pr) and userType pr";
    expect([a, c, { ...a, ...c }].map((user) => selects(grouped, user))).toEqual([false, false, true]);
    expect(selects("((((title pr))))", a)).toBe(true);
    expect(selects("not (not (title pr))", a)).toBe(true);
    expect(selects("not(title pr)", a)).toBe(false);
  });

  it("[ ]: “expressions MUST be applied to the same value of a parent attribute”", () => {
    const user = {
      emails: [
        { type: "work", value: "a@b" },
        { type: "home", value: "c@d" },
      ],
    };
    expect(selects('emails[type eq "work" and value eq "c@d"]', user)).toBe(false);
    expect(selects('emails.type eq "work" and emails.value eq "c@d"', user)).toBe(true);
    expect(selects('emails[not (type eq "work") and value eq "c@d"]', user)).toBe(true);
    expect(selects('emails[(type eq "work" or type eq "home") and value sw "c"]', user)).toBe(true);
    expect(selects('not (emails[type eq "other"])', user)).toBe(true);
    expect(selects(`${USER}:emails[type eq "work"]`, user)).toBe(true);
    expect(selects(`${ENTERPRISE}:manager[value eq "m"]`, { [ENTERPRISE]: { manager: { value: "m" } } })).toBe(true);
  });

  it("[ ]: “MUST be a valid filter expression based upon sub-attributes of the parent attribute”", () => {
    for (const filter of [
      'emails[userName eq "a"]',
      'emails[emails.type eq "work"]',
      'emails[type[value eq "a"]]',
      'emails[type eq "work"] eq "a"',
    ])
      refused(filter);
  });
});

describe("values", () => {
  it("“matches if any of the values of the specified attribute match the specified criterion”", () => {
    const user = { emails: [{ value: "a@b" }, { value: "c@d" }] };
    expect(selects('emails.value eq "c@d"', user)).toBe(true);
    expect(selects('colours sw "g"', { colours: ["red", "green"] }, badgeType)).toBe(true);
  });

  it("“case sensitivity for String type attributes SHALL be determined by the attribute's ‘caseExact’ characteristic”", () => {
    expect(selects('externalId eq "abc"', { externalId: "ABC" })).toBe(false);
    expect(selects('id eq "ABC"', { id: "ABC" })).toBe(true);
    expect(selects('id eq "abc"', { id: "ABC" })).toBe(false);
    expect(selects('emails.type eq "WORK"', { emails: [work] })).toBe(true);
  });

  it("RFC 7643 §7: what is never returned is no oracle", () => {
    for (const filter of [
      "password pr",
      'password eq "a"',
      'password sw "a"',
      'not (password co "a")',
      `${USER}:password pr`,
    ])
      refused(filter);
  });

  it("§3.10 attributes of an extension by their full name", () => {
    const user = { [ENTERPRISE]: { department: "Tours", manager: { value: "m1" } } };
    expect(selects(`${ENTERPRISE}:department eq "tours"`, user)).toBe(true);
    expect(selects(`${ENTERPRISE}:manager.value eq "m1"`, user)).toBe(true);
    expect(selects(`${ENTERPRISE.toUpperCase()}:MANAGER.VALUE pr`, user)).toBe(true);
    refused(`${ENTERPRISE}:userName eq "a"`);
    refused(`${ENTERPRISE} pr`);
    refused('urn:example:other:userName eq "a"');
  });
});
