// Attributes whose values nobody can read any more.
import type { ResourceType } from "../scim/schema/characteristics.ts";
import { placesByPath } from "./attribute-places.ts";
import { type AttributeSet, applyChanges } from "./attributes.ts";
import { ERASED } from "./event.ts";
import type { AttributeChange } from "./events.ts";

/** The element id of a placeholder for erased elements. */
const ERASED_ELEMENT = "0";

/** Attributes in which each of these paths reads as `[erased]`, never as missing; elements become one placeholder. */
export function erasedAttributes(type: ResourceType, set: AttributeSet, paths: readonly string[]): AttributeSet {
  const byPath = placesByPath(type);
  let erased = set;
  for (const path of paths) {
    const found = byPath.get(path);
    if (found === undefined) continue;
    const { attribute } = found.place;
    const many = found.sub === undefined && attribute.multiValued;
    const after = many && attribute.type === "complex" ? { value: ERASED } : ERASED;
    const gone = many ? (erased.elements[path] ?? []).map((element) => ({ path, element })) : [];
    erased = applyChanges(erased, [...gone, { path, after, ...(many ? { element: ERASED_ELEMENT } : {}) }]);
  }
  return erased;
}

/** A change whose values are erased: they read as `[erased]`, what it cleared is gone. */
export function erasedChange(
  type: ResourceType,
  set: AttributeSet,
  { paths, cleared }: { readonly paths: readonly string[]; readonly cleared: readonly string[] },
): AttributeSet {
  const assigned = erasedAttributes(type, set, paths);
  const gone = cleared.flatMap((path) => (assigned.elements[path] ?? [undefined]).map((id) => removal(path, id)));
  return applyChanges(assigned, gone);
}

/** The change that takes an attribute, or one of its elements, away. */
export const removal = (path: string, element: string | undefined): AttributeChange =>
  element === undefined ? { path } : { path, element };
