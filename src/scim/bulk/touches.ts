// Which steps of a Bulk request have to keep their order: those where one writes what the other writes or refers to.
// Everything else can be carried out side by side.
import { comparisonKey } from "../comparison-key.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { findExtension, resolvePath } from "../schema/lookup.ts";

/** Ids of resources, and unique values. */
export interface Touches {
  readonly reads: Iterable<string>;
  readonly writes: Iterable<string>;
}

/** For each step the earlier ones that must be done before it. Only the nearest are named: these have waited for their own. */
export function predecessors(steps: readonly Touches[]): readonly (readonly number[])[] {
  const writers = new Map<string, number>();
  /** Since the last writer. */
  const readers = new Map<string, number[]>();
  return steps.map(({ reads, writes }, step) => {
    const before = new Set<number>();
    const after = (key: string) => {
      const writer = writers.get(key);
      if (writer !== undefined) before.add(writer);
    };
    for (const key of reads) {
      after(key);
      const known = readers.get(key);
      if (known === undefined) readers.set(key, [step]);
      else known.push(step);
    }
    for (const key of writes) {
      after(key);
      for (const reader of readers.get(key) ?? []) before.add(reader);
      readers.delete(key);
      writers.set(key, step);
    }
    before.delete(step);
    return [...before];
  });
}

/** What the unique values in an operation's data come to: two operations that take the same one keep their order. */
export function uniqueKeysOf(type: ResourceType, data: Json | undefined): readonly string[] {
  const keys: string[] = [];
  const note = (path: string, value: Json | undefined) => {
    const named = resolvePath(type, path);
    if (named === undefined || named.attribute.uniqueness === "none") return;
    if (typeof value === "string" || typeof value === "number")
      keys.push(`${named.text}\0${comparisonKey(String(value))}`);
  };
  const noteAll = (attributes: JsonObject, prefix: string) => {
    for (const name of Object.keys(attributes)) {
      const value = attributes[name];
      const extension = prefix === "" && isObject(value) ? findExtension(type, name) : undefined;
      if (extension === undefined) note(prefix + name, value);
      else noteAll(value as JsonObject, `${extension.id}:`);
    }
  };
  if (!isObject(data)) return keys;
  noteAll(data, "");
  const operations = own(data, "Operations");
  for (const operation of Array.isArray(operations) ? operations : []) {
    if (!isObject(operation)) continue;
    const [path, value] = [own(operation, "path"), own(operation, "value")];
    if (typeof path === "string") note(path, value);
    else if (isObject(value)) noteAll(value, "");
  }
  return keys;
}
