// What a list must be: every resource of a world looked at one by one.
import type { TypeQuery } from "../../src/readstore/read-store.ts";
import type { AttributePath } from "../../src/scim/attribute-path.ts";
import { compareText } from "../../src/scim/comparable.ts";
import { matches } from "../../src/scim/filter/evaluate.ts";
import type { Filter } from "../../src/scim/filter/filter.ts";
import { isObject, type Json, type JsonObject } from "../../src/scim/json.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { shadowOf } from "../../src/scim/shadow.ts";
import { type History, resourceIn, type World } from "../projections/history.ts";

const KEPT = /^(id|schemas|active|meta|groups|(roles|entitlements)(\.(value|type))?)(\.|$)/;
const pathTexts = (filter: Filter, under = ""): string[] => {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.flatMap((term) => pathTexts(term, under));
    case "not":
      return pathTexts(filter.term, under);
    case "element":
      return pathTexts(filter.filter, `${filter.path.text}.`);
    default:
      return [under + filter.path.text];
  }
};
const kept = (text: string): boolean => KEPT.test(text) && !/^(roles|entitlements)\.(display|primary)/.test(text);

/** Whether a filter compares what an erasure takes away. */
export const asksPersonal = (filter: Filter): boolean => !pathTexts(filter).every(kept);

/** Ids in the order in which their resources came to be. */
export function creationOrder({ worlds }: History): readonly string[] {
  const order = new Set<string>();
  for (const world of worlds)
    for (const [id, { state }] of world) if (state.status === "live" || state.status === "deleted") order.add(id);
  return [...order];
}

/** The value that a sort by this path compares: the primary element's, else the first element's. */
function sortKey(
  resource: JsonObject,
  type: ResourceType,
  { attribute, sub, extension }: AttributePath,
): Json | undefined {
  const shadow = shadowOf(type, resource);
  const holder = extension === undefined ? shadow : shadow[extension];
  const value = isObject(holder) ? holder[attribute.name] : undefined;
  const name = sub?.name ?? (attribute.type === "complex" ? "value" : undefined);
  if (!Array.isArray(value)) return name === undefined ? value : isObject(value) ? value[name] : undefined;
  if (name === undefined) return value[0];
  const elements = (value as JsonObject[]).filter((element) => element[name] !== undefined);
  return (elements.find((element) => element["primary"] === true) ?? elements[0])?.[name];
}

const compareKeys = (a: Json | undefined, b: Json | undefined): number => {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  if (typeof a === "string" || typeof b === "string") {
    if (typeof a !== typeof b) return typeof a === "string" ? 1 : -1;
    return compareText(String(a), String(b));
  }
  return Number(a) - Number(b);
};

/** Elements in the order in which they are listed: members as they were created, groups by their ids. */
function inOrder(resource: JsonObject, order: readonly string[]): JsonObject {
  const place = ({ value }: JsonObject): number => order.indexOf(String(value));
  const { members, groups } = resource as { members?: JsonObject[]; groups?: JsonObject[] };
  return {
    ...resource,
    ...(members === undefined ? {} : { members: members.toSorted((a, b) => place(a) - place(b)) }),
    ...(groups === undefined
      ? {}
      : { groups: groups.toSorted((a, b) => compareText(String(a["value"]), String(b["value"]))) }),
  };
}

/** Ids of a list as of a world. An erased person has no values but those that stay. */
export function listIn(
  world: World,
  order: readonly string[],
  of: readonly TypeQuery[],
  sort?: "ascending" | "descending",
): string[] {
  const found = order.flatMap((id) => {
    const known = world.get(id);
    const asked = of.find(({ type }) => type.name === known?.kind);
    const resource = resourceIn(world, id, true);
    if (known === undefined || asked === undefined || resource === undefined) return [];
    const { filter, sortBy, type } = asked;
    if (filter !== undefined && ((known.state.erased && asksPersonal(filter)) || !matches(filter, resource))) return [];
    const isGone = sortBy === undefined || (known.state.erased && !kept(sortBy.text));
    return [{ id, key: isGone ? undefined : sortKey(inOrder(resource, order), type, sortBy) }];
  });
  if (sort === undefined) return found.map(({ id }) => id);
  const sign = sort === "descending" ? -1 : 1;
  return found.sort((a, b) => sign * compareKeys(a.key, b.key)).map(({ id }) => id);
}
