// Which documents can match a filter at all, as a query that an index serves.
import type { Document } from "mongodb";
import type { AttributePath } from "../../../scim/attribute-path.ts";
import type { Comparison, Filter } from "../../../scim/filter/filter.ts";
import type { ResourceType } from "../../../scim/schema/characteristics.ts";
import { isIndexed } from "../../indexed-paths.ts";
import { textAfterPrefix } from "../../text-after.ts";
import { keyOf } from "../shadow-names.ts";

/** A way into a filter. */
export interface Way {
  /** What every match has among its keys, or its id. */
  readonly query: Document;
  /** Of a reading; of a resource its id alone. */
  readonly on: "keys" | "id";
  /** Low is good: 0 finds at most one. */
  readonly cost: number;
}

const COST = { one: 0, value: 1, range: 2 } as const;

export const isPrecise = ({ cost }: Way): boolean => cost <= COST.value;

/** The best way into the filter; undefined where all resources of the type must be looked at. */
export function wayInto(filter: Filter, type: ResourceType): Way | undefined {
  switch (filter.kind) {
    case "and":
      return best(filter.terms.map((term) => wayInto(term, type)));
    case "or":
      return either(filter.terms.map((term) => wayInto(term, type)));
    case "compare":
      return ofComparison(filter, filter.path, type);
    case "element":
      return ofElement(filter.path, filter.filter, type);
    default:
      return undefined;
  }
}

const best = (ways: readonly (Way | undefined)[]): Way | undefined =>
  ways.reduce(
    (least, each) => (each !== undefined && (least === undefined || each.cost < least.cost) ? each : least),
    undefined,
  );

function either(ways: readonly (Way | undefined)[]): Way | undefined {
  const all: Way[] = [];
  for (const way of ways) {
    if (way === undefined || way.on !== ways[0]?.on) return undefined;
    all.push(way);
  }
  const [first] = all;
  if (first === undefined || all.length === 1) return first;
  return {
    query: { $or: all.map((way) => way.query) },
    on: first.on,
    cost: Math.max(...all.map(({ cost }) => cost), COST.value),
  };
}

/** A term within `emails[…]` finds the resources of which some element satisfies it. */
function ofElement(path: AttributePath, filter: Filter, type: ResourceType): Way | undefined {
  if (filter.kind === "and") return best(filter.terms.map((term) => ofElement(path, term, type)));
  if (filter.kind !== "compare") return undefined;
  const sub = filter.path.attribute;
  return ofComparison(filter, { ...path, sub, text: `${path.text}.${sub.name}` }, type);
}

function ofComparison(filter: Comparison, path: AttributePath, type: ResourceType): Way | undefined {
  const { value, operator } = filter;
  if (typeof value !== "string" || value === "") return undefined;
  if (path.extension === undefined && path.attribute.name === "id")
    return operator === "eq" ? { query: { id: value }, on: "id", cost: COST.one } : undefined;
  if (!isIndexed(type, path.text)) return undefined;
  const range = rangeOf(filter, path.text, value);
  if (range === undefined) return undefined;
  const isUnique = operator === "eq" && path.attribute.uniqueness !== "none";
  return {
    query: { keys: range },
    on: "keys",
    cost: isUnique ? COST.one : operator === "eq" ? COST.value : COST.range,
  };
}

/**
 * A range without `$elemMatch`, which may hold of two keys together: what it finds is tested all the same. (DocumentDB fails on
 * an `$elemMatch` on an indexed array.)
 */
function rangeOf({ operator }: Comparison, path: string, value: string): Document | string | undefined {
  const key = keyOf(path, value);
  const first = keyOf(path, "");
  const end = `${path}\u0001`;
  switch (operator) {
    case "eq":
      return key;
    case "gt":
      return { $gt: key, $lt: end };
    case "ge":
      return { $gte: key, $lt: end };
    case "lt":
      return { $gte: first, $lt: key };
    case "le":
      return { $gte: first, $lte: key };
    case "sw":
      return { $gte: key, $lt: keyAfter(path, value) ?? end };
    default:
      return undefined;
  }
}

function keyAfter(path: string, prefix: string): string | undefined {
  const after = textAfterPrefix(prefix);
  return after === undefined ? undefined : keyOf(path, after);
}
