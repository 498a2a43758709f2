// The compValue of a comparison (RFC 7644 §3.4.2.2): which operators an attribute's type admits, and which literals.
import type { Accepts } from "../beyond.ts";
import { comparable } from "../comparable.ts";
import type { Attribute, AttributeType } from "../schema/characteristics.ts";
import type { Comparable, Operator } from "./filter.ts";
import { LONGEST_TEXT } from "./limits.ts";
import { SyntaxFault, type Tokens } from "./tokens.ts";

export type Literal = string | number | boolean | null;

const equality = ["eq", "ne"] as const;
const ordering = ["gt", "ge", "lt", "le"] as const;
const substring = ["co", "sw", "ew"] as const;

const operatorsOf: Record<AttributeType, ReadonlySet<Operator>> = {
  string: new Set([...equality, ...substring, ...ordering]),
  reference: new Set([...equality, ...substring, ...ordering]),
  dateTime: new Set([...equality, ...ordering]),
  integer: new Set([...equality, ...ordering]),
  decimal: new Set([...equality, ...ordering]),
  boolean: new Set(equality),
  binary: new Set(equality),
  complex: new Set(),
};

const literalOf: Record<AttributeType, string> = {
  string: "a string in double quotes",
  reference: "a URI in double quotes",
  dateTime: 'a date and time such as "2011-05-13T04:42:34Z"',
  integer: "a whole number",
  decimal: "a number",
  boolean: "true or false",
  binary: "base64 in double quotes",
  complex: "a sub-attribute",
};

const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  [...equality, ...substring, ...ordering].map((op) => [op, op]),
);

/** The comparison operator that a word names in any case. */
export const operatorOf = (word: string): Operator | undefined =>
  OPERATORS.get(word) ?? (word.length === 2 ? OPERATORS.get(word.toLowerCase()) : undefined);

const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;

const skipDigits = (text: string, from: number): number => {
  let at = from;
  while (at < text.length && isDigit(text.charCodeAt(at))) at++;
  return at;
};

/** The number that JSON's grammar reads in the whole of `text`; undefined for `01`, `+1`, `.5`, `1.`, `0x1`. */
const parseNumber = (text: string): number | undefined => {
  const first = text[0] === "-" ? 1 : 0;
  let at = skipDigits(text, first);
  if (at === first || (text[first] === "0" && at > first + 1)) return undefined;
  if (text[at] === ".") {
    const fraction = skipDigits(text, at + 1);
    if (fraction === at + 1) return undefined;
    at = fraction;
  }
  if (text[at] === "e" || text[at] === "E") {
    const sign = text[at + 1] === "+" || text[at + 1] === "-" ? 2 : 1;
    const exponent = skipDigits(text, at + sign);
    if (exponent === at + sign) return undefined;
    at = exponent;
  }
  return at === text.length ? Number(text) : undefined;
};

/** The literal that the present token is. */
const readLiteral = (tokens: Tokens): Literal | undefined => {
  if (tokens.kind === "string") return tokens.text;
  if (tokens.kind !== "word") return undefined;
  if (tokens.is("true")) return true;
  if (tokens.is("false")) return false;
  if (tokens.is("null")) return null;
  return parseNumber(tokens.text);
};

/** The literal as the grammar has it, or as the attribute shows that it is meant; undefined for what is neither. */
const takenLiteral = (
  tokens: Tokens,
  written: Literal | undefined,
  operand: Attribute,
  accepts: Accepts,
): Literal | undefined => {
  if (operand.type === "boolean" && typeof written === "string") {
    const word = written.toLowerCase();
    if ((word !== "true" && word !== "false") || !accepts("filter-literal")) return undefined;
    return word === "true";
  }
  if (written !== undefined && comparable(operand, written) !== undefined)
    return tokens.kind === "string" || typeof written === "number" || tokens.text === String(written)
      ? written
      : accepts("filter-literal")
        ? written
        : undefined;
  const isText = operand.type === "string" || operand.type === "reference" || operand.type === "dateTime";
  return isText && tokens.kind === "word" && accepts("filter-bare-text") ? tokens.text : undefined;
};

/** Refuses an operator that the attribute's type does not have. */
export const checkOperator = (operator: Operator, operand: Attribute, name: string): void => {
  if (!operatorsOf[operand.type].has(operator))
    throw new SyntaxFault(`“${operator}” does not apply to ${name}, which is of type ${operand.type}`);
};

/** A literal as it was written (booleans without quotes) and as it is compared. */
export interface Operand {
  readonly literal: Literal;
  readonly value: Comparable;
}

/** The present token as a literal that may be compared with the attribute. A value that is wrong is never echoed. */
export const readOperand = (
  tokens: Tokens,
  operator: Operator,
  operand: Attribute,
  name: string,
  accepts: Accepts,
): Operand => {
  const written = readLiteral(tokens);
  const literal = takenLiteral(tokens, written, operand, accepts);
  const value = literal === undefined ? undefined : comparable(operand, literal);
  if (literal === undefined && written === undefined)
    throw new SyntaxFault(`expected ${literalOf[operand.type]} at offset ${tokens.at}, to compare with ${name}`);
  if (literal === undefined || value === undefined)
    throw new SyntaxFault(`${name} must be compared with ${literalOf[operand.type]} (offset ${tokens.at})`);
  if (value === null && operator !== "eq" && operator !== "ne")
    throw new SyntaxFault(`“${operator}” cannot compare ${name} with null; only eq and ne can (offset ${tokens.at})`);
  if (typeof value === "string" && Buffer.byteLength(value) > LONGEST_TEXT)
    throw new SyntaxFault(
      `${name} is compared with a text of ${Buffer.byteLength(value)} bytes, and the limit is ${LONGEST_TEXT} (offset ${tokens.at})`,
    );
  // An empty string is no value (RFC 7643 §2.5), so asking for it is asking whether there is one.
  return value === "" && (operator === "eq" || operator === "ne") ? { literal, value: null } : { literal, value };
};
