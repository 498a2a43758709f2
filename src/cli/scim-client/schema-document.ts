// The schemas of another server (RFC 7643 §7), read with the defaults of §2.2 and without trust in their shape.
import { isObject, type Json, type JsonObject } from "../../scim/json.ts";
import {
  type Attribute,
  type AttributeType,
  attributeTypes,
  type Mutability,
  mutabilities,
  type Schema,
} from "../../scim/schema/characteristics.ts";

const TYPES: ReadonlySet<string> = new Set(attributeTypes);
const MUTABILITIES: ReadonlySet<string> = new Set(mutabilities);

/** RFC 7643 §2.1; `$ref` is the one name with a dollar. What has another name cannot be sent, and is passed over. */
const NAME = /^(?:[A-Za-z][A-Za-z0-9_-]{0,99}|\$ref)$/u;

/** Undefined where the document is no schema. */
export function schemaFrom(document: Json): Schema | undefined {
  if (!isObject(document)) return undefined;
  const id = document["id"];
  if (typeof id !== "string" || id === "") return undefined;
  return {
    id,
    name: textOf(document["name"]) ?? id,
    description: "",
    attributes: attributesFrom(document["attributes"]),
  };
}

const attributesFrom = (list: Json | undefined): readonly Attribute[] =>
  (Array.isArray(list) ? list : []).flatMap((one) => {
    const attribute = isObject(one) ? attributeFrom(one) : undefined;
    return attribute === undefined ? [] : [attribute];
  });

function attributeFrom(given: JsonObject): Attribute | undefined {
  const name = textOf(given["name"]);
  if (name === undefined || !NAME.test(name)) return undefined;
  const subAttributes = attributesFrom(given["subAttributes"]);
  const type = oneOf(given["type"], TYPES, subAttributes.length > 0 ? "complex" : "string") as AttributeType;
  return {
    name,
    type,
    multiValued: given["multiValued"] === true,
    description: "",
    required: given["required"] === true,
    caseExact: given["caseExact"] === true,
    mutability: oneOf(given["mutability"], MUTABILITIES, "readWrite") as Mutability,
    returned: given["returned"] === "never" ? "never" : "default",
    uniqueness: given["uniqueness"] === "server" || given["uniqueness"] === "global" ? given["uniqueness"] : "none",
    ...(Array.isArray(given["referenceTypes"])
      ? { referenceTypes: given["referenceTypes"].filter((one) => typeof one === "string") }
      : {}),
    ...(type === "complex" ? { subAttributes } : {}),
  };
}

const textOf = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined);

/** In any case, as some servers write `Complex`. */
function oneOf(value: Json | undefined, known: ReadonlySet<string>, otherwise: string): string {
  const text = textOf(value)?.toLowerCase();
  for (const one of known) if (one.toLowerCase() === text) return one;
  return otherwise;
}
