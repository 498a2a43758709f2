// Unique values (RFC 7643 §7 `uniqueness`) that one resource had, and that another one bears by now.
import { placesByPath, valueAt } from "../../domain/attribute-places.ts";
import { uniqueValues } from "../../domain/unique-values.ts";
import type { Position } from "../../eventlog/event-log.ts";
import type { ReadStore } from "../../readstore/read-store.ts";
import { comparable } from "../../scim/comparable.ts";
import type { Filter } from "../../scim/filter/filter.ts";
import type { JsonObject } from "../../scim/json.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { resolvePath } from "../../scim/schema/lookup.ts";
import type { History, Sources } from "../sources.ts";

/** Sources whose resources can also be looked up by their values. */
export interface Searchable extends Sources {
  readonly store: History & Pick<ReadStore, "query">;
}

export interface Taken {
  readonly path: string;
  /** Who bears it. */
  readonly id: string;
}

/** Which unique values of these attributes, or that at a path alone, another resource than `self` bears at a position. */
export async function takenOf(
  { store, types }: Searchable,
  { tenant, type: name, id: self }: { readonly tenant: string; readonly type: string; readonly id: string },
  attributes: JsonObject,
  asOf: Position,
  only?: string,
): Promise<readonly Taken[]> {
  const type = types.typesOf(tenant).ever(name);
  const taken: Taken[] = [];
  for (const { path } of type === undefined ? [] : uniqueValues(type, attributes)) {
    if (only !== undefined && path !== only) continue;
    const of = [{ type: type!, filter: equalTo(type!, path, attributes) }];
    // One of two may be the resource itself.
    const { resources } = await store.query({ tenant, of, asOf, startIndex: 1, count: 2 });
    const other = resources.find(({ id }) => id !== self);
    if (other !== undefined) taken.push({ path, id: other.id });
  }
  return taken;
}

function equalTo(type: ResourceType, path: string, attributes: JsonObject): Filter {
  const { place } = placesByPath(type).get(path)!;
  const value = comparable(place.attribute, valueAt(attributes, place)!)!;
  return { kind: "compare", operator: "eq", path: resolvePath(type, path)!, operand: place.attribute, value };
}
