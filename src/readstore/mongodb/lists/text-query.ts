// Tests of one value, as MongoDB queries a field. Text is compared in the order of its bytes, which is that of code points.
import type { Document } from "mongodb";
import type { Comparable, Operator } from "../../../scim/filter/filter.ts";
import { textAfterPrefix } from "../../text-after.ts";

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
      return { $regex: literally(String(value)) };
    case "sw":
      return beginning(String(value));
    case "ew":
      return { $regex: `${literally(String(value))}\\z` };
    default:
      return operator satisfies never;
  }
}

/** A range: it needs no expression, and an index serves it. */
function beginning(prefix: string): Document {
  const end = textAfterPrefix(prefix);
  return end === undefined ? { $gte: prefix } : { $gte: prefix, $lt: end };
}

/**
 * A regular expression (PCRE) that is true of this very text: every sign is escaped, and U+0000, which cannot stand in one, is
 * named. It takes twice the bytes of the text, and five for a U+0000: of the longest that a filter may hold (`LONGEST_TEXT`, and
 * `FILTER_LIMITS.length`, which bounds the U+0000) less than the 32 764 that a server takes.
 */
export const literally = (text: string): string => Array.from(text, escaped).join("");

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  if (code === 0) return "\\x{0}";
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
      return { $expr: { $regexMatch: { input: text, regex: { $literal: `${literally(value)}\\z` } } } };
    default:
      return operator satisfies never;
  }
}
