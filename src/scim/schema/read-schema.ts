// A schema from its JSON, as `/Schemas` shows it (RFC 7643 §7): checked in full, with the defaults of §2.2 filled in.
import { invalidValue } from "../errors.ts";
import type { Json } from "../json.ts";
import { quote } from "../quote.ts";
import {
  type Attribute,
  type AttributeType,
  attributeTypes,
  isSecret,
  mutabilities,
  returnedValues,
  type Schema,
  uniquenesses,
} from "./characteristics.ts";
import { commonAttributes } from "./common.ts";
import { schema } from "./define.ts";
import { isAttributeName, isSchemaUrn, LONGEST_NAME, LONGEST_URN } from "./names.ts";
import { Members } from "./read-json.ts";

/** How large a schema may be. */
export const SCHEMA_LIMITS = {
  attributes: 200,
  subAttributes: 100,
  /** Of `canonicalValues` and `referenceTypes`. */
  values: 200,
  valueLength: 256,
  descriptionLength: 1_000,
  /** UTF-16 units of the whole definition as JSON: it must fit into an event. */
  length: 200_000,
} as const;

const SCHEMA_MEMBERS = ["schemas", "id", "name", "description", "attributes", "meta"];
const ATTRIBUTE_MEMBERS = [
  "name",
  "type",
  "multiValued",
  "description",
  "required",
  "canonicalValues",
  "caseExact",
  "mutability",
  "returned",
  "uniqueness",
  "referenceTypes",
  "subAttributes",
];

/** 400 invalidSyntax or invalidValue says which attribute is wrong, and how. `schemas` and `meta` are passed over. */
export function readSchema(json: unknown): Schema {
  const members = new Members(json, "The schema", SCHEMA_MEMBERS);
  const id = members.text("id", LONGEST_URN);
  if (!isSchemaUrn(id))
    throw members.wrong("id", `${quote(id)} is no URN of letters, digits and “-._:”, such as urn:example:2.0:Device.`);
  const name = members.text("name", LONGEST_NAME, id.slice(id.lastIndexOf(":") + 1));
  const description = members.text("description", SCHEMA_LIMITS.descriptionLength, "");
  const list = members.list("attributes", SCHEMA_LIMITS.attributes) ?? [];
  if (list.length === 0) throw members.wrong("attributes", "must hold at least one attribute.");
  const attributes = list.map((one, index) => readAttribute(one, `attributes[${index}]`, "attribute"));
  refuseTwins(attributes, id);
  for (const { name: own } of attributes)
    if (commonAttributes.some((common) => common.name.toLowerCase() === own.toLowerCase()))
      throw invalidValue(`${own} is an attribute of every resource (RFC 7643 §3.1): a schema cannot define it.`);
  const result = schema(id, name, description, attributes);
  if (JSON.stringify(result).length > SCHEMA_LIMITS.length)
    throw invalidValue(`The schema is longer than ${SCHEMA_LIMITS.length} characters of JSON.`);
  return result;
}

/** RFC 7643 §2.1: names are the same in any case. */
function refuseTwins(attributes: readonly Attribute[], where: string): void {
  const seen = new Set<string>();
  for (const { name } of attributes) {
    if (seen.has(name.toLowerCase())) throw invalidValue(`${where} has two attributes ${quote(name)}.`);
    seen.add(name.toLowerCase());
  }
}

type Level = "attribute" | "sub-attribute";

function readAttribute(json: Json, where: string, level: Level): Attribute {
  const unnamed = new Members(json, where, ATTRIBUTE_MEMBERS);
  const name = unnamed.text("name", LONGEST_NAME);
  if (!isAttributeName(name))
    throw unnamed.wrong(
      "name",
      `${quote(name)} must be a letter, then letters, digits and “$-_”, and nothing reserved.`,
    );
  const members = new Members(json, `${where} (${name})`, ATTRIBUTE_MEMBERS);
  const type = members.oneOf("type", attributeTypes, "string");
  const attribute: Attribute = {
    name,
    type,
    multiValued: members.flag("multiValued"),
    description: members.text("description", SCHEMA_LIMITS.descriptionLength, ""),
    required: members.flag("required"),
    ...readValues(members, "canonicalValues"),
    caseExact: readCaseExact(members, type),
    mutability: members.oneOf("mutability", mutabilities, "readWrite"),
    returned: members.oneOf("returned", returnedValues, "default"),
    uniqueness: members.oneOf("uniqueness", uniquenesses, "none"),
    ...readValues(members, "referenceTypes"),
    ...readSubAttributes(members, type, where, level),
  };
  refuseContradictions(attribute, members, level);
  return Object.freeze(attribute);
}

/** RFC 7643 §2.3.6, §2.3.7: binary values and references are case exact, whatever a listing says; only text has case. */
function readCaseExact(members: Members, type: AttributeType): boolean {
  const given = members.flag("caseExact");
  return type === "binary" || type === "reference" || (type === "string" && given);
}

function readValues<Name extends "canonicalValues" | "referenceTypes">(
  members: Members,
  name: Name,
): { readonly [N in Name]?: readonly string[] } {
  const values = members.texts(name, SCHEMA_LIMITS.values, SCHEMA_LIMITS.valueLength);
  const given = values !== undefined && values.length > 0 ? { [name]: Object.freeze([...values]) } : {};
  return given as { readonly [N in Name]?: readonly string[] };
}

function readSubAttributes(members: Members, type: AttributeType, where: string, level: Level) {
  const list = members.list("subAttributes", SCHEMA_LIMITS.subAttributes) ?? [];
  if (type !== "complex") {
    if (list.length > 0) throw members.wrong("subAttributes", "are for the type complex alone.");
    return {};
  }
  if (level === "sub-attribute")
    throw members.wrong("type", "cannot be complex: a complex attribute holds no complex one (RFC 7643 §2.3.8).");
  if (list.length === 0) throw members.wrong("subAttributes", "must hold at least one: the type is complex.");
  const subAttributes = list.map((one, index) =>
    readAttribute(one, `${where}.subAttributes[${index}]`, "sub-attribute"),
  );
  refuseTwins(subAttributes, where);
  return { subAttributes: Object.freeze(subAttributes) };
}

/** One row a contradiction: what must not be, and why. */
const CONTRADICTIONS: readonly {
  readonly of: string;
  readonly when: (attribute: Attribute, level: Level) => boolean;
  readonly says: string;
}[] = [
  {
    of: "referenceTypes",
    when: ({ type, referenceTypes }) => referenceTypes !== undefined && type !== "reference",
    says: "are for the type reference alone.",
  },
  {
    of: "canonicalValues",
    when: ({ type, canonicalValues }) =>
      canonicalValues !== undefined && (type === "complex" || type === "boolean" || type === "binary"),
    says: "are for values that have a text: neither complex, nor boolean, nor binary.",
  },
  {
    of: "required",
    when: ({ required, mutability }) => required && mutability === "readOnly",
    says: "cannot be true for readOnly: no client could give the value.",
  },
  {
    of: "returned",
    when: ({ returned, mutability }) => mutability === "writeOnly" && returned !== "never",
    says: "must be never for writeOnly: the value is checked and not kept.",
  },
  {
    of: "returned",
    when: ({ returned, mutability }) => mutability === "readOnly" && returned === "never",
    says: "cannot be never for readOnly: nobody could write or read it.",
  },
  {
    of: "returned",
    when: (attribute) => attribute.mutability === "immutable" && isSecret(attribute),
    says: "cannot be never for immutable: what is never returned is not kept, so that nobody could tell whether it is set. Make it readWrite.",
  },
  {
    of: "subAttributes",
    when: (attribute) =>
      isSecret(attribute) && attribute.subAttributes?.some(({ mutability }) => mutability === "immutable") === true,
    says: "cannot be immutable where the whole is never returned, and so not kept. Make them readWrite.",
  },
  {
    of: "uniqueness",
    when: ({ uniqueness }, level) => uniqueness !== "none" && level === "sub-attribute",
    says: "must be none for a sub-attribute: this service keeps whole attributes unique.",
  },
  {
    of: "uniqueness",
    when: (attribute) =>
      attribute.uniqueness !== "none" &&
      (attribute.multiValued || attribute.type === "complex" || attribute.type === "boolean" || isSecret(attribute)),
    says: "must be none unless the attribute has one simple value that is kept.",
  },
];

function refuseContradictions(attribute: Attribute, members: Members, level: Level): void {
  for (const { of, when, says } of CONTRADICTIONS) if (when(attribute, level)) throw members.wrong(of, says);
}
