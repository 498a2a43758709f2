// Readings of names that are not where the standard puts them.
import type { AttributePath } from "../../attribute-path.ts";
import { invalidSyntax } from "../../errors.ts";
import { isObject, type Json, type JsonObject, own } from "../../json.ts";
import { quote } from "../../quote.ts";
import type { ResourceType } from "../../schema/characteristics.ts";
import { findExtension, lowerAscii } from "../../schema/lookup.ts";
import { rule, sentBy } from "../rule.ts";

export const pathAsKey = rule(
  "path-as-key",
  {
    profiles: sentBy("entra"),
    where: "key of a body or of a value without path",
    says: "“name.givenName”, “urn:…:User:department”, “department”",
    means: "{ name: { givenName } }, { “urn:…:User”: { department } }",
  },
  (type: ResourceType, object: JsonObject, key: string, path: AttributePath) => moved(type, object, key, path),
);

export const unknownAttribute = rule(
  "unknown-attribute",
  {
    profiles: sentBy("entra", "okta", "google", "onelogin", "jumpcloud", "ping"),
    where: "body of POST and PUT",
    says: "an attribute that no schema has",
    means: "nothing",
  },
  (): true => true,
);

/**
 * `object` with what is under `key` moved to where `path` leads. Undefined if it would have to be one element of a list: a list
 * of it alone would replace all the others. 400 invalidSyntax if something is there already: one of the two would be dropped.
 */
const moved = (type: ResourceType, object: JsonObject, key: string, path: AttributePath): JsonObject | undefined => {
  if (path.sub !== undefined && path.attribute.multiValued) return undefined;
  const { [key]: value, ...rest } = object;
  const steps = [path.attribute.name, ...(path.sub === undefined ? [] : [path.sub.name])];
  const urn = path.extension;
  const container =
    urn === undefined ? [] : [Object.keys(rest).find((name) => findExtension(type, name)?.id === urn) ?? urn];
  const result = placed(rest, [...container, ...steps], value as Json);
  if (result === undefined)
    throw invalidSyntax(`${quote(key)} and another member speak of ${path.text}: give it once.`);
  return result;
};

/** Undefined if something is there already. */
const placed = (object: JsonObject, [name, ...inner]: readonly string[], value: Json): JsonObject | undefined => {
  const key = Object.keys(object).find((one) => lowerAscii(one) === name?.toLowerCase()) ?? (name as string);
  const there = own(object, key);
  if (inner.length === 0) return there === undefined ? { ...object, [key]: value } : undefined;
  const within = placed(isObject(there) ? there : {}, inner, value);
  return within === undefined || (there !== undefined && there !== null && !isObject(there))
    ? undefined
    : { ...object, [key]: within };
};
