// Which indexed values begin and cease to stand with a change of a resource: the intervals by which filters find it.
import { type IndexedPath, indexedPathsOf } from "../../readstore/indexed-paths.ts";
import type { ForgottenValue, IndexChange, ResourceKey } from "../../readstore/view-writer.ts";
import { isObject, type Json, type JsonObject } from "../../scim/json.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";

/** Whose values they are. */
export interface Indexed {
  readonly key: ResourceKey;
  /** Place of the resource's creation. */
  readonly resource: number;
  readonly type: ResourceType;
}

const NONE: readonly string[] = [];

/** The text values of a shadow at a path, each once. */
function valuesAt(shadow: JsonObject | undefined, { container, attribute, sub }: IndexedPath): readonly string[] {
  const holder = container === undefined ? shadow : shadow?.[container];
  const value = isObject(holder) ? holder[attribute] : undefined;
  if (value === undefined) return NONE;
  if (!Array.isArray(value)) return textsOf(value, sub);
  return value.length === 1 ? textsOf(value[0]!, sub) : [...new Set(value.flatMap((element) => textsOf(element, sub)))];
}

function textsOf(value: Json, sub: string | undefined): readonly string[] {
  const inner = sub === undefined ? value : isObject(value) ? value[sub] : undefined;
  return typeof inner === "string" ? [inner] : NONE;
}

/** Values among which others are looked for one by one; more of them make a set. */
const FEW = 8;

function among(values: readonly string[]): (value: string) => boolean {
  if (values.length <= FEW) return (value) => values.includes(value);
  const set = new Set(values);
  return (value) => set.has(value);
}

/** `after` is undefined for a resource that ended. */
export function indexChanges(
  { key, resource, type }: Indexed,
  before: JsonObject | undefined,
  after: JsonObject | undefined,
  place: number,
): IndexChange[] {
  const changes: IndexChange[] = [];
  if (before === after) return changes;
  for (const path of indexedPathsOf(type)) {
    const old = valuesAt(before, path);
    const fresh = valuesAt(after, path);
    const [had, has] = [among(old), among(fresh)];
    for (const value of old)
      if (!has(value)) changes.push({ open: false, key, resource, path: path.text, value, place });
    for (const value of fresh)
      if (!had(value)) changes.push({ open: true, key, resource, path: path.text, value, place });
  }
  return changes;
}

/** Every indexed value that these shadows bear. */
export const indexedValues = ({ key, resource, type }: Indexed, shadows: readonly JsonObject[]): ForgottenValue[] =>
  indexedPathsOf(type).flatMap((path) =>
    [...new Set(shadows.flatMap((shadow) => valuesAt(shadow, path)))].map((value) => ({
      key,
      resource,
      path: path.text,
      value,
    })),
  );
