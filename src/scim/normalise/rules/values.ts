// Readings of values. Each has a test for the attributes that it may concern, which is asked once an attribute.
import { isObject, type Json, type JsonObject } from "../../json.ts";
import type { Attribute } from "../../schema/characteristics.ts";
import { findSubAttribute, lowerAscii } from "../../schema/lookup.ts";
import { type Rule, rule } from "../rule.ts";

const lenient = ["lenient"] as const;

export interface ValueRule {
  readonly of: (attribute: Attribute) => boolean;
  readonly rule: Rule<[value: Json, attribute: Attribute], Json>;
}

const isComplex = ({ type }: Attribute): boolean => type === "complex";
const hasSub = (attribute: Attribute, name: string): boolean => findSubAttribute(attribute, name) !== undefined;

/** The object with one member under another name; undefined if it lacks the one or has the other. */
const renamed = (value: Json, from: string, to: string): JsonObject | undefined => {
  if (!isObject(value) || !Object.hasOwn(value, from)) return undefined;
  if (Object.keys(value).some((key) => lowerAscii(key) === to)) return undefined;
  const { [from]: member, ...rest } = value;
  return { ...rest, [to]: member as Json };
};

export const valueRules: readonly ValueRule[] = [
  {
    of: ({ type }) => type === "boolean",
    rule: rule(
      "boolean-string",
      { profiles: lenient, where: "boolean attribute", says: "“True”, “False” in any case", means: "true, false" },
      (value) => {
        if (typeof value !== "string" || value.length > 5) return undefined;
        const word = value.toLowerCase();
        return word === "true" ? true : word === "false" ? false : undefined;
      },
    ),
  },
  {
    of: (attribute) => isComplex(attribute) && !attribute.multiValued,
    rule: rule(
      "array-of-one",
      { profiles: lenient, where: "single-valued complex attribute", says: "[{…}]", means: "{…}" },
      (value) => (Array.isArray(value) && value.length === 1 ? value[0] : undefined),
    ),
  },
  {
    of: (attribute) => isComplex(attribute) && hasSub(attribute, "value"),
    rule: rule(
      "value-string",
      {
        profiles: lenient,
        where: "complex attribute with a value (manager, members)",
        says: "“2819c223”",
        means: "{ value: “2819c223” }",
      },
      (value) => (typeof value === "string" && value !== "" ? { value } : undefined),
    ),
  },
  {
    of: (attribute) => isComplex(attribute) && hasSub(attribute, "display") && !hasSub(attribute, "displayName"),
    rule: rule(
      "display-name-key",
      { profiles: lenient, where: "element of a multi-valued attribute", says: "displayName", means: "display" },
      (value) => renamed(value, "displayName", "display"),
    ),
  },
  {
    of: (attribute) => attribute.name === "manager" && hasSub(attribute, "value"),
    rule: rule("manager-id-key", { profiles: lenient, where: "manager", says: "managerId", means: "value" }, (value) =>
      renamed(value, "managerId", "value"),
    ),
  },
];
