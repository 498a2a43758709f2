// Whether a text that is kept in clear names the person of whom it speaks.
import { comparisonKey } from "../scim/comparison-key.ts";
import { isObject, type Json, type JsonObject } from "../scim/json.ts";

/** Where a person's own names stand: single values, parts of `name`, and values of elements. */
const NAMES = ["userName", "externalId", "displayName", "nickName"] as const;
const PARTS = ["formatted", "familyName", "givenName", "middleName"] as const;
const LISTS = ["emails", "phoneNumbers", "ims"] as const;

/** Shorter ones are parts of too many other words. */
const SHORTEST = 3;

/** The path of a value of the person's that stands in a text as words of its own, in whatever case; undefined: none does. */
export function valueNaming(attributes: JsonObject, text: string): string | undefined {
  const words = comparisonKey(text);
  return namesIn(attributes).find(([, value]) => value.length >= SHORTEST && stands(comparisonKey(value), words))?.[0];
}

function namesIn(attributes: JsonObject): readonly (readonly [path: string, value: string])[] {
  const name = attributes["name"];
  return [
    ...NAMES.flatMap((path) => textAt(path, attributes[path])),
    ...PARTS.flatMap((part) => textAt(`name.${part}`, isObject(name) ? name[part] : undefined)),
    ...LISTS.flatMap((path) => {
      const list = attributes[path];
      return Array.isArray(list) ? list.flatMap((one) => textAt(path, isObject(one) ? one["value"] : undefined)) : [];
    }),
  ];
}

const textAt = (path: string, value: Json | undefined): [string, string][] =>
  typeof value === "string" ? [[path, value.trim()]] : [];

const IN_A_WORD = /[\p{L}\p{N}]/u;
const isWord = (character: string): boolean => IN_A_WORD.test(character);

function stands(value: string, text: string): boolean {
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1))
    if (!isWord(text.charAt(at - 1)) && !isWord(text.charAt(at + value.length))) return true;
  return false;
}
