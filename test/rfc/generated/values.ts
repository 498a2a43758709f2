// Values for every attribute, right ones and wrong ones, from its characteristics alone.
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { type Attribute, targets } from "../reference/schema.ts";

/** Which of several right values. */
export type Variant = 0 | 1 | 2;

const simpleValue = ({ name, type }: Attribute, variant: Variant): Json => {
  switch (type) {
    case "boolean":
      return variant === 0;
    case "integer":
      return [7, 42, -3][variant] as number;
    case "decimal":
      return [1.5, 42, -0.25][variant] as number;
    case "dateTime":
      return ["2011-05-13T04:42:34Z", "2016-12-31T23:59:59.5+02:00", "1999-01-01T00:00:00Z"][variant] as string;
    case "binary":
      return ["MIIB", "AAECAw==", "__-_"][variant] as string;
    case "reference":
      return `https://Host.example/${name}/${variant}`;
    default:
      return `${name} Text ${variant}`;
  }
};

/** One value, or one element of a list; without sub-attributes that `keep` leaves out. */
export const oneValue = (
  attribute: Attribute,
  variant: Variant,
  keep: (attribute: Attribute) => boolean = () => true,
): Json => {
  if (attribute.type !== "complex") return simpleValue(attribute, variant);
  const subs = (attribute.subAttributes ?? []).filter(keep);
  return Object.fromEntries(
    subs
      // At most one element may be primary, and `primary: false` would say nothing.
      .filter(({ name }) => name !== "primary" || variant === 0)
      .map((sub) => [sub.name, sub.multiValued ? [oneValue(sub, variant, keep)] : oneValue(sub, variant, keep)]),
  );
};

/** The value of the whole attribute: a list of two if it is multi-valued. */
export const wholeValue = (attribute: Attribute, variant: Variant, keep?: (attribute: Attribute) => boolean): Json =>
  attribute.multiValued
    ? [oneValue(attribute, variant, keep), oneValue(attribute, variant === 1 ? 2 : 1, keep)]
    : oneValue(attribute, variant, keep);

/** A resource with these attributes, each of this variant. */
export const resourceWith = (
  type: ResourceType,
  variant: Variant,
  include: (attribute: Attribute) => boolean,
  keep: (attribute: Attribute) => boolean = () => true,
): JsonObject => {
  const resource: JsonObject = {};
  for (const { urn, attribute, sub } of targets(type)) {
    if (sub !== undefined || !include(attribute)) continue;
    const value = wholeValue(attribute, variant, keep);
    if (urn === undefined) resource[attribute.name] = value;
    else resource[urn] = { ...(resource[urn] as JsonObject | undefined), [attribute.name]: value };
  }
  return resource;
};

const jsonTypes: Readonly<Record<string, string>> = { boolean: "boolean", integer: "number", decimal: "number" };

/** Values of every JSON type that are none of this attribute's, each once; of the right JSON type too, if malformed. */
export const wrongValues = (attribute: Attribute): readonly Json[] => {
  const right = attribute.type === "complex" ? "object" : (jsonTypes[attribute.type] ?? "string");
  const strangers: Json[] = ["text", 5, true, { value: { value: 1 } }].filter((value) => typeof value !== right);
  const malformed: Readonly<Record<string, readonly Json[]>> = {
    integer: [1.5, 2 ** 60],
    dateTime: ["2011-05-13", "yesterday", "2011-05-13T04:42Z", "2011-02-30T00:00:00Z"],
    binary: ["*", "A", "AB=C"],
  };
  return [...strangers, ...(malformed[attribute.type] ?? [])];
};
