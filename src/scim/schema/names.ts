// What may stand in a definition as a name: of an attribute (RFC 7643 §2.1), a schema (a URN, RFC 8141), a resource type,
// an endpoint. Read character by character: a definition comes from a client.

const isBetween = (code: number, first: string, last: string): boolean =>
  code >= first.charCodeAt(0) && code <= last.charCodeAt(0);
const isAlpha = (code: number): boolean => isBetween(code, "a", "z") || isBetween(code, "A", "Z");
const isDigit = (code: number): boolean => isBetween(code, "0", "9");
const isOneOf = (code: number, characters: string): boolean => characters.includes(String.fromCharCode(code));

const every = (text: string, test: (code: number) => boolean): boolean => {
  for (let i = 0; i < text.length; i++) if (!test(text.charCodeAt(i))) return false;
  return true;
};

export const LONGEST_NAME = 100;
export const LONGEST_URN = 200;
/** Of a resource type or an endpoint: it is a part of stream names and paths. */
export const LONGEST_TYPE_NAME = 40;

/**
 * ATTRNAME of RFC 7643 §2.1, and the RFC's own exception `$ref`. What every JavaScript object has (`constructor`,
 * `toString`) names no attribute, so that a value can never be mistaken for one of these; nor does `not`, which a filter reads as
 * its operator.
 */
export const isAttributeName = (text: string): boolean =>
  text.length > 0 &&
  text.length <= LONGEST_NAME &&
  (text === "$ref" || isAlpha(text.charCodeAt(0))) &&
  every(text, (code) => isAlpha(code) || isDigit(code) || isOneOf(code, "$-_")) &&
  text.toLowerCase() !== "not" &&
  !(text in {});

/** `urn:<namespace>:<rest>`, of letters, digits and `-._:`. A colon neither ends it nor follows another. */
export const isSchemaUrn = (text: string): boolean => {
  if (text.length > LONGEST_URN || text.slice(0, 4).toLowerCase() !== "urn:") return false;
  const parts = text.split(":");
  return (
    parts.length >= 3 &&
    (parts[1] as string).length >= 2 &&
    parts.every((part) => part !== "" && every(part, (code) => isAlpha(code) || isDigit(code) || isOneOf(code, "-._")))
  );
};

/** As in stream names: a letter, then letters and digits. */
export const isTypeName = (text: string): boolean =>
  text.length > 0 &&
  text.length <= LONGEST_TYPE_NAME &&
  isAlpha(text.charCodeAt(0)) &&
  every(text, (code) => isAlpha(code) || isDigit(code)) &&
  !(text in {});

/** `/Devices`: one segment, of the same characters as a type's name. */
export const isEndpoint = (text: string): boolean => text.startsWith("/") && isTypeName(text.slice(1));
