// References of the form `bulkId:xyz` (RFC 7644 §3.7.2): texts that are nothing else, at any depth.
import { isObject, type Json } from "../json.ts";

const PREFIX = "bulkId:";

/** The bulkId that a text refers to; undefined if it is no reference. */
export const bulkIdIn = (text: string): string | undefined =>
  text.length > PREFIX.length && text.startsWith(PREFIX) ? text.slice(PREFIX.length) : undefined;

/** Calls back with every text in a value, not with the names of its members. Depth is bounded by that of the JSON. */
export function forEachText(value: Json | undefined, found: (text: string) => void): void {
  if (typeof value === "string") found(value);
  else if (Array.isArray(value)) for (const element of value) forEachText(element, found);
  else if (isObject(value)) for (const name of Object.keys(value)) forEachText(value[name], found);
}

/** The bulkIds that a value refers to, each once. */
export function referencesIn(value: Json | undefined): ReadonlySet<string> {
  const references = new Set<string>();
  forEachText(value, (text) => {
    const bulkId = bulkIdIn(text);
    if (bulkId !== undefined) references.add(bulkId);
  });
  return references;
}

/** The value with ids in place of references; a reference that `idOf` does not know stays. */
export function withIds(value: Json, idOf: (bulkId: string) => string | undefined): Json {
  if (typeof value === "string") {
    const bulkId = bulkIdIn(value);
    return bulkId === undefined ? value : (idOf(bulkId) ?? value);
  }
  if (Array.isArray(value)) return value.map((element) => withIds(element, idOf));
  if (!isObject(value)) return value;
  // `fromEntries` defines members where an assignment would follow `__proto__`.
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withIds(member, idOf)]));
}
