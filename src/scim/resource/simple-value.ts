// One value of a simple attribute, checked against its type (RFC 7643 §2.3).
import { parseDateTime } from "../date-time.ts";
import { invalidValue } from "../errors.ts";
import type { Json } from "../json.ts";
import type { Attribute, AttributeType } from "../schema/characteristics.ts";

/** How each type reads in an error's `detail`. */
const expectation: Readonly<Record<AttributeType, string>> = {
  string: "a string",
  boolean: "a boolean (true or false)",
  decimal: "a decimal number",
  integer: "an integer",
  dateTime: "an xsd:dateTime such as 2011-05-13T04:42:34Z",
  binary: "a binary value in base64",
  reference: "a reference (a URI in a string)",
  complex: "a complex value (an object)",
};

const kindOf = (value: Json): string =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "an array"
      : typeof value === "object"
        ? "an object"
        : `a ${typeof value}`;

/** The refusal of a value whose JSON type is not the attribute's. Never echoes the value. */
export const wrongType = (attribute: Attribute, name: string, value: Json) =>
  invalidValue(
    attribute.multiValued
      ? `${name} must be an array whose elements are each ${expectation[attribute.type]}, not ${kindOf(value)}.`
      : `${name} must be ${expectation[attribute.type]}, not ${kindOf(value)}.`,
  );

const malformed = (attribute: Attribute, name: string) =>
  invalidValue(`${name} must be ${expectation[attribute.type]}; this text is not one.`);

const isBase64Digit = (code: number): boolean =>
  (code >= 48 && code <= 57) ||
  (code >= 65 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  code === 43 ||
  code === 47 ||
  code === 45 ||
  code === 95;

/** RFC 7643 §2.3.6: base64 or base64url (RFC 4648 §4, §5); padding may be left out. */
const isBase64 = (text: string): boolean => {
  let end = text.length;
  if (text.endsWith("==")) end -= 2;
  else if (text.endsWith("=")) end -= 1;
  if (end % 4 === 1 || (end !== text.length && text.length % 4 !== 0)) return false;
  for (let i = 0; i < end; i++) if (!isBase64Digit(text.charCodeAt(i))) return false;
  return true;
};

const parseText = (attribute: Attribute, text: string, name: string): string => {
  // A lone surrogate has no UTF-8 form: it would come back from storage as another value.
  if (!text.isWellFormed()) throw invalidValue(`${name} holds half of a surrogate pair, which is not Unicode text.`);
  if (attribute.type === "dateTime" && parseDateTime(text) === undefined) throw malformed(attribute, name);
  if (attribute.type === "binary" && !isBase64(text)) throw malformed(attribute, name);
  return text;
};

/** RFC 7643 §2.3.3 sets no limit; what a double changes is refused rather than kept as another number. */
const inexact = (name: string) =>
  invalidValue(`${name} is a number that no double (IEEE 754) holds: it would come back as another one.`);

/** The value as it is kept, or 400 invalidValue. `name` is the path that the error names. */
export const parseSimple = (attribute: Attribute, value: Json, name: string): Json => {
  switch (attribute.type) {
    case "boolean":
      if (typeof value === "boolean") return value;
      break;
    case "integer":
      if (Number.isSafeInteger(value)) return (value as number) + 0; // -0 is 0
      break;
    case "decimal":
      if (Number.isFinite(value)) return (value as number) + 0;
      break;
    default:
      if (typeof value === "string") return parseText(attribute, value, name);
  }
  const isNumber = attribute.type === "integer" || attribute.type === "decimal";
  throw isNumber && isHuge(value) ? inexact(name) : wrongType(attribute, name, value);
};

/** Infinite: a number that was not held exactly when its text was read. */
const isHuge = (value: Json): boolean =>
  typeof value === "number" && (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER);
