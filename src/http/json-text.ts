// JSON from outside: its depth is known before it is parsed, and an object that names a member twice is refused (what
// one reader takes for the value another may not).
import { invalidSyntax } from "../scim/errors.ts";
import { isDigit, isExponent, LONG_NUMBER, withInexactInfinite } from "./json-numbers.ts";
import { Refusal } from "./refusal.ts";

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_BRACKET, OPEN_BRACE, CLOSE_BRACKET, CLOSE_BRACE] = [0x5b, 0x7b, 0x5d, 0x7d];

/** Where a string that begins after `at` ends. */
function endOfString(bytes: Uint8Array, at: number): number {
  let i = at;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}

/** A group of 100 000 members has five values a member. More would take the parser longer than others should wait. */
const MOST_VALUES = 600_000;
/** Of one object: many times what any resource has. */
const MOST_NAMES = 1_000;

const tooManyValues = () =>
  new Refusal(413, `The JSON has more than ${MOST_VALUES} values, or an object with more than ${MOST_NAMES} members.`);

interface Scanned {
  /** How many members all objects name together. */
  readonly named: number;
  /** A place in each number that may be inexact: it is long, or has an exponent. */
  readonly numbers: readonly number[];
}

/**
 * What is known of a JSON text before it is parsed. One pass, without recursion. What is no JSON is counted somehow; 400
 * invalidSyntax for one that nests deeper than `depth`, 413 for too many values.
 */
function scan(bytes: Uint8Array, depth: number): Scanned {
  const numbers: number[] = [];
  /** Of the present number, until it is noted down. */
  let digits = 0;
  let nesting = 0;
  let named = 0;
  let values = 0;
  /** Names in each of the objects around the present byte. */
  const names = new Uint32Array(depth + 1);
  for (let i = 0; i < bytes.length; i++) {
    switch (bytes[i]) {
      case QUOTE:
        i = endOfString(bytes, i + 1);
        break;
      case COLON:
        digits = 0;
        named += 1;
        if (++(names[nesting] as number) > MOST_NAMES) throw tooManyValues();
        break;
      case COMMA:
        digits = 0;
        values += 1;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        digits = 0;
        nesting += 1;
        if (nesting > depth) throw invalidSyntax(`The JSON nests deeper than the limit of ${depth}.`);
        names[nesting] = 0;
        values += 1;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (nesting > 0) nesting -= 1;
        break;
      default:
        if (isDigit(bytes[i] as number)) digits += 1;
        else if (!isExponent(bytes[i] as number) || digits === 0) break;
        else digits = Math.max(digits + 1, LONG_NUMBER);
        if (digits === LONG_NUMBER) numbers.push(i);
    }
    if (values > MOST_VALUES) throw tooManyValues();
  }
  return { named, numbers };
}

/** How many members the objects of a value have. Recursion is as deep as the value, which is bounded by then. */
function countKept(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let kept = 0;
  if (Array.isArray(value)) {
    for (const element of value) kept += countKept(element);
    return kept;
  }
  for (const name of Object.keys(value)) kept += 1 + countKept((value as Record<string, unknown>)[name]);
  return kept;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw invalidSyntax("The body is not valid UTF-8.");
  }
}

/** The value of a JSON text in UTF-8; infinite for a number that no double holds. 400 invalidSyntax: no UTF-8, no JSON, too deep, or a member named twice; 413: too many values. */
export function parseJson(bytes: Uint8Array, depth: number): unknown {
  if (bytes.length === 0) throw invalidSyntax("The body is empty; it must be JSON.");
  const { named, numbers } = scan(bytes, depth);
  const text = decode(withInexactInfinite(bytes, numbers));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidSyntax("The body is not valid JSON.");
  }
  if (countKept(value) !== named) throw invalidSyntax("The body has an object that names a member more than once.");
  return value;
}
