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
