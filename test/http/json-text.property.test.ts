import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parseJson } from "../../src/http/json-text.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("JSON from outside", () => {
  it("is what JSON.parse makes of it", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => expect(parseJson(bytes(text), 32)).toEqual(JSON.parse(text))),
      { numRuns: 500 },
    );
  });

  it("with a member named twice is refused, however it is written", () => {
    const key = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(key, fc.jsonValue({ maxDepth: 2 }), fc.jsonValue({ maxDepth: 2 }), (name, one, two) => {
        const escaped = `"${[...name].map((c) => [...Array(c.length)].map((_, i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")).join("")}"`;
        const text = `[{${JSON.stringify(name)}:${JSON.stringify(one)},${escaped}:${JSON.stringify(two)}}]`;
        expect(() => parseJson(bytes(text), 32)).toThrow(/more than once/);
      }),
    );
  });

  it("is refused when it nests deeper than the limit, and only then", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 }), (depth, limit) => {
        const text = '{"a":['.repeat(Math.ceil(depth / 2)) + "]}".repeat(Math.ceil(depth / 2));
        const read = () => parseJson(bytes(text), limit);
        if (2 * Math.ceil(depth / 2) > limit) expect(read).toThrow(/nests deeper/);
        else expect(read).not.toThrow();
      }),
    );
  });

  /** The number as a fraction of integers, in lowest terms of ten. */
  const exactly = (text: string): string => {
    const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
    const [whole = "", fraction = ""] = mantissa.split(".");
    const scale = Number(exponent) - fraction.length;
    const digits = BigInt(whole + fraction);
    return scale >= 0 ? `${digits * 10n ** BigInt(scale)}/1` : reduced(digits, 10n ** BigInt(-scale));
  };
  const reduced = (above: bigint, below: bigint): string => {
    let [a, b] = [above < 0n ? -above : above, below];
    while (b > 0n) [a, b] = [b, a % b];
    return `${above / (a || 1n)}/${above === 0n ? 1n : below / (a || 1n)}`;
  };
  const digits = (maxLength: number) =>
    fc
      .string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength })
      .map((text) => text.replace(/^0+(?=.)/u, ""));
  const number = fc
    .tuple(fc.constantFrom("", "-"), digits(22), fc.option(digits(22)), fc.option(fc.integer({ min: -340, max: 320 })))
    .map(
      ([sign, whole, fraction, exponent]) =>
        `${sign}${whole}${fraction === null ? "" : `.${fraction}`}${exponent === null ? "" : `E${exponent}`}`,
    );

  it("has each number as it was sent, or as one that is none", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(number, fc.double({ noNaN: true, noDefaultInfinity: true }).map(String))),
        (sent) => {
          const read = parseJson(bytes(`{"a": [ ${sent.join(" ,\n")}], "1234567890123456789012": "1e-999"}`), 3);
          const { a, ...rest } = read as { a: number[] };
          expect(rest).toEqual({ "1234567890123456789012": "1e-999" });
          for (const [i, value] of a.entries()) {
            const text = sent[i] as string;
            if (Number.isFinite(value)) expect([text, exactly(String(value))]).toEqual([text, exactly(text)]);
            else if (Number.isFinite(Number(text)))
              expect([text, exactly(String(Number(text)))]).not.toEqual([text, exactly(text)]);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each<[string, number]>([
    ["0.1", 0.1],
    ["0.30000000000000004", 0.30000000000000004],
    ["0.1000000000000000055", Number.POSITIVE_INFINITY],
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", Number.POSITIVE_INFINITY],
    ["5.00000000000000000001", Number.POSITIVE_INFINITY],
    ["5.000000000000000000000", 5],
    ["1e-400", Number.POSITIVE_INFINITY],
    ["-1e400", Number.POSITIVE_INFINITY],
    ["-0.0e-999", -0],
    ["12345678901234567000", 12345678901234567000],
  ])("%s is read as %d", (text, value) => expect(parseJson(bytes(`{"n":${text}}`), 1)).toEqual({ n: value }));

  it.each(["[1.e99999999]", "[01234567890123456789]", "[-e12345678901234567]", "[12345678901234567890x]", "[1e5e5]"])(
    "%s is no JSON, whatever its numbers are",
    (text) => expect(() => parseJson(bytes(text), 1)).toThrow(/not valid JSON/),
  );

  it("is read in linear time however many of its numbers are long, or long as they are", () => {
    const start = performance.now();
    for (const text of ["1e-10", "1.2345678901234567", "12345678901234567890", "1e-999"])
      expect(parseJson(bytes(`[${Array(100_000).fill(text).join()}]`), 1)).toHaveLength(100_000);
    for (const text of ["1".repeat(2_000_000), `0.${"0".repeat(2_000_000)}1`, `1${"e1".repeat(1_000_000)}`])
      expect(() => parseJson(bytes(`[${text}] x`), 1)).toThrow(/not valid JSON/);
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it("in any bytes at all ends in a value or a 400", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        try {
          parseJson(noise, 10);
        } catch (error) {
          expect(error).toMatchObject({ status: 400, scimType: "invalidSyntax" });
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
