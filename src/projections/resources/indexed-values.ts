// Which indexed values begin and cease to stand with a change of a resource: the intervals by which filters find it.
import { indexedPaths } from "../../readstore/indexed-paths.ts";
import type { ForgottenValue, IndexChange, ResourceKey } from "../../readstore/view-writer.ts";
import { isObject, type Json, type JsonObject } from "../../scim/json.ts";

interface IndexedPath {
  readonly text: string;
  readonly attribute: string;
  readonly sub: string | undefined;
}

const paths: ReadonlyMap<string, readonly IndexedPath[]> = new Map(
  [...indexedPaths].map(([type, texts]) => [
    type,
    texts.map((text) => {
      const [attribute, sub] = text.split(".") as [string, string | undefined];
      return { text, attribute, sub };
    }),
  ]),
);

const NONE: readonly string[] = [];

/** The text values of a shadow at a path, each once. */
function valuesAt(shadow: JsonObject | undefined, { attribute, sub }: IndexedPath): readonly string[] {
  const value = shadow?.[attribute];
  if (value === undefined) return NONE;
  if (!Array.isArray(value)) return textsOf(value, sub);
  return value.length === 1 ? textsOf(value[0]!, sub) : [...new Set(value.flatMap((element) => textsOf(element, sub)))];
}

function textsOf(value: Json, sub: string | undefined): readonly string[] {
  const inner = sub === undefined ? value : isObject(value) ? value[sub] : undefined;
  return typeof inner === "string" ? [inner] : NONE;
}

/** `after` is undefined for a resource that ended. */
export function indexChanges(
  key: ResourceKey,
  resource: number,
  before: JsonObject | undefined,
  after: JsonObject | undefined,
  place: number,
): IndexChange[] {
  const changes: IndexChange[] = [];
  if (before === after) return changes;
  for (const path of paths.get(key.type) ?? []) {
    const old = valuesAt(before, path);
    const fresh = valuesAt(after, path);
    for (const value of old)
      if (!fresh.includes(value)) changes.push({ open: false, key, resource, path: path.text, value, place });
    for (const value of fresh)
      if (!old.includes(value)) changes.push({ open: true, key, resource, path: path.text, value, place });
  }
  return changes;
}

/** Every indexed value that these shadows bear. */
export const indexedValues = (key: ResourceKey, resource: number, shadows: readonly JsonObject[]): ForgottenValue[] =>
  (paths.get(key.type) ?? []).flatMap((path) =>
    [...new Set(shadows.flatMap((shadow) => valuesAt(shadow, path)))].map((value) => ({
      key,
      resource,
      path: path.text,
      value,
    })),
  );
