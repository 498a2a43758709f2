// Tests of one value, as MongoDB queries a field. Text is compared in the order of its bytes, which is that of code points.
import type { Document } from "mongodb";
import { invalidFilter } from "../../scim/errors.ts";
import type { Comparable, Operator } from "../../scim/filter/filter.ts";
import { textAfterPrefix } from "../text-after.ts";

export type Assigned = Exclude<Comparable, null>;

/** What a field must satisfy; a missing one satisfies `ne` alone. */
export function testOf(operator: Operator, value: Assigned): Document {
  if (value === "" && (operator === "co" || operator === "sw" || operator === "ew")) return { $exists: true };
  switch (operator) {
    case "eq":
    case "ne":
    case "gt":
    case "lt":
      return { [`$${operator}`]: value };
    case "ge":
      return { $gte: value };
    case "le":
      return { $lte: value };
    case "co":
      return { $regex: expression(literally(String(value))) };
    case "sw":
      return beginning(String(value));
    case "ew":
      return { $regex: expression(`${literally(String(value))}\\z`) };
    default:
      return operator satisfies never;
  }
}

/** A range: it needs no expression, and an index serves it. */
function beginning(prefix: string): Document {
  const end = textAfterPrefix(prefix);
  return end === undefined ? { $gte: prefix } : { $gte: prefix, $lt: end };
}

/** Bytes of the longest regular expression that a server takes. */
const LONGEST_EXPRESSION = 32_764;

/** Throws invalidFilter: text may become several times longer where it is made comparable and escaped. */
function expression(written: string): string {
  if (Buffer.byteLength(written) > LONGEST_EXPRESSION)
    throw invalidFilter("the text that “co” or “ew” looks for is too long: look for a part of it");
  return written;
}

/** A regular expression (PCRE) that is true of this very text: every sign is escaped, and U+0000, which cannot stand in one, is named. */
const literally = (text: string): string => Array.from(text, escaped).join("");

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return `\\x{${code.toString(16)}}`;
  return code < 0x80 && !isWordCharacter(code) ? `\\${character}` : character;
}

const isWordCharacter = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);

/** The same tests of text that an expression makes, as a query on a whole document. */
export function testOfExpression(operator: Operator, text: Document, value: string): Document {
  const literal = { $literal: value };
  switch (operator) {
    case "eq":
    case "ne":
    case "gt":
    case "lt":
      return { $expr: { [`$${operator}`]: [text, literal] } };
    case "ge":
      return { $expr: { $gte: [text, literal] } };
    case "le":
      return { $expr: { $lte: [text, literal] } };
    case "co":
      return { $expr: { $gte: [{ $indexOfBytes: [text, literal] }, 0] } };
    case "sw":
      return { $expr: { $eq: [{ $indexOfBytes: [text, literal] }, 0] } };
    case "ew":
      return { $expr: { $regexMatch: { input: text, regex: { $literal: expression(`${literally(value)}\\z`) } } } };
    default:
      return operator satisfies never;
  }
}
