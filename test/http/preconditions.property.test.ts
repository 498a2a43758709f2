// Conditions on a version against RFC 9110 read naively: the grammar of §8.8.3 and §5.6.1.2 as regular expressions, and
// §13.2.2 as it stands, step by step.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { requireVersion } from "../../src/eventlog/required-version.ts";
import { etagOf, hasVersion, parseTags } from "../../src/http/etag.ts";
import type { Exchange } from "../../src/http/exchange.ts";
import { isKnown, writeConditions } from "../../src/http/preconditions.ts";
import { ScimError } from "../../src/scim/errors.ts";

const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`;
const LIST = new RegExp(String.raw`^(?:[ \t]*(?:${TAG})?[ \t]*,)*[ \t]*(?:${TAG})?[ \t]*$`, "u");

/** The opaque tags of a list; "*"; undefined for what is neither. */
function naiveTags(header: string): "*" | string[] | undefined {
  if (/^[ \t]*\*[ \t]*$/u.test(header)) return "*";
  if (!LIST.test(header)) return undefined;
  return [...header.matchAll(new RegExp(TAG, "gu"))].map(([tag]) => tag.replace(/^W\//u, "").slice(1, -1));
}

type Outcome = "go" | 304 | 400 | 412;

/** RFC 9110 §13.2.2 on a resource that exists, with weak comparison throughout. */
function naive(method: "GET" | "PUT", version: number, match?: string, noneMatch?: string): Outcome {
  const has = (tags: "*" | string[]) => tags === "*" || tags.includes(String(version));
  if (match !== undefined) {
    const tags = naiveTags(match);
    if (tags === undefined) return 400;
    if (method === "PUT" && noneMatch !== undefined && naiveTags(noneMatch) === undefined) return 400;
    if (!has(tags)) return 412;
  }
  if (noneMatch !== undefined) {
    const tags = naiveTags(noneMatch);
    if (tags === undefined) return method === "GET" ? "go" : 400;
    if (has(tags)) return method === "GET" ? 304 : 412;
  }
  return "go";
}

const exchangeWith = (match?: string, noneMatch?: string): Exchange =>
  ({
    request: {
      headers: {
        ...(match === undefined ? {} : { "if-match": match }),
        ...(noneMatch === undefined ? {} : { "if-none-match": noneMatch }),
      },
    },
  }) as unknown as Exchange;

function outcome(method: "GET" | "PUT", version: number, match?: string, noneMatch?: string): Outcome {
  const exchange = exchangeWith(match, noneMatch);
  try {
    if (method === "GET") return isKnown(exchange, version) ? 304 : "go";
    requireVersion(version, writeConditions(exchange));
    return "go";
  } catch (error) {
    if (error instanceof ScimError) return error.status as Outcome;
    throw error;
  }
}

const version = fc.integer({ min: 0, max: 3 });
const piece = fc.oneof(
  version.map(etagOf),
  version.map((one) => `"${one}"`),
  fc.constantFrom(
    ",",
    " ",
    "\t",
    "*",
    '"',
    "W/",
    "w/",
    "0",
    '"a,b"',
    '""',
    'W/""',
    "\u00ff",
    '"\u00e9"',
    '"a b"',
    "\u007f",
  ),
);
const header = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
const list = fc
  .array(fc.tuple(fc.constantFrom("", " ", "\t "), fc.oneof(version.map(etagOf), fc.constantFrom('"x"', "", '"1"'))))
  .map((elements) => elements.map((parts) => parts.join("")).join(" ,"));
const field = fc.option(fc.oneof(header, list, fc.constant("*")), { nil: undefined });

describe("conditions on a version", () => {
  it("are decided as RFC 9110 §13.2.2 has it, for every header", () =>
    fc.assert(
      fc.property(fc.constantFrom("GET", "PUT"), version, field, field, (method, current, match, noneMatch) =>
        expect([method, match, noneMatch, outcome(method, current, match, noneMatch)]).toEqual([
          method,
          match,
          noneMatch,
          naive(method, current, match, noneMatch),
        ]),
      ),
      { numRuns: 5_000 },
    ));

  it("find the tag of a version in any list that has it", () =>
    fc.assert(
      fc.property(fc.array(version, { minLength: 1 }), version, (versions, other) => {
        const tags = parseTags(versions.map(etagOf).join(", "))!;
        expect(hasVersion(tags, other)).toBe(versions.includes(other));
      }),
    ));
});

it.each<[string, readonly string[] | "*" | undefined]>([
  ["*", "*"],
  [" * ", "*"],
  ['"1"', ["1"]],
  ['W/"1"', ["1"]],
  ['"1",W/"2" ,\t"3"', ["1", "2", "3"]],
  [',, "1" ,,', ["1"]],
  ["", []],
  ['"a,b", "c"', ["a,b", "c"]],
  ['""', [""]],
  ['"é"', ["é"]],
  ["1", undefined],
  ['w/"1"', undefined],
  ['W/ "1"', undefined],
  ['"1" "2"', undefined],
  ['"1', undefined],
  ['1"', undefined],
  ['*, "1"', undefined],
  ['"a b"', undefined],
  ["W/", undefined],
])("the list %s is read as RFC 9110 §8.8.3 has it", (text, tags) => {
  const read = parseTags(text);
  expect(read instanceof Set ? [...read] : read).toEqual(tags);
});
