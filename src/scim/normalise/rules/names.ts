// Readings of names: keys and paths that are not where the standard puts them.
import type { AttributePath } from "../../attribute-path.ts";
import { isObject, type Json, type JsonObject } from "../../json.ts";
import type { ResourceType } from "../../schema/characteristics.ts";
import { findAttribute, findExtension, lowerAscii, resolvePath } from "../../schema/lookup.ts";
import { rule } from "../rule.ts";

const lenient = ["lenient"] as const;

export const pathAsKey = rule(
  "path-as-key",
  {
    profiles: lenient,
    where: "key of a body or of a value without path",
    says: "“name.givenName”, “urn:…:User:department”",
    means: "{ name: { givenName } }, { “urn:…:User”: { department } }",
  },
  (type: ResourceType, object: JsonObject, key: string) => moved(type, object, key, resolvePath(type, key)),
);

export const bareExtensionKey = rule(
  "bare-extension-key",
  {
    profiles: lenient,
    where: "key that is no attribute of the type, but of exactly one extension",
    says: "{ department }",
    means: "{ “urn:…:User”: { department } }",
  },
  (type: ResourceType, object: JsonObject, key: string) => moved(type, object, key, inOneExtension(type, key)),
);

export const bareExtensionPath = rule(
  "bare-extension-path",
  {
    profiles: lenient,
    where: "path to no attribute of the type, but to one of exactly one extension",
    says: "“manager”, “manager[value eq …]”",
    means: "“urn:…:User:manager”",
  },
  (type: ResourceType, path: string): string | undefined => {
    const end = nameEnd(path);
    const name = path.slice(0, end);
    if (resolvePath(type, name) !== undefined) return undefined;
    const found = inOneExtension(type, name);
    return found && found.text + path.slice(end);
  },
);

export const unknownAttribute = rule(
  "unknown-attribute",
  { profiles: lenient, where: "body of POST and PUT", says: "an attribute that no schema has", means: "nothing" },
  (): true => true,
);

/** Where the first name of a path ends: at a bracket or a dot. A URN is not bare, wherever its dots are. */
const nameEnd = (path: string): number => {
  for (let i = 0; i < path.length; i++) if (path[i] === "[" || path[i] === ".") return i;
  return path.length;
};

/** The attribute of this name in an extension, unless several have one. */
const inOneExtension = (type: ResourceType, name: string): AttributePath | undefined => {
  let found: AttributePath | undefined;
  for (const { schema } of type.extensions) {
    const attribute = findAttribute(schema.attributes, name);
    if (attribute === undefined) continue;
    if (found !== undefined) return undefined;
    found = resolvePath(type, `${schema.id}:${attribute.name}`);
  }
  return found;
};

/**
 * `object` with what is under `key` moved to where `path` leads. Undefined if something is there already, or if it would
 * have to be one element of a list: a list of it alone would replace all the others.
 */
const moved = (
  type: ResourceType,
  object: JsonObject,
  key: string,
  path: AttributePath | undefined,
): JsonObject | undefined => {
  if (path === undefined || (path.sub !== undefined && path.attribute.multiValued)) return undefined;
  const { [key]: value, ...rest } = object;
  const steps = [path.attribute.name, ...(path.sub === undefined ? [] : [path.sub.name])];
  if (path.extension === undefined) return placed(rest, steps, value as Json);
  const urn = path.extension;
  const container = Object.keys(rest).find((name) => findExtension(type, name)?.id === urn) ?? urn;
  return placed(rest, [container, ...steps], value as Json);
};

const placed = (object: JsonObject, [name, ...inner]: readonly string[], value: Json): JsonObject | undefined => {
  const key = Object.keys(object).find((one) => lowerAscii(one) === name?.toLowerCase()) ?? (name as string);
  const there = Object.hasOwn(object, key) ? object[key] : undefined;
  if (inner.length === 0) return there === undefined ? { ...object, [key]: value } : undefined;
  const within = placed(isObject(there) ? there : {}, inner, value);
  return within === undefined || (there !== undefined && there !== null && !isObject(there))
    ? undefined
    : { ...object, [key]: within };
};
