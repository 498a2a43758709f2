// What an attacker sends to a filter, a body or a PATCH: the answer is a ScimError or a correct result, in linear time, and
// nothing of JavaScript shows through.
import { afterAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { comparisonKey } from "../../src/scim/comparison-key.ts";
import { ScimError } from "../../src/scim/errors.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { parseSearchRequest } from "../../src/scim/messages.ts";
import { readPatch } from "../../src/scim/normalise/read.ts";
import { Normalisation } from "../../src/scim/normalise/rule.ts";
import { defaultPatchLimits, parsePatch } from "../../src/scim/patch/operations.ts";
import { parseResource } from "../../src/scim/resource/parse.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { parseSelection, select } from "../../src/scim/selection.ts";
import { normalisePatch, normaliseResource } from "../scim/reading.ts";
import { expectRefusal, wire } from "../scim/refusal.ts";
import { createdUser, ENTERPRISE, patchBody, patchedUser, selects, USER } from "./engine.ts";

const prototype = Object.getOwnPropertyNames(Object.prototype).toSorted();
const arrayPrototype = Object.getOwnPropertyNames(Array.prototype).toSorted();

afterAll(() => {
  expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(prototype);
  expect(Object.getOwnPropertyNames(Array.prototype).toSorted()).toEqual(arrayPrototype);
  expect(Object.keys({})).toEqual([]);
  expect(({} as JsonObject)["polluted"]).toBeUndefined();
});

/** A result, or a refusal that a client can be told; whatever else is thrown fails the test. */
const answered = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
};

const everywhere = (body: unknown): void => {
  for (const profile of ["lenient", "rfc"] as const) {
    answered(() => parseResource(userType, normaliseResource(userType, body, profile).body, "create"));
    answered(() =>
      parseResource(userType, normaliseResource(userType, body, profile).body, "replace", { userName: "a" }),
    );
    answered(() => parsePatch(userType, normalisePatch(userType, body, profile, { userName: "a" }).body));
  }
  answered(() => parseSearchRequest(body));
};

const inherited = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "isPrototypeOf",
  "__defineGetter__",
  "prototype",
  "length",
];
const anyCase = inherited.flatMap((name) => [name, name.toUpperCase()]);

describe("names that every JavaScript object knows", () => {
  it.each(anyCase)("%s is no attribute in a filter", (name) => {
    for (const path of [
      name,
      `emails.${name}`,
      `${USER}:${name}`,
      `${ENTERPRISE}:${name}`,
      `${name}:userName`,
      `${name}.${name}`,
    ]) {
      for (const filter of [`${path} pr`, `${path} eq "a"`, `${path}[value eq "a"]`, `not (${path} eq null)`])
        expectRefusal(() => selects(filter, {}), { scimType: "invalidFilter" });
    }
    expectRefusal(() => selects(`emails[${name} eq "a"]`, {}), { scimType: "invalidFilter" });
    expectRefusal(() => selects(`userName ${name} "a"`, {}), { scimType: "invalidFilter" });
    expectRefusal(() => selects(`userName eq ${name}`, {}), { scimType: "invalidFilter" });
    expect(selects(`userName eq "${name}"`, { userName: name })).toBe(true);
    expect(selects(`userName eq "${name}"`, {})).toBe(false);
  });

  it.each(anyCase)("%s is no attribute in a PATCH", (name) => {
    const value = { polluted: true };
    for (const op of ["add", "replace", "remove"])
      for (const path of [
        name,
        `emails.${name}`,
        `name.${name}`,
        `${USER}:${name}`,
        `${ENTERPRISE}:${name}`,
        `${name}.polluted`,
        `${name}[value eq "a"]`,
        `emails[value eq "a"].${name}`,
      ])
        expectRefusal(() => patchedUser({ emails: [{ value: "a" }] }, { op, path, value }), {
          scimType: "invalidPath",
        });
    for (const op of ["add", "replace"])
      for (const members of [
        `{"${name}":{"polluted":1}}`,
        `{"name":{"${name}":{"polluted":1}}}`,
        `{"emails":[{"${name}":{"polluted":1}}]}`,
        `{"${ENTERPRISE}":{"${name}":1}}`,
      ])
        expectRefusal(() => patchedUser({}, { op, value: wire(members) as Json }), { scimType: "invalidSyntax" });
  });

  it.each(anyCase)("%s is no attribute in a body", (name) => {
    for (const text of [
      `{"${name}":{"polluted":1}}`,
      `{"name":{"${name}":{"polluted":1}}}`,
      `{"emails":[{"${name}":1}]}`,
      `{"${ENTERPRISE}":{"${name}":1}}`,
    ]) {
      const body = wire(`{"schemas":["${USER}","${ENTERPRISE}"],"userName":"a",${text.slice(1)}`) as JsonObject;
      expectRefusal(() => parseResource(userType, body, "create"), { scimType: "invalidSyntax" });
      const lenient = normaliseResource(userType, body, "lenient").body as JsonObject;
      const { attributes } = parseResource(userType, lenient, "create");
      expect(attributes["userName"]).toBe("a");
      expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype);
      expect(JSON.stringify(attributes)).not.toContain("polluted");
    }
    everywhere(
      wire(`{"schemas":["${name}"],"userName":"a","op":"${name}","Operations":[{"op":"${name}","path":"${name}"}]}`),
    );
    expect(createdUser({ userName: name, name: { givenName: name } })).toEqual({
      userName: name,
      name: { givenName: name },
    });
    expect(select({ userName: "a" }, parseSelection(userType, { attributes: `${name},emails.${name}` }))).toEqual({});
  });
});

describe("texts", () => {
  const strange = [
    "\u0000",
    "a\u0000b",
    "\ud800",
    "\udc00",
    "a\ud83d",
    "\ufeff",
    "\u202e",
    "\uffff",
    "\u{10ffff}",
    "e\u0301",
    "ﬃ",
    "İ",
    "ẞ",
  ];

  it.each(strange)("%j is compared with itself, or refused as no text", (text) => {
    const made = answered(() => createdUser({ title: text }));
    if (text.isWellFormed()) {
      expect(made).toEqual({ userName: "bjensen", title: text });
      expect(selects(`title eq ${JSON.stringify(text)}`, { title: text })).toBe(true);
      expect(selects(`title co ${JSON.stringify(text)}`, { title: `x${text}y` })).toBe(true);
    }
    expect(typeof answered(() => selects(`title eq ${JSON.stringify(text)}`, { title: text }))).not.toBe("undefined");
    expect(comparisonKey(comparisonKey(text))).toBe(comparisonKey(text));
  });

  it("escapes in a filter mean the characters that they name", () => {
    expect(selects('title eq "\\u0000"', { title: "\u0000" })).toBe(true);
    expect(selects('title eq "\\u0041\\u005c\\u0022"', { title: 'a\\"' })).toBe(true);
    expectRefusal(() => selects('title eq "\u0000"', {}), { scimType: "invalidFilter" });
  });

  it("any text at all is a filter or an invalidFilter, a path or an invalidPath", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.string({ unit: fc.constantFrom(...'[]()"\\. :eqnotprandor$u0emails'), maxLength: 60 }),
    );
    fc.assert(
      fc.property(text, (input) => {
        answered(() => parseFilter(userType, input));
        answered(() => patchedUser({}, { op: "remove", path: input }));
        answered(() => select({ userName: "a" }, parseSelection(userType, { attributes: input })));
      }),
      { numRuns: 1_500 },
    );
  });
});

describe("values", () => {
  it("any JSON at all is answered, in every place", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (body) => everywhere(body)),
      { numRuns: 300 },
    );
    const name = fc.constantFrom(
      "userName",
      "name",
      "emails",
      "active",
      "schemas",
      "meta",
      "x509Certificates",
      ENTERPRISE,
      "Operations",
      "op",
      "path",
      "value",
      ...inherited,
    );
    const json = fc.letrec<{ any: Json }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<Json>(
          null,
          true,
          "",
          "a",
          0,
          -0,
          1e308,
          USER,
          "add",
          "emails",
          'emails[type eq "a"]',
          "urn:ietf:params:scim:api:messages:2.0:PatchOp",
        ),
        fc.array(tie("any"), { maxLength: 3 }),
        fc.dictionary(name, tie("any"), { maxKeys: 5, noNullPrototype: true }),
      ),
    })).any;
    fc.assert(
      fc.property(json, (body) => everywhere(body)),
      { numRuns: 1_500 },
    );
  });

  it("numbers beyond every bound", () => {
    const body = wire('{"op":"add","path":"title","value":1e400}') as { op: string };
    expectRefusal(() => patchedUser({}, body), { scimType: "invalidValue" });
    expect(selects("emails.primary eq false", { emails: [{ value: "a", primary: 0 }] })).toBe(false);
    for (const literal of ["1e400", "-1e400", `1${"0".repeat(400)}`, "1e-400"])
      expectRefusal(() => selects(`title eq ${literal}`, {}), { scimType: "invalidFilter" });
  });

  it("the same name twice, in whatever case", () => {
    for (const text of [
      `"USERNAME":"b"`,
      `"emails":[],"EMAILS":[]`,
      `"name":{"givenName":"a","GivenName":"b"}`,
      `"Schemas":[]`,
      `"${ENTERPRISE}":{},"${ENTERPRISE.toLowerCase()}":{}`,
    ])
      for (const profile of ["rfc", "lenient"] as const) {
        const body = wire(`{"schemas":["${USER}","${ENTERPRISE}"],"userName":"a",${text}}`);
        expectRefusal(() => parseResource(userType, normaliseResource(userType, body, profile).body, "create"), {
          scimType: "invalidSyntax",
        });
      }
    expectRefusal(() => patchedUser({}, { op: "add", value: { title: "a", TITLE: "b" } }), {
      scimType: "invalidSyntax",
    });
  });

  it("what nests as deep as a stack goes", () => {
    let deep: Json = "a";
    for (let i = 0; i < 5_000; i++) deep = i % 2 ? [deep] : { value: deep, name: deep };
    for (const value of [
      deep,
      { name: deep },
      { emails: deep },
      { emails: [{ value: deep }] },
      { [ENTERPRISE]: { manager: deep } },
    ])
      everywhere({
        schemas: [USER, ENTERPRISE],
        userName: "a",
        ...(value as JsonObject),
        Operations: [{ op: "add", path: "emails", value }],
      });
  });
});

/** The shortest of several runs, in milliseconds. */
const fastest = (act: () => unknown): number => {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    answered(act);
    best = Math.min(best, performance.now() - start);
  }
  return best;
};

describe("time", () => {
  const unlimited = { length: 1e7, depth: 1_000, terms: 1e6 };
  const shapes: Record<string, (length: number) => string> = {
    "open parentheses": (n) => "(".repeat(n),
    "parentheses around a term": (n) => `${"(".repeat(n / 2)}title pr${")".repeat(n / 2)}`,
    negations: (n) => `${"not (".repeat(n / 6)}title pr${")".repeat(n / 6)}`,
    brackets: (n) => "emails[".repeat(n / 7),
    "closing brackets": (n) => `title pr${"]".repeat(n)}`,
    "a long or": (n) => Array.from({ length: n / 12 }, () => "title pr").join(" or "),
    "a long and or": (n) => Array.from({ length: n / 12 }, (_, i) => `title pr ${i % 2 ? "and" : "or"}`).join(" "),
    "a long string": (n) => `title eq "${"a".repeat(n)}"`,
    "a long string of escapes": (n) => `title eq "${"\\u0041".repeat(n / 6)}"`,
    "a string without end": (n) => `title eq "${"\\\\".repeat(n / 2)}`,
    "many strings": (n) => '"a" '.repeat(n / 4),
    "a long name": (n) => `${"a".repeat(n)} pr`,
    "a name of dots": (n) => `${"a.".repeat(n / 2)} pr`,
    "a name of colons": (n) => `${"urn:".repeat(n / 4)} pr`,
    "a long number": (n) => `meta.created eq ${"1".repeat(n)}`,
    "a long fraction": (n) => `meta.created eq "2011-05-13T04:42:34.${"1".repeat(n)}Z"`,
    blanks: (n) => `title${" ".repeat(n)}pr`,
    "blanks that are none": (n) => `title${"\u00a0".repeat(n)}pr`,
    base64: (n) => `x509Certificates eq "${"A".repeat(n)}"`,
    "combining marks": (n) => `title eq "a${"\u0301".repeat(n)}"`,
  };

  it.each(Object.entries(shapes))("10 000 characters of %s are read at once", (_, shape) => {
    expect(fastest(() => parseFilter(userType, shape(9_900)))).toBeLessThan(100);
    expect(fastest(() => patchedUser({}, { op: "remove", path: shape(9_900) }))).toBeLessThan(100);
    expectRefusal(() => parseFilter(userType, shape(40_000)), { scimType: "invalidFilter" });
  });

  it.each(Object.entries(shapes))("four times as many characters of %s take about four times as long", (_, shape) => {
    const [small, large] = [shape(40_000), shape(160_000)];
    const ratio = () =>
      (fastest(() => parseFilter(userType, large, unlimited)) + 0.2) /
      (fastest(() => parseFilter(userType, small, unlimited)) + 0.2);
    expect(Math.min(ratio(), ratio(), ratio())).toBeLessThan(10);
  });

  it("deep filters are refused before the stack ends, with any limit that is sensible", () => {
    for (const shape of Object.values(shapes)) answered(() => parseFilter(userType, shape(100_000), unlimited));
  });
});

describe("10 000 operations", () => {
  const many = (count: number, operation: (i: number) => Json) =>
    patchBody(...(Array.from({ length: count }, (_, i) => operation(i)) as never[]));

  it("are refused at once with 413", () => {
    const body = many(10_000, (i) => ({ op: "add", path: "title", value: `${i}` }));
    expectRefusal(() => parsePatch(userType, body), { status: 413, scimType: undefined });
    normalisePatch(userType, body, "lenient", { userName: "a" });
  });

  it("are refused before their filters are read, in any profile, and so are a thousand of long filters", () => {
    const filter = Array.from({ length: 190 }, (_, i) => `value eq "user${i}@example.com"`).join(" or ");
    const onFilter = (i: number) => ({ op: "replace", path: `emails[${filter}].display`, value: `${i}` });
    for (const profile of ["rfc", "lenient", "entra", "interop-strict"] as const)
      for (const [count, key] of [
        [1_000, "Operations"],
        [10_000, "Operations"],
        [1_000, "operations"],
      ] as const) {
        if (key === "operations" && profile !== "lenient") continue;
        const { Operations, ...message } = many(count, onFilter);
        const body = { ...message, [key]: Operations as Json };
        const read = () => readPatch(new Normalisation(profile), userType, body, defaultPatchLimits, { userName: "a" });
        const start = performance.now();
        expectRefusal(read, { status: 413, scimType: undefined });
        expect(performance.now() - start).toBeLessThan(50);
      }
    const usual = many(1_000, (i) => ({
      op: "replace",
      path: `emails[value eq "u${i}@example.com"].display`,
      value: "x",
    }));
    expect(parsePatch(userType, usual)).toHaveLength(1_000);
  });

  it("a thousand that each walk a long list are refused with 413 rather than carried out for seconds", () => {
    const emails = Array.from({ length: 5_000 }, (_, i) => ({ value: `u${i}`, display: "x" }));
    const user = { userName: "a", emails };
    const operations = Array.from({ length: 1_000 }, (_, i) => ({
      op: "replace",
      path: `emails[value eq "u${i}"].display`,
      value: "y",
    }));
    expectRefusal(() => patchedUser(user, ...operations), { status: 413, scimType: undefined });
  });

  it("five hundred on a list of ordinary length are carried out", () => {
    const operations = Array.from({ length: 500 }, (_, i) => ({
      op: "add",
      path: "emails",
      value: [{ value: `v${i}` }],
    }));
    expect(patchedUser({}, ...operations)["emails"]).toHaveLength(500);
  });
});
