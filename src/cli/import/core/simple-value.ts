// Simple values as other servers write them, in the type that the target's schema has.
import type { Json } from "../../../scim/json.ts";
import type { AttributeType } from "../../../scim/schema/characteristics.ts";

/** Undefined where the value cannot be one of that type. Nothing is guessed: only the spelling differs. */
export function simpleValue(type: AttributeType, value: Json): Json | undefined {
  switch (type) {
    case "string":
    case "reference":
    case "binary":
    case "dateTime":
      return typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;
    case "boolean":
      return typeof value === "boolean"
        ? value
        : typeof value === "string"
          ? WORDS.get(value.toLowerCase())
          : undefined;
    case "decimal":
      return numberOf(value);
    case "integer": {
      const number = numberOf(value);
      return Number.isSafeInteger(number) ? number : undefined;
    }
    case "complex":
      return undefined;
    default:
      return type satisfies never;
  }
}

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false],
]);

function numberOf(value: Json): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$/u.test(value) ? Number(value) : undefined;
}
