// JSON that is odd, and text that is nearly JSON.
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import { hostileNames, texts } from "../../scim/arbitraries.ts";
import type { Random } from "./random.ts";

/** Texts that encodings, databases, patterns and people stumble on. */
export const oddTexts: readonly string[] = [
  ...texts,
  "",
  "a\u0000b",
  "\ud800",
  "x\udfff",
  "\udc00\ud800",
  "\u202eevil",
  "\u200fعربى",
  "\ufeffbom",
  "é",
  "e\u0301",
  "ﬁ",
  "\u1e9b\u0323",
  "İ",
  "ı",
  "ſ",
  "K",
  "\u{1f469}\u200d\u{1f469}\u200d\u{1f467}",
  "\uffff",
  "\u{10ffff}",
  "a\u2028b\u2029c",
  "\u0085",
  "a".repeat(3_000),
  "Ä".repeat(400),
  "%00",
  "%",
  "../../etc/passwd",
  "'; DROP TABLE resources; --",
  '" or "" eq "',
  "<script>",
  "bulkId:x",
  "bulkId:",
  "{{7*7}}",
  "2011-05-13T04:42:34Z",
  "-0",
  "1e999",
  "NaN",
];

const oddNumbers: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.1,
  1e21,
  -1e21,
  1e308,
  5e-324,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53) - 1,
  2 ** 63,
  1.5,
];

export const oddName = (random: Random): string =>
  random.pick([...hostileNames, "value", "schemas", "id", "meta", "Operations", "op", "", "$ref", "0", "length"]);

/** Any JSON, seldom deep. */
export const anyJson = (random: Random, depth = 3): Json =>
  random.weighted<() => Json>([
    [4, () => random.pick(oddTexts)],
    [2, () => random.pick(oddNumbers)],
    [2, () => random.pick([true, false, null])],
    [depth > 0 ? 2 : 0, () => random.times(4, () => anyJson(random, depth - 1))],
    [
      depth > 0 ? 2 : 0,
      // By entries, so that `__proto__` is a member like any other.
      () => Object.fromEntries(random.times(4, () => [oddName(random), anyJson(random, depth - 1)])) as JsonObject,
    ],
  ])();

/** Literals that no number of JavaScript has. */
const hugeNumbers = ["1e999", "-1e999", "9007199254740993", "0.1e-999", `1${"0".repeat(400)}`, "-0", "1E+2"];

const damages: readonly ((random: Random, text: string) => string)[] = [
  (random, text) => text.slice(0, random.below(text.length)),
  (random, text) => text.slice(random.below(text.length)),
  (random, text) => {
    const at = random.below(text.length + 1);
    return (
      text.slice(0, at) +
      random.pick(['"', "{", "}", "[", "]", ",", ":", "\\", "\u0000", " ", "\ud800", "//", "1"]) +
      text.slice(at)
    );
  },
  (random, text) => {
    const at = random.below(text.length);
    return text.slice(0, at) + text.slice(at + 1);
  },
  (_, text) => `\ufeff${text}`,
  (random, text) => `${text}${random.pick(["x", "{}", "\u0000", ",", text.slice(0, 500)])}`,
  (random, text) =>
    text.replace(
      "{",
      `{${random.pick(['"schemas":[],', '"__proto__":{"polluted":1},', '"id":1,"id":2,', '"Schemas":[],'])}`,
    ),
  (random, text) => text.replace(/:("[^"]*"|true|false|null|\d+)/, `:${random.pick(hugeNumbers)}`),
  (random, text) => text.replace(/:("[^"]*"|true|false|null)/, `:${"[".repeat(random.pick([1, 31, 40, 2_000]))}`),
  (_, text) => text.replace(/"([a-z])/, (_match, letter: string) => `"\\u00${letter.charCodeAt(0).toString(16)}`),
  (_, text) => text.replaceAll('"', "'"),
  () => "",
  (random) =>
    random.pick(["null", "[]", "{}", "0", '"x"', "true", "\u0000", "undefined", "[[]]", '{"":""}', '{"schemas":null}']),
];

/** The JSON as it is, or damaged in one or two places; some of it no UTF-8. */
export const bytesOf = (random: Random, json: Json): Buffer => {
  const text = JSON.stringify(json);
  if (random.chance(0.9)) return Buffer.from(text);
  let damaged = random.pick(damages)(random, text);
  if (random.chance(0.3)) damaged = random.pick(damages)(random, damaged);
  const bytes = Buffer.from(damaged);
  if (bytes.length > 0 && random.chance(0.1))
    bytes[random.below(bytes.length)] = random.pick([0xff, 0xc0, 0xed, 0x80, 0x00]);
  return bytes;
};
