// How values are compared: keys of strings, instants, code point order.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { assignedValue, comparable, compareText } from "../../src/scim/comparable.ts";
import { COMPARISON_KEY_VERSION, comparisonKey } from "../../src/scim/comparison-key.ts";
import { parseDateTime } from "../../src/scim/date-time.ts";
import type { Attribute, AttributeType } from "../../src/scim/schema/characteristics.ts";
import {
  binary,
  boolean,
  complex,
  dateTime,
  decimal,
  integer,
  reference,
  string,
} from "../../src/scim/schema/define.ts";
import { texts } from "./arbitraries.ts";

interface Stored {
  readonly version: number;
  readonly samples: readonly (readonly [string, string])[];
  readonly width: readonly (readonly [string, string])[];
}
// Computed once from the Unicode data by another implementation. A key that changes makes stored claims unfindable.
const storedOf = (version: number): Stored =>
  JSON.parse(readFileSync(new URL(`./fixtures/comparison-keys.v${version}.json`, import.meta.url), "utf8")) as Stored;
const stored = storedOf(COMPARISON_KEY_VERSION);

const anyText = fc.oneof(
  fc.constantFrom<string>(...texts),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
);

/** A run of combining marks, none of which is composed of others that Unicode never composes. */
const marks = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom("\u0300", "\u0301", "\u0308", "\u0323", "\u0327", "\u093c", "\u3099"), maxLength });
const JOINER = "\u034f";

// Some letters compose with the letter before them: conjoining jamo, Kirat Rai vowels, halfwidth voicing marks.
const COMPOSING = /[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\uff9e\uff9f\u{16d40}-\u{16d7f}]/u;
const LETTERS = Array.from({ length: 0x20000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((character) => /\p{L}/u.test(character) && !COMPOSING.test(character));
const letters = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...LETTERS),
    fc.constantFrom(...LETTERS.filter((letter) => letter < "\u2000")),
    fc.constantFrom("Σ", "σ", "ς", "Α"),
  ),
});

describe("the comparison key", () => {
  it("is the one that was stored, sample by sample", () => {
    expect(stored.version).toBe(COMPARISON_KEY_VERSION);
    for (const [text, key] of stored.samples) expect([text, comparisonKey(text)]).toEqual([text, key]);
  });

  it("differs from the one of version 1 in the final sigma alone", () => {
    for (const [text, key] of [...storedOf(1).samples, ...storedOf(1).width])
      expect([text, comparisonKey(text)]).toEqual([text, key.replaceAll("ς", "σ")]);
  });

  it("of letters is the keys of its parts, so that a part of a text is found by its key", () => {
    fc.assert(
      fc.property(letters, letters, (a, b) => comparisonKey(a + b) === comparisonKey(a) + comparisonKey(b)),
      { numRuns: 2000 },
    );
  });

  it("of Greek is the same in capitals and in small letters", () => {
    const greek = fc.string({ unit: fc.constantFrom(..."αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ .'") });
    fc.assert(
      fc.property(greek, (text) => comparisonKey(text) === comparisonKey(text.toUpperCase())),
      { numRuns: 2000 },
    );
  });

  it("maps the width of every fullwidth and halfwidth character as Unicode says", () => {
    expect(stored.width.length).toBeGreaterThan(225);
    for (const [text, key] of stored.width) expect([text, comparisonKey(text)]).toEqual([text, key]);
  });

  it.each([
    ["Bjensen", "bJENSEN"],
    ["Ａｄａ", "ada"],
    ["Zoë", "ZOE\u0308"],
    ["ｶﾞﾗｽ", "ガラス"],
    ["ΆΣ", "άσ"],
    ["ΆΣ", "άς"],
    ["Å", "\u212b"],
    ["\u{10400}", "\u{10428}"],
  ])("takes %s and %s for the same", (a, b) => expect(comparisonKey(a)).toBe(comparisonKey(b)));

  it.each([
    ["straße", "strasse"],
    ["ﬁ", "fi"],
    ["a b", "ab"],
    ["ada", "ada "],
    ["i", "ı"],
  ])("keeps %s and %s apart: only width, case and composition are mapped", (a, b) =>
    expect(comparisonKey(a)).not.toBe(comparisonKey(b)),
  );

  it("has nothing left to map: the key of a key is itself", () => {
    fc.assert(
      fc.property(anyText, (text) => comparisonKey(comparisonKey(text)) === comparisonKey(text)),
      { numRuns: 2000 },
    );
  });

  it("does not depend on composition or on ASCII case", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const upper = Array.from(text, (c) => (c >= "a" && c <= "z" ? c.toUpperCase() : c)).join("");
        return [text.normalize("NFC"), text.normalize("NFD"), upper].every(
          (t) => comparisonKey(t) === comparisonKey(text),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("is all of a text in NFC, unless more than 30 combining marks follow each other in it", () => {
    const ordinary = fc.array(fc.oneof(anyText, marks(29)), { maxLength: 5 }).map((parts) => parts.join("a"));
    fc.assert(
      fc.property(ordinary, (text) => {
        fc.pre(!/\p{M}{31}/u.test(text));
        const key = comparisonKey(text);
        return key.normalize("NFC") === key && comparisonKey(text.normalize("NFD")) === key;
      }),
      { numRuns: 2000 },
    );
  });

  it("of a run of any length keeps every mark, and has nothing left to map", () => {
    fc.assert(
      fc.property(marks(200), (run) => {
        const key = comparisonKey(`a${run}`);
        expect(comparisonKey(key)).toBe(key);
        const kept = Array.from(key.normalize("NFD").replaceAll(JOINER, "")).sort();
        expect(kept).toEqual(Array.from(`a${run}`.normalize("NFD")).sort());
      }),
    );
  });

  it("is made in a time that grows as the text does, whatever runs of combining marks it has", () => {
    const millisecondsOf = (repeats: number) =>
      Math.min(
        ...[1, 2, 3].map(() => {
          const text = `a${"\u0300\u0323".repeat(repeats)}`;
          const start = performance.now();
          comparisonKey(text);
          return performance.now() - start;
        }),
      );
    expect(millisecondsOf(40_000)).toBeLessThan(8 * millisecondsOf(10_000) + 20);
  });

  it("is well-formed even for half a surrogate pair", () => {
    expect(comparisonKey("a\ud800").isWellFormed()).toBe(true);
    expect(comparable(string("x", "", { caseExact: true }), "a\ud800")).toBe("a\ufffd");
  });
});

describe("the order of texts", () => {
  it("is the order of their UTF-8 bytes, as a database compares them", () => {
    fc.assert(
      fc.property(
        anyText,
        anyText,
        (a, b) => Math.sign(compareText(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b)),
      ),
      { numRuns: 3000 },
    );
  });

  it("puts an astral character above the last of the BMP, unlike UTF-16", () => {
    expect(compareText("\u{10000}", "\uffff")).toBeGreaterThan(0);
    expect("\u{10000}" < "\uffff").toBe(true);
  });
});

describe("an instant", () => {
  it.each([
    ["1970-01-01T00:00:00Z", 0],
    ["1970-01-01T00:00:00.000001Z", 1],
    ["1969-12-31T23:59:59.999999Z", -1],
    ["2011-05-13T04:42:34Z", 1_305_261_754_000_000],
    ["2011-05-13T06:42:34+02:00", 1_305_261_754_000_000],
    ["2011-05-12T23:12:34-05:30", 1_305_261_754_000_000],
    ["2011-05-13T04:42:34", 1_305_261_754_000_000],
    ["2011-05-13T04:42:34.1234569Z", 1_305_261_754_123_456],
    ["2024-02-29T24:00:00Z", 1_709_251_200_000_000],
    ["2016-12-31T23:59:60Z", 1_483_228_800_000_000],
    ["2017-01-01T05:29:60+05:30", 1_483_228_800_000_000],
    ["9999-12-31T23:59:59.5Z", 253_402_300_799_000_000],
    ["0001-01-01T00:00:00Z", -62_135_596_800_000_000],
  ])("%s is %d microseconds", (text, micros) => expect(parseDateTime(text)).toBe(micros));

  it.each([
    "",
    "2011",
    "2011-05-13",
    "04:42:34Z",
    "2011-05-13 04:42:34Z",
    "2011-05-13t04:42:34z",
    "2011-05-13T04:42Z",
    "2011-05-13T04:42:34.Z",
    "2011-05-13T04:42:34.12x",
    "2011-05-13T04:42:34Zulu",
    "2011-05-13T04:42:34+2:00",
    "2011-05-13T04:42:34+0200",
    "2011-05-13T04:42:34+14:01",
    "2011-05-13T04:42:34+00:60",
    "2011-05-13T04:42:34*02:00",
    "2011-13-13T04:42:34Z",
    "2011-00-13T04:42:34Z",
    "2011-02-29T04:42:34Z",
    "1900-02-29T04:42:34Z",
    "2011-05-00T04:42:34Z",
    "2011-05-13T25:42:34Z",
    "2011-05-13T24:00:01Z",
    "2011-05-13T24:00:00.1Z",
    "2011-05-13T04:60:34Z",
    "2011-05-13T04:42:61Z",
    "2011-05-13T04:42:60Z",
    "+2011-05-13T04:42:34Z",
    "12011-05-13T04:42:34Z",
    "２０１１-05-13T04:42:34Z",
    "next tuesday",
  ])("%j is none", (text) => expect(parseDateTime(text)).toBeUndefined());

  it("agrees with Date wherever Date can tell", () => {
    const instants = fc.date({
      min: new Date("1700-01-01T00:00:00Z"),
      max: new Date("2250-01-01T00:00:00Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instants, (date) => parseDateTime(date.toISOString()) === date.getTime() * 1000),
      { numRuns: 2000 },
    );
  });

  it("is exact as a double and as a decimal, and in order, over all four-digit years", () => {
    const moments = fc.date({
      min: new Date("0001-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, moments, (a, b) => {
        const [left, right] = [a, b].map((date) => parseDateTime(date.toISOString()) as number) as [number, number];
        expect(BigInt(left)).toBe(BigInt(JSON.stringify(left)));
        return a > b ? left >= right : left <= right;
      }),
      { numRuns: 2000 },
    );
  });
});

describe("what is compared", () => {
  const attributes: Record<AttributeType, Attribute> = {
    string: string("x", ""),
    boolean: boolean("x", ""),
    decimal: decimal("x", ""),
    integer: integer("x", ""),
    dateTime: dateTime("x", ""),
    binary: binary("x", ""),
    reference: reference("x", "", ["external"]),
    complex: complex("x", "", []),
  };
  const values = ["Ada", "2011-05-13T04:42:34Z", true, 1, 1.5, Number.POSITIVE_INFINITY, [], {}];
  it.each<[AttributeType, unknown[]]>([
    ["string", ["ada", "2011-05-13t04:42:34z"]],
    ["reference", ["Ada", "2011-05-13T04:42:34Z"]],
    ["binary", ["Ada", "2011-05-13T04:42:34Z"]],
    ["boolean", [true]],
    ["decimal", [1, 1.5]],
    ["integer", [1]],
    ["dateTime", [1_305_261_754_000_000]],
    ["complex", []],
  ])("takes of a %s only what is of the type", (type, expected) => {
    expect(values.map((value) => comparable(attributes[type], value)).filter((value) => value !== undefined)).toEqual(
      expected,
    );
    expect(comparable(attributes[type], null)).toBe(null);
    expect(assignedValue(attributes[type], null)).toBe(undefined);
  });

  it("does not know a negative zero, nor an empty string as a value", () => {
    expect(Object.is(comparable(attributes.integer, -0), 0)).toBe(true);
    expect(assignedValue(attributes.string, "")).toBe(undefined);
  });

  it("of a caseExact string is the string itself", () => {
    expect(comparable(string("x", "", { caseExact: true }), "ＡdA")).toBe("ＡdA");
  });
});
