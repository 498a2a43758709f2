// What is compared in place of a value: filters, uniqueness, filter shadows and both databases use nothing else.
import { comparisonKey } from "./comparison-key.ts";
import { parseDateTime } from "./date-time.ts";
import type { Comparable } from "./filter/filter.ts";
import type { Json } from "./json.ts";
import { type Attribute, isSecret } from "./schema/characteristics.ts";

/** A string as it is compared: its key, or itself with unpaired surrogates replaced, which no database can store. */
const comparableText = (attribute: Attribute, text: string): string =>
  attribute.caseExact ? text.toWellFormed() : comparisonKey(text);

const comparableNumber = (value: number): number | undefined => (Number.isFinite(value) ? value + 0 : undefined);

/** The value as it is compared; null for null; undefined if it is not of the attribute's type, or is complex. */
export const comparable = (attribute: Attribute, value: Json): Comparable | undefined => {
  if (value === null) return null;
  switch (attribute.type) {
    case "string":
    case "reference":
    case "binary":
      return typeof value === "string" ? comparableText(attribute, value) : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "decimal":
      return typeof value === "number" ? comparableNumber(value) : undefined;
    case "integer":
      return typeof value === "number" && Number.isInteger(value) ? comparableNumber(value) : undefined;
    case "dateTime":
      return typeof value === "string" ? parseDateTime(value) : undefined;
    case "complex":
      return undefined;
    default:
      return attribute.type satisfies never;
  }
};

/** The comparable of an assigned value. Null, `""` and whatever is not of the attribute's type are no value. */
export const assignedValue = (attribute: Attribute, value: Json): Exclude<Comparable, null> | undefined => {
  const result = comparable(attribute, value);
  return result === null || result === "" ? undefined : result;
};

/** False for secrets: what is never returned must not be found out by asking (RFC 7644 §7.5.2). */
export const isFilterable = (attribute: Attribute): boolean => !isSecret(attribute);

// In UTF-16 the units of a surrogate pair (code points from U+10000) lie below U+E000..FFFF: lift them above.
const inCodePointOrder = (unit: number): number =>
  unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;

/** Negative, zero or positive, in the order of code points, which is also the order of the bytes in UTF-8. */
export const compareText = (a: string, b: string): number => {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return inCodePointOrder(left) - inCodePointOrder(right);
  }
  return a.length - b.length;
};
