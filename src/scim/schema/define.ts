// The words in which schemas are written down. Characteristics that are not given take the defaults of RFC 7643 §2.2.
import type { Attribute, AttributeType, Schema } from "./characteristics.ts";

/** The characteristics that differ from the RFC's defaults. */
export type Characteristics = Partial<Omit<Attribute, "name" | "type" | "description" | "subAttributes">>;

// RFC 7643 §2.3.6 and §2.3.7 declare binary and reference values case exact. The listing of §8.7.1 says otherwise for
// some of them; the text is normative, the listing is an example.
const caseExactByNature = (type: AttributeType): boolean => type === "binary" || type === "reference";

const define = (type: AttributeType, name: string, description: string, given: Characteristics = {}): Attribute =>
  Object.freeze({
    name,
    type,
    multiValued: false,
    description,
    required: false,
    caseExact: caseExactByNature(type),
    mutability: "readWrite",
    returned: "default",
    uniqueness: "none",
    ...given,
  });

const simple =
  (type: AttributeType) =>
  (name: string, description: string, given?: Characteristics): Attribute =>
    define(type, name, description, given);

export const string = simple("string");
export const boolean = simple("boolean");
export const decimal = simple("decimal");
export const integer = simple("integer");
export const dateTime = simple("dateTime");
export const binary = simple("binary");

/** `referenceTypes` are names of resource types, or `external`, or `uri` (RFC 7643 §7). */
export const reference = (
  name: string,
  description: string,
  referenceTypes: readonly string[],
  given?: Characteristics,
): Attribute =>
  define("reference", name, description, { ...given, referenceTypes: Object.freeze([...referenceTypes]) });

/** One value with sub-attributes (RFC 7643 §2.3.8). */
export const complex = (
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
  given?: Characteristics,
): Attribute =>
  Object.freeze({ ...define("complex", name, description, given), subAttributes: Object.freeze([...subAttributes]) });

/** A list of values with sub-attributes (RFC 7643 §2.4). */
export const multiValued = (
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
  given?: Characteristics,
): Attribute => complex(name, description, subAttributes, { ...given, multiValued: true });

export const schema = (id: string, name: string, description: string, attributes: readonly Attribute[]): Schema =>
  Object.freeze({ id, name, description, attributes: Object.freeze([...attributes]) });

/** The sub-attributes that RFC 7643 §2.4 gives to multi-valued attributes, as §8.7.1 lists them. */
export const display = string("display", "A name of the value, for showing to people.");
export const primary = boolean("primary", "True for the preferred value; at most one value has it.");
export const type = (...canonicalValues: string[]): Attribute =>
  string("type", "What the value is for.", canonicalValues.length > 0 ? { canonicalValues } : {});
