// Where the values of a type's attributes stand in a resource, by the canonical paths that events name them by.
import { isObject, type Json, type JsonObject } from "../scim/json.ts";
import { once } from "../scim/once.ts";
import type { Attribute, ResourceType } from "../scim/schema/characteristics.ts";
import { attributesOf } from "../scim/schema/lookup.ts";

/** Where a path's value lives: `container` is an extension's URN or absent. */
export interface Place {
  readonly path: string;
  readonly container?: string;
  readonly attribute: Attribute;
}

export const places = once((type: ResourceType): readonly Place[] => [
  // The common attributes that clients do not set, `id` and `meta`, are read-only; `schemas` follows from the rest.
  ...attributesOf(type)
    .filter((attribute) => attribute.mutability !== "readOnly" && attribute.name !== "schemas")
    .map((attribute) => ({ path: attribute.name, attribute })),
  ...type.extensions.flatMap(({ schema }) =>
    schema.attributes.map((attribute) => ({ path: `${schema.id}:${attribute.name}`, container: schema.id, attribute })),
  ),
]);

/** The value of an attribute, in the resource itself or in an extension. */
export function valueAt(attributes: JsonObject, place: Place): Json | undefined {
  if (place.container === undefined) return attributes[place.attribute.name];
  const extension = attributes[place.container];
  return isObject(extension) ? extension[place.attribute.name] : undefined;
}

/** The elements of a multi-valued attribute. */
export const asList = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

export const placesByPath = once(
  (type: ResourceType): ReadonlyMap<string, { place: Place; sub?: string }> =>
    new Map(
      places(type).flatMap((place) => [
        [place.path, { place }] as const,
        ...(place.attribute.multiValued ? [] : (place.attribute.subAttributes ?? [])).map(
          (sub) => [`${place.path}.${sub.name}`, { place, sub: sub.name }] as const,
        ),
      ]),
    ),
);

/** Paths of all assigned attributes, without selectors: what stays in clear of a creation. */
export function assignedPaths(type: ResourceType, attributes: JsonObject): string[] {
  return places(type).flatMap((place) => {
    const value = valueAt(attributes, place);
    if (value === undefined) return [];
    if (place.attribute.multiValued || !isObject(value)) return [place.path];
    return Object.keys(value).map((sub) => `${place.path}.${sub}`);
  });
}

/** Whether a path is assigned. */
export function isAssigned(type: ResourceType, attributes: JsonObject, path: string): boolean {
  const found = placesByPath(type).get(path);
  const value = found === undefined ? undefined : valueAt(attributes, found.place);
  return found?.sub === undefined ? value !== undefined : isObject(value) && value[found.sub] !== undefined;
}
