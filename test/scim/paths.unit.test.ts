// Names and paths as clients write them: any case, URNs with dots and colons, hostile keys.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { ScimError } from "../../src/scim/errors.ts";
import { matchesElement } from "../../src/scim/filter/evaluate.ts";
import { FILTER_LIMITS } from "../../src/scim/filter/limits.ts";
import { type AttributeTarget, parsePatchPath } from "../../src/scim/filter/patch-path.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { complex, schema, string } from "../../src/scim/schema/define.ts";
import {
  attributesOf,
  elementPath,
  findAttribute,
  findExtension,
  findSubAttribute,
  pathsOf,
  resolveExtension,
  resolvePath,
  wholePath,
} from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { hostileNames } from "./arbitraries.ts";
import { everything } from "./reading.ts";

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

describe("an attribute's name", () => {
  it.each(["userName", "username", "USERNAME", "uSeRnAmE"])("is found as %s", (name) =>
    expect(findAttribute(attributesOf(userType), name)?.name).toBe("userName"),
  );

  it("is compared in ASCII: the Kelvin sign is no k", () => {
    expect("nic\u212aName".toLowerCase()).toBe("nickname");
    expect(findAttribute(attributesOf(userType), "nic\u212aName")).toBe(undefined);
  });

  it.each(hostileNames)("%s names nothing", (name) => {
    expect(findAttribute(attributesOf(userType), name)).toBe(undefined);
    expect(resolvePath(userType, name)).toBe(undefined);
    expect(findExtension(userType, name)).toBe(undefined);
    expect(() => parsePatchPath(userType, name)).toThrow(expect.objectContaining({ scimType: "invalidPath" }));
  });

  it("of a sub-attribute is found in any case, and only in a complex attribute", () => {
    const emails = findAttribute(attributesOf(userType), "emails")!;
    expect(findSubAttribute(emails, "Value")?.name).toBe("value");
    expect(findSubAttribute(findAttribute(attributesOf(userType), "title")!, "value")).toBe(undefined);
  });
});

describe("a path", () => {
  it.each([
    ["userName", "userName"],
    ["USERNAME", "userName"],
    ["emails.value", "emails.value"],
    ["Emails.Value", "emails.value"],
    ["name.familyName", "name.familyName"],
    ["meta.lastModified", "meta.lastModified"],
    ["schemas", "schemas"],
    [`${CORE}:userName`, "userName"],
    [`${CORE.toUpperCase()}:USERNAME`, "userName"],
    [`${CORE}:emails.value`, "emails.value"],
    [`${CORE}:meta.lastModified`, "meta.lastModified"],
    [`${ENTERPRISE}:department`, `${ENTERPRISE}:department`],
    [`${ENTERPRISE}:manager`, `${ENTERPRISE}:manager`],
    [`${ENTERPRISE}:manager.value`, `${ENTERPRISE}:manager.value`],
    [`${ENTERPRISE.toLowerCase()}:MANAGER.$REF`, `${ENTERPRISE}:manager.$ref`],
    ["manager", `${ENTERPRISE}:manager`],
    ["Manager.displayName", `${ENTERPRISE}:manager.displayName`],
    ["department", `${ENTERPRISE}:department`],
  ])("%s is %s", (text, canonical) => expect(resolvePath(userType, text)?.text).toBe(canonical));

  it("may have the $ that RFC 7643 allows and the grammar of RFC 7644 forgot", () => {
    expect(resolvePath(groupType, "members.$ref")?.sub?.name).toBe("$ref");
  });

  it.each([
    "",
    ".",
    "emails.",
    ".value",
    "emails..value",
    "emails.value.value",
    "userName.value",
    "emails:value",
    " userName",
    CORE,
    ENTERPRISE,
    `${CORE}:`,
    `${CORE}:department`,
    `${ENTERPRISE}:userName`,
    `${ENTERPRISE}.department`,
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department",
    "2.0:User:department",
    "User:userName",
    "members",
  ])("%j is none of a user", (text) => expect(resolvePath(userType, text)).toBe(undefined));

  it("is always the same object", () => {
    for (const path of pathsOf(userType)) {
      expect(resolvePath(userType, path.text)).toBe(path);
      expect(resolvePath(userType, path.text.toUpperCase())).toBe(path);
    }
    expect(resolvePath(userType, `${CORE}:userName`)).toBe(resolvePath(userType, "userName"));
    expect(elementPath(findSubAttribute(resolvePath(userType, "emails")!.attribute, "TYPE")!)).toBe(
      elementPath(findSubAttribute(resolvePath(userType, "emails")!.attribute, "type")!),
    );
  });

  it("is unique by its text", () => {
    const texts = pathsOf(userType).map(({ text }) => text);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it("knows the whole attribute that it is of", () => {
    expect(wholePath(userType, resolvePath(userType, "emails.value")!)).toBe(resolvePath(userType, "emails"));
    expect(wholePath(userType, resolvePath(userType, "emails")!)).toBe(resolvePath(userType, "emails"));
    expect(wholePath(userType, resolvePath(userType, "manager.value")!).text).toBe(`${ENTERPRISE}:manager`);
  });

  it("into an extension whose URN begins like another's belongs to the longer one", () => {
    const short = schema("urn:example:2.0", "Short", "", [string("color", "")]);
    const long = schema("urn:example:2.0:User", "Long", "", [
      string("color", ""),
      complex("car", "", [string("make", "")]),
    ]);
    const type: ResourceType = {
      ...userType,
      extensions: [short, long].map((extension) => ({ schema: extension, required: false })),
    };
    expect(resolvePath(type, "urn:example:2.0:color")?.extension).toBe(short.id);
    expect(resolvePath(type, "urn:example:2.0:User:color")?.extension).toBe(long.id);
    expect(resolvePath(type, "URN:EXAMPLE:2.0:USER:CAR.MAKE")?.text).toBe("urn:example:2.0:User:car.make");
    expect(resolvePath(type, "car.make")?.extension).toBe(long.id);
    expect(resolvePath(type, "color")).toBe(undefined); // two extensions have one
    expect(resolvePath(userType, "color")).toBe(undefined);
  });
});

describe("an extension", () => {
  it("is found by its URN in any case", () => {
    expect(findExtension(userType, ENTERPRISE.toUpperCase())?.id).toBe(ENTERPRISE);
    expect(resolveExtension(userType, ENTERPRISE.toLowerCase())).toBe(ENTERPRISE);
    expect(resolveExtension(userType, CORE)).toBe(undefined);
    expect(resolveExtension(groupType, ENTERPRISE)).toBe(undefined);
  });
});

describe("the path of a PATCH operation", () => {
  const parse = (text: string, type = userType) =>
    parsePatchPath(type, text, FILTER_LIMITS, everything) as AttributeTarget;
  const failure = (text: string): ScimError => {
    try {
      parsePatchPath(userType, text);
    } catch (error) {
      return error as ScimError;
    }
    throw new Error(`${text} was accepted`);
  };

  it.each([
    ["userName", "userName", undefined],
    ["EMAILS", "emails", undefined],
    ["name.familyName", "name", "familyName"],
    ["emails.Value", "emails", "value"],
    [`${CORE}:name.givenName`, "name", "givenName"],
    [`${ENTERPRISE}:manager`, `${ENTERPRISE}:manager`, undefined],
    [`${ENTERPRISE}:manager.value`, `${ENTERPRISE}:manager`, "value"],
    [`${ENTERPRISE}:employeeNumber`, `${ENTERPRISE}:employeeNumber`, undefined],
    ["password", "password", undefined],
  ])("%s is the attribute %s, sub-attribute %s", (text, path, sub) => {
    const parsed = parse(text);
    expect([parsed.path.text, parsed.sub?.name, parsed.filter]).toEqual([path, sub, undefined]);
    expect(parsed.path.sub).toBe(undefined);
  });

  it.each([
    ['emails[type eq "work"]', "emails", undefined],
    ['emails[type eq "other"].Value', "emails", "value"],
    ['addresses[type eq "work" and not (country eq "DE")].formatted', "addresses", "formatted"],
    ['roles[primary eq "True"].display', "roles", "display"],
    [`${ENTERPRISE}:manager[value eq "1"].$ref`, `${ENTERPRISE}:manager`, "$ref"],
    [`${ENTERPRISE}:manager[value eq "1"]`, `${ENTERPRISE}:manager`, undefined],
    ['manager[value eq "1"]', `${ENTERPRISE}:manager`, undefined],
  ])("%s selects within %s, sub-attribute %s", (text, path, sub) => {
    const parsed = parse(text);
    expect([parsed.path.text, parsed.sub?.name, parsed.filter !== undefined]).toEqual([path, sub, true]);
  });

  it("has a filter that is relative to the element, with any operator", () => {
    const { filter } = parse('emails[type ne "work" and value co "@X.COM"]');
    expect(matchesElement(filter!, { type: "home", value: "a@x.com" })).toBe(true);
    expect(matchesElement(filter!, { value: "a@x.com" })).toBe(true);
    expect(matchesElement(filter!, { type: "WORK", value: "a@x.com" })).toBe(false);
    const members = parse('members[value eq "2819C223"]', groupType);
    expect(matchesElement(members.filter!, { value: "2819c223" })).toBe(true);
  });

  it("may be nothing but an extension's URN", () => {
    expect(parsePatchPath(userType, ENTERPRISE.toUpperCase())).toEqual({ extension: ENTERPRISE });
  });

  it.each([
    "",
    "   ",
    '"userName"',
    "[",
    "nope",
    "emails.nope",
    "emails value",
    "emails]",
    "emails.value[type pr]",
    "title[value pr]",
    "schemas[value pr]",
    'emails[type eq "work"].nope',
    'emails[type eq "work"] .value',
    'emails[type eq "work"]value',
    'emails[type eq "work"].value.x',
    'emails[type eq "work"].value eq "x"',
    'emails[type eq "work"][type pr]',
    'emails[type eq "work"]]',
    `${ENTERPRISE}[department pr]`,
    CORE,
    `${"x".repeat(10_001)}`,
  ])("%j is refused as invalidPath", (text) =>
    expect(failure(text)).toMatchObject({ status: 400, scimType: "invalidPath" }),
  );

  it.each([
    "emails[",
    "emails[]",
    "emails[type]",
    'emails[type eq "work"',
    'emails[type eq "work]',
    'emails[type xx "work"]',
    'emails[nope eq "work"]',
    "emails[primary gt true]",
    'emails[type eq "work" and]',
    'emails[emails[type eq "work"]]',
    `emails[${"(".repeat(21)}type pr${")".repeat(21)}]`,
    `emails[${Array(201).fill("type pr").join(" or ")}]`,
  ])("%j is refused as invalidFilter", (text) =>
    expect(failure(text)).toMatchObject({ status: 400, scimType: "invalidFilter" }),
  );

  it("never fails in another way, and leaves prototypes alone", () => {
    const word = fc.constantFrom(
      "emails",
      "[",
      "]",
      ".value",
      "type",
      " ",
      "eq",
      '"work"',
      "(",
      ")",
      "not",
      "and",
      "or",
      '"',
      ...hostileNames,
    );
    const before = Object.getOwnPropertyNames(Object.prototype).join();
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word, { maxLength: 12 }).map((words) => words.join("")),
        ),
        (text) => {
          try {
            parsePatchPath(userType, text);
          } catch (error) {
            expect(error).toMatchObject({ status: 400, scimType: expect.stringMatching(/^invalid(Path|Filter)$/) });
          }
        },
      ),
      { numRuns: 2000 },
    );
    expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
  });
});
