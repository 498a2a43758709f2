// Readings of values. Those of a list have a test for the attributes that they may concern, which is asked once an attribute.
import { isObject, type Json, type JsonObject } from "../../json.ts";
import { namesResources } from "../../resource/element.ts";
import type { Attribute } from "../../schema/characteristics.ts";
import { findSubAttribute, lowerAscii } from "../../schema/lookup.ts";
import { type Rule, rule, sentBy } from "../rule.ts";

export interface ValueRule {
  readonly of: (attribute: Attribute) => boolean;
  readonly rule: Rule<[value: Json, attribute: Attribute], Json>;
}

const isComplex = ({ type }: Attribute): boolean => type === "complex";
const isText = ({ type }: Attribute): boolean => type === "string" || type === "reference";
const hasSub = (attribute: Attribute, name: string): boolean => findSubAttribute(attribute, name) !== undefined;

/** The object with one member under another name; undefined if it lacks the one or has the other. */
const renamed = (value: Json, from: string, to: string): JsonObject | undefined => {
  if (!isObject(value) || !Object.hasOwn(value, from)) return undefined;
  if (Object.keys(value).some((key) => lowerAscii(key) === to)) return undefined;
  const { [from]: member, ...rest } = value;
  return { ...rest, [to]: member as Json };
};

/** Of a text the engine itself takes `""` for no value. Of a boolean nobody does: no `active` would mean an enabled account. */
export const emptyText = rule(
  "empty-text",
  {
    profiles: sentBy("entra", "okta", "google", "onelogin", "jumpcloud", "ping"),
    where: "attribute that is multi-valued, or neither a text nor a boolean",
    says: "“”",
    means: "no value",
  },
  (value: Json): null | undefined => (value === "" ? null : undefined),
);

export const oneForList = rule(
  "one-for-list",
  {
    profiles: sentBy(),
    where: "multi-valued attribute, other than in an add",
    says: "{…}",
    means: "[{…}]",
  },
  (value: Json): Json[] | undefined =>
    isObject(value) || (typeof value === "string" && value !== "") ? [value] : undefined,
);

/** Of one value or one element, in the order in which they are asked. */
export const valueRules: readonly ValueRule[] = [
  {
    of: ({ type }) => type === "boolean",
    rule: rule(
      "boolean-string",
      {
        profiles: sentBy("entra", "onelogin"),
        where: "boolean attribute",
        says: "“True”, “False” in any case",
        means: "true, false",
      },
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
      {
        profiles: sentBy("entra"),
        where: "single-valued complex attribute",
        says: "[{…}], []",
        means: "{…}, no value",
      },
      (value) => (Array.isArray(value) && value.length < 2 ? (value[0] ?? null) : undefined),
    ),
  },
  {
    of: (attribute) => isComplex(attribute) && hasSub(attribute, "value"),
    rule: rule(
      "value-string",
      {
        profiles: sentBy("entra"),
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
      {
        profiles: sentBy("entra"),
        where: "element of a multi-valued attribute",
        says: "displayName",
        means: "display",
      },
      (value) => renamed(value, "displayName", "display"),
    ),
  },
  {
    of: (attribute) => attribute.name === "manager" && hasSub(attribute, "value"),
    rule: rule(
      "manager-id-key",
      { profiles: sentBy("onelogin"), where: "manager", says: "managerId", means: "value" },
      (value) => renamed(value, "managerId", "value"),
    ),
  },
  {
    of: (attribute) => attribute.type !== "boolean" && !isText(attribute) && !namesResources(attribute),
    rule: emptyText,
  },
];
