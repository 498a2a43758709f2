// Which values of a request are not kept, not even encrypted: secrets, and names of others. What is kept goes with the
// key of the resource that is written, so a member's or a manager's name in it would outlast that person's erasure.
import { once } from "../once.ts";
import { namesResources } from "../resource/element.ts";
import { type Attribute, isSecret, type ResourceType } from "../schema/characteristics.ts";
import { attributesOf, findExtension, findSubAttribute, resolvePath } from "../schema/lookup.ts";

/** Words in names that no schema has, whose values are better not kept. */
const SECRET_WORDS = ["password", "passwd", "pwd", "secret", "token", "credential"];
/** What is the service's own to say and names nobody. */
const COMMON = new Set(["id", "meta", "schemas"]);
const REFERENCE = new Set(["value", "$ref", "type"]);

const secretNames = once((type: ResourceType): readonly string[] => {
  const all = [...attributesOf(type), ...type.extensions.flatMap(({ schema }) => schema.attributes)];
  return [...all, ...all.flatMap(({ subAttributes }) => subAttributes ?? [])]
    .filter(isSecret)
    .map(({ name }) => name.toLowerCase());
});

/** Whether its value is another resource: `members`, `manager`. */
const refersToResource = (attribute: Attribute): boolean =>
  namesResources(attribute) || findSubAttribute(attribute, "$ref")?.type === "reference";

/** The path of a member: `manager` in the extension's object, `display` in `members`. */
export const pathWithin = (type: ResourceType, parent: string, name: string): string => {
  if (parent === "") return findExtension(type, name) === undefined ? name : `${name}:`;
  return parent.endsWith(":") ? parent + name : `${parent}.${name}`;
};

/** The path of an operation without its brackets. */
export const withoutFilter = (path: string): string => {
  const opening = path.indexOf("[");
  return opening < 0 ? path : path.slice(0, opening) + path.slice(path.lastIndexOf("]") + 1);
};

/** Whether the value at a path is kept by nobody. `parent` is the path of the object that holds it. */
export const isHidden = (type: ResourceType, path: string, parent: string): boolean =>
  hidesSecret(type, path) || hidesName(type, path, parent);

/** Whether a simple value that stands where a complex one belongs is kept by nobody: it is read as that one's `value`. */
export function isHiddenAlone(type: ResourceType, path: string): boolean {
  const found = resolvePath(type, path);
  if (found === undefined || (found.sub ?? found.attribute).type !== "complex") return false;
  return isHidden(type, pathWithin(type, path, "value"), path);
}

const hidesSecret = (type: ResourceType, path: string): boolean => {
  const lower = path.toLowerCase();
  return (
    SECRET_WORDS.some((word) => lower.includes(word)) ||
    secretNames(type).some((name) => lower === name || lower.endsWith(`.${name}`) || lower.endsWith(`:${name}`))
  );
};

const hidesName = (type: ResourceType, path: string, parent: string): boolean => {
  const found = resolvePath(type, path);
  if (found === undefined) {
    const holder = resolvePath(type, parent);
    return holder !== undefined && holder.sub === undefined && refersToResource(holder.attribute);
  }
  const { attribute, sub } = found;
  if (COMMON.has(attribute.name)) return false;
  if (attribute.mutability === "readOnly" || sub?.mutability === "readOnly") return true;
  return sub !== undefined && refersToResource(attribute) && !REFERENCE.has(sub.name);
};

/** A path whose filter may hold somebody's name, without its filter. */
export const pathToKeep = (type: ResourceType, path: string): string => {
  const opening = path.indexOf("[");
  if (opening < 0) return path;
  const found = resolvePath(type, path.slice(0, opening));
  const names = found !== undefined && refersToResource(found.attribute) && path.toLowerCase().includes("display");
  return names || hidesSecret(type, path) ? `${path.slice(0, opening)}[…]` : path;
};
