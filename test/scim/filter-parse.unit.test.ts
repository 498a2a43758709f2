// The filter grammar (RFC 7644 §3.4.2.2), typed against the schema: what is understood, what is refused and how.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { ScimError } from "../../src/scim/errors.ts";
import { matches } from "../../src/scim/filter/evaluate.ts";
import type { Filter } from "../../src/scim/filter/filter.ts";
import { FILTER_LIMITS, LONGEST_TEXT } from "../../src/scim/filter/limits.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { complex, decimal, integer, multiValued, schema, string } from "../../src/scim/schema/define.ts";
import { findSubAttribute, resolvePath } from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { arbitraryFilterText, hostileNames } from "./arbitraries.ts";
import { parseFilterLeniently } from "./reading.ts";

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const parse = (text: string, type = userType): Filter => parseFilterLeniently(type, text);
const refusal = (text: string, type = userType): ScimError => {
  try {
    parseFilterLeniently(type, text);
  } catch (error) {
    expect(error).toMatchObject({ name: "ScimError", status: 400, scimType: "invalidFilter" });
    return error as ScimError;
  }
  throw new Error(`${text} was accepted`);
};

/** A filter in words with all parentheses, to see how it was understood. */
const say = (filter: Filter): string => {
  switch (filter.kind) {
    case "and":
    case "or":
      return `(${filter.terms.map(say).join(` ${filter.kind} `)})`;
    case "not":
      return `not ${say(filter.term)}`;
    case "present":
      return `${filter.path.text} pr`;
    case "compare":
      return `${filter.path.text} ${filter.operator} ${JSON.stringify(filter.value)}`;
    case "element":
      return `${filter.path.text}[${say(filter.filter)}]`;
  }
};

describe("precedence", () => {
  it.each([
    ["title pr", "title pr"],
    ["title pr or nickName pr and locale pr", "(title pr or (nickName pr and locale pr))"],
    ["title pr and nickName pr or locale pr", "((title pr and nickName pr) or locale pr)"],
    ["(title pr or nickName pr) and locale pr", "((title pr or nickName pr) and locale pr)"],
    ["not (title pr) and nickName pr", "(not title pr and nickName pr)"],
    ["not (title pr and nickName pr)", "not (title pr and nickName pr)"],
    ["not (not (title pr))", "not not title pr"],
    ["title pr or nickName pr or locale pr", "(title pr or nickName pr or locale pr)"],
    ["((title pr))", "title pr"],
    ["emails[type pr or value pr and primary pr]", "emails[(type pr or (value pr and primary pr))]"],
    ["emails[not (type pr)]", "emails[not type pr]"],
    ["emails[(type pr or value pr) and primary pr]", "emails[((type pr or value pr) and primary pr)]"],
  ])("%s is %s", (text, expected) => expect(say(parse(text))).toBe(expected));
});

describe("names and keywords", () => {
  it.each([
    ['USERNAME EQ "x"', 'userName eq "x"'],
    ["TITLE PR AND NOT (NICKNAME PR) OR LOCALE PR", "((title pr and not nickName pr) or locale pr)"],
    ['Emails[Type Eq "WORK"]', 'emails[type eq "work"]'],
    [`${CORE}:userName sw "J"`, 'userName sw "j"'],
    [`${CORE.toUpperCase()}:EMAILS[TYPE PR]`, "emails[type pr]"],
    [`${ENTERPRISE}:department eq "x"`, `${ENTERPRISE}:department eq "x"`],
    [`${ENTERPRISE}:manager[value eq "x"]`, `${ENTERPRISE}:manager[value eq "x"]`],
    ["active eq TRUE", "active eq true"],
    ["title eq NULL", "title eq null"],
  ])("of %s are in any case", (text, expected) => expect(say(parse(text))).toBe(expected));

  it("may stand without the blanks that the grammar has", () => {
    expect(say(parse('  title pr and(nickName eq "and")or not(locale pr)  '))).toBe(
      '((title pr and nickName eq "and") or not locale pr)',
    );
    expect(say(parse('emails[ type eq "work" ]'))).toBe('emails[type eq "work"]');
  });

  it("of computed attributes resolve like any other", () => {
    for (const text of ["groups.value", "groups.display", "manager.displayName"])
      expect(say(parse(`${text} pr`))).toMatch(/ pr$/);
    for (const text of ["members.display", "members.$ref"])
      expect(say(parse(`${text} pr`, groupType))).toBe(`${text} pr`);
  });

  it("resolve to the paths of the schema, one object each", () => {
    expect(parse('EMAILS.TYPE eq "x"')).toMatchObject({ path: resolvePath(userType, "emails.type") });
    const element = parse("emails[TYPE pr]") as Extract<Filter, { kind: "element" }>;
    const type = findSubAttribute(resolvePath(userType, "emails")!.attribute, "type")!;
    expect(element.path).toBe(resolvePath(userType, "emails"));
    expect(element.filter).toEqual({ kind: "present", path: { attribute: type, text: "type" } });
  });
});

describe("a complex attribute without sub-attribute", () => {
  it.each([
    ['emails co "x"', 'emails.value co "x"'],
    ['roles eq "admin"', 'roles.value eq "admin"'],
    ['manager eq "m1"', `${ENTERPRISE}:manager.value eq "m1"`],
    [`id eq "u1" and ${ENTERPRISE}:manager eq "m1"`, `(id eq "u1" and ${ENTERPRISE}:manager.value eq "m1")`],
    ["emails pr", "emails pr"],
    ["name pr", "name pr"],
  ])("%s means %s", (text, expected) => expect(say(parse(text))).toBe(expected));

  it("means its value in a group too", () => {
    expect(say(parse('id eq "g" and members eq "u"', groupType))).toBe('(id eq "g" and members.value eq "u")');
  });

  it.each(['name eq "x"', 'addresses co "x"', 'meta eq "x"', "name eq null"])(
    "is refused in %s, where it has no value",
    (text) => expect(refusal(text).message).toContain("no value sub-attribute"),
  );
});

describe("a value path", () => {
  it("with a sub-attribute behind it, as Entra ID writes it, is a term within the brackets", () => {
    const entra = parse('emails[type eq "work"].value eq "a@b.c"');
    expect(entra).toEqual(parse('emails[type eq "work" and value eq "a@b.c"]'));
    expect(parse('emails[type eq "work"].Value eq "a@b.c"')).toEqual(entra);
    expect(say(parse('emails[type eq "work" and primary eq true].value pr'))).toBe(
      'emails[(type eq "work" and primary eq true and value pr)]',
    );
    expect(say(parse('emails[type eq "work" or primary eq true].value sw "a" and active eq true'))).toBe(
      '(emails[((type eq "work" or primary eq true) and value sw "a")] and active eq true)',
    );
  });

  it("may be of a single-valued complex attribute", () => {
    expect(say(parse('manager[value eq "x"]'))).toBe(`${ENTERPRISE}:manager[value eq "x"]`);
    expect(say(parse('name[familyName eq "x"]'))).toBe('name[familyName eq "x"]');
  });

  it.each([
    'emails[emails[type eq "work"]]',
    'emails[type[value eq "x"]]',
    'title[value eq "x"]',
    'schemas[value eq "x"]',
    'name.familyName[value eq "x"]',
    "emails[]",
    "emails[type pr",
    "emails[type pr)",
    "emails type pr]",
    'emails[type pr] eq "x"',
    'emails[type pr] .value eq "x"',
    'emails[type pr].nope eq "x"',
    "emails[type pr].value",
    "emails[emails.type pr]",
    "emails[userName pr]",
    "(emails[type pr)]",
  ])("%s is refused", (text) => expect(refusal(text).message).toMatch(/^The filter is not valid: .+\.$/));
});

describe("types", () => {
  it.each([
    'active eq "yes"',
    "active eq 1",
    "active gt true",
    'active co "t"',
    'emails.primary sw "t"',
    'emails[primary ge "true"]',
    'x509Certificates.value gt "MII"',
    'x509Certificates co "MII"',
    "userName eq 5",
    "userName eq true",
    "emails eq false",
    'meta.lastModified gt "2011"',
    'meta.lastModified gt "2011-05-13"',
    'meta.lastModified co "2011"',
    'meta.lastModified eq ""',
    "meta.lastModified gt 5",
    "title gt null",
    "title co null",
    "emails[value sw null]",
    "meta.created le null",
  ])("%s is refused", (text) => {
    refusal(text);
  });

  it.each([
    'roles[primary eq "True"]',
    'roles[primary eq "true"]',
    'roles[primary eq "TRUE"]',
    "roles[primary eq true]",
  ])("%s compares a boolean", (text) => expect(parse(text)).toMatchObject({ filter: { value: true, literal: true } }));

  it("keep the literal as it was written beside what is compared", () => {
    expect(parse('userName eq "BJensen"')).toMatchObject({ value: "bjensen", literal: "BJensen" });
    expect(parse('externalId eq "BJensen"')).toMatchObject({ value: "BJensen" });
    expect(parse('meta.created ge "1970-01-01T01:00:00.5+01:00"')).toMatchObject({ value: 500_000 });
  });

  it("take an empty string for no value", () => {
    expect(say(parse('title eq ""'))).toBe("title eq null");
    expect(say(parse('title ne ""'))).toBe("title ne null");
    expect(say(parse('title co ""'))).toBe('title co ""');
  });
});

describe("literals", () => {
  it.each([
    ['"a\\"b"', 'a"b'],
    ['"a\\\\"', "a\\"],
    ['"\\n\\t\\/"', "\n\t/"],
    ['"\\u0042\\u00e9"', "Bé"],
    ['"\\ud83d\\ude00"', "😀"],
    ['"O\'Malley"', "O'Malley"],
    ['") or (title pr"', ") or (title pr"],
    ['"[x]"', "[x]"],
  ])("%s is decoded as JSON has it", (literal, value) =>
    expect(parse(`externalId eq ${literal}`)).toMatchObject({ value }),
  );

  it.each(['"', '"x', '"x\\"', '"\\x41"', '"\\u12"', '"a\nb"', '"a\u0000b"', "'x'", "x", "“x”"])(
    "%j is refused as a string",
    (literal) => {
      refusal(`externalId eq ${literal}`);
    },
  );

  it("that are wrong are not echoed, since they may be personal", () => {
    expect(refusal("userName eq secretvalue").message).not.toContain("secretvalue");
    expect(refusal('active eq "secretvalue"').message).not.toContain("secretvalue");
  });
});

describe("a configured type", () => {
  const device = schema("urn:example:Device", "Device", "", [
    integer("ports", ""),
    decimal("weight", ""),
    complex("pairing", "", [string("name", ""), string("pin", "", { returned: "never" })]),
    multiValued("parts", "", [string("value", "", { returned: "never" })]),
    complex("lock", "", [string("value", "", { returned: "never" })]),
    string("seed", "", { mutability: "writeOnly" }),
  ]);
  const type: ResourceType = { ...userType, id: "Device", name: "Device", schema: device, extensions: [] };

  it.each<[string, number]>([
    ["0", 0],
    ["-0", 0],
    ["42", 42],
    ["-1.5", -1.5],
    ["1e2", 100],
    ["1.25E+2", 125],
    ["5e-1", 0.5],
  ])("compares with the number %s as JSON has it", (text, value) =>
    expect(parse(`weight ge ${text}`, type)).toMatchObject({ value }),
  );

  it.each([
    "01",
    "-01",
    "+1",
    ".5",
    "1.",
    "-",
    "1e",
    "1e+",
    "0x10",
    "1_000",
    "1e999",
    "NaN",
    "Infinity",
    "1,5",
    "١",
    '"1"',
    "true",
  ])("refuses %s as a number", (text) => expect(refusal(`weight eq ${text}`, type).message).toContain("a number"));

  it("compares integers with whole numbers only, and by size", () => {
    expect(refusal("ports gt 1.5", type).message).toContain("a whole number");
    expect(refusal("ports co 1", type).message).toContain("does not apply to ports");
    expect(matches(parse("ports gt 9", type), { ports: 10 })).toBe(true);
    expect(matches(parse("weight lt 1e-1", type), { weight: 0.05 })).toBe(true);
  });

  it.each([
    'pairing.pin eq "1"',
    'pairing[pin sw "1"]',
    'pairing[name pr].pin eq "1"',
    "pairing.pin pr",
    "seed pr",
    'parts ne "1"',
    'lock sw "1"',
  ])("does not tell by %s what is secret", (text) => expect(refusal(text, type).message).toContain("secret"));

  it("does not tell either whether there is a secret", () => {
    const pairing = (sub: string) => ({ pairing: { [sub]: "1" } });
    expect(["name", "pin"].map((sub) => matches(parse("pairing pr", type), pairing(sub)))).toEqual([true, false]);
  });
});

describe("refusals", () => {
  it.each([
    ["", "offset 0"],
    ["   ", "offset 3"],
    ["userName", "expected an operator at offset 8"],
    ["userName eq", "at offset 11"],
    ['userName "x"', "expected an operator at offset 9"],
    ['userName xx "x"', "not “xx”"],
    ['userName regex "x"', "one of eq, ne, co, sw, ew, gt, ge, lt, le, pr"],
    ['nope eq "x"', "User has no attribute “nope” (offset 0)"],
    ['title pr and emails[nope eq "x"]', "emails has no attribute “nope” (offset 20)"],
    ['urn:example:User:x eq "x"', "“urn:example:User:x”"],
    ['members eq "x"', "“members”"],
    ["title pr title", "expected “and”, “or” or the end at offset 9"],
    ["title pr)", "offset 8"],
    ["title pr and", "expected an attribute name at offset 12"],
    ["and title pr", "“and”"],
    ["title pr and and nickName pr", "“and”"],
    ["(title pr", "expected “)” at offset 9, to close what offset 0 opened"],
    ["()", "offset 1"],
    ["not title pr", "expected “(” after “not” at offset 4"],
    ["not", "expected “(”"],
    ['"userName" eq "x"', "expected an attribute name at offset 0"],
    ['userName eq "x" eq "y"', "offset 16"],
    ['userName eq "x";drop', "offset 15"],
    ["userName eq bjensen", "a string in double quotes at offset 12"],
    ["meta.resourceType eq User", "a string in double quotes"],
    ['userName eq ("x")', "offset 12"],
  ])("%j says %s", (text, part) => expect(refusal(text).message).toContain(part));

  it.each(["password pr", 'password sw "a"', 'not (password eq "x")', `${CORE}:PASSWORD eq "x"`])(
    "%s: a secret cannot be asked for",
    (text) => expect(refusal(text).message).toContain("secret"),
  );

  it.each(hostileNames)("%s is an unknown name", (name) => {
    expect(refusal(`${name} eq "x"`).message).toContain("has no attribute");
    expect(refusal(`emails[${name} eq "x"]`).message).toContain("has no attribute");
  });

  it("cut a long name short", () => {
    expect(refusal(`${"x".repeat(5000)} pr`).message.length).toBeLessThan(250);
  });
});

describe("limits", () => {
  const { length, depth, terms } = FILTER_LIMITS;
  it("are 10 000 characters, 20 levels and 200 terms", () =>
    expect(FILTER_LIMITS).toEqual({ length: 10_000, depth: 20, terms: 200 }));

  it("allow exactly as much as they say", () => {
    const padded = (size: number) => `title eq "${"x".repeat(size - 11)}"`;
    expect(parse(padded(length)).kind).toBe("compare");
    expect(refusal(padded(length + 1)).message).toContain("10001 characters, and the limit is 10000");
    const nested = (levels: number) => `${"(".repeat(levels)}title pr${")".repeat(levels)}`;
    expect(say(parse(nested(depth)))).toBe("title pr");
    expect(refusal(nested(depth + 1)).message).toContain("nested deeper than the limit of 20");
    const many = (count: number) => Array(count).fill("title pr").join(" or ");
    expect(parse(many(terms))).toHaveProperty("terms.length", terms);
    expect(refusal(many(terms + 1)).message).toContain("more terms than the limit of 200");
  });

  it.each(["eq", "co", "ew"])("bound the text after “%s” in the form in which it is compared", (operator) => {
    // This one letter is three signs of six bytes then.
    const asking = (letters: number) => `userName ${operator} "${"\ufb2c".repeat(letters)}"`;
    const most = Math.floor(LONGEST_TEXT / 6);
    expect(parse(asking(most)).kind).toBe("compare");
    expect(refusal(asking(most + 1))).toMatchObject({
      scimType: "invalidFilter",
      message: expect.stringContaining("userName is compared with a text of 16002 bytes, and the limit is 16000"),
    });
  });

  it("count brackets and negations as levels, and terms within brackets as terms", () => {
    const levels = depth - 1;
    expect(parse(`${"not (".repeat(levels)}emails[type pr]${")".repeat(levels)}`).kind).toBe("not");
    expect(refusal(`${"not (".repeat(depth)}emails[type pr]${")".repeat(depth)}`).message).toContain("nested");
    expect(refusal(Array(101).fill("emails[type pr].value pr").join(" and ")).message).toContain("terms");
  });

  it("may be set by the caller, and hold for what is malformed too", () => {
    expect(() => parseFilter(userType, "(title pr)", { ...FILTER_LIMITS, depth: 0 })).toThrow(/limit of 0/);
    expect(refusal("(".repeat(9_999)).message).toContain("nested");
    expect(refusal("emails[".repeat(1_400)).message).toContain("has no attribute");
    expect(refusal("not (".repeat(1_999)).message).toContain("nested");
  });

  it("bound the time of whatever fits in them", () => {
    const fill = (piece: string) => piece.repeat(Math.floor(length / piece.length));
    const worst = ["(", "not(", "a", ".", "\\", '"', "title pr or ", "emails[", " ", "\t", "urn:", "1", "é"].map(fill);
    const start = performance.now();
    for (const text of [...worst, `title eq "${fill("\\u0041").slice(0, 9_000)}"`]) {
      try {
        parse(text);
      } catch (error) {
        expect(error).toMatchObject({ scimType: "invalidFilter" });
      }
    }
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe("any text", () => {
  it("is a filter or an invalidFilter, and prototypes stay as they are", () => {
    const before = Object.getOwnPropertyNames(Object.prototype).join();
    const words = [
      "userName",
      "emails",
      "[",
      "]",
      "(",
      ")",
      ".value",
      "type",
      " ",
      " eq ",
      " pr",
      '"x"',
      "not",
      " and ",
      " or ",
      '"',
      "\\",
      "5",
      "true",
      "null",
      ...hostileNames,
    ];
    const soup = fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), soup), (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toMatchObject({ name: "ScimError", status: 400, scimType: "invalidFilter" });
        }
      }),
      { numRuns: 3000 },
    );
    expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
  });

  it("that is a valid filter stops being one when it is cut off within a term, or goes on", () => {
    fc.assert(
      fc.property(arbitraryFilterText(userType), (text) => {
        parse(text);
        refusal(`${text} and`);
        refusal(`${text} title`);
        refusal(`${text})`);
        refusal(`(${text}`);
      }),
      { numRuns: 300 },
    );
  });
});
