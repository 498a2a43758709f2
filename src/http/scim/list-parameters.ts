// The parameters of a list (RFC 7644 §3.4.2). Unknown ones are passed over, as the RFC has it.

import type { Query } from "../../readstore/read-store.ts";
import type { AttributePath } from "../../scim/attribute-path.ts";
import { isFilterable } from "../../scim/comparable.ts";
import { invalidPath, invalidValue } from "../../scim/errors.ts";
import type { Filter } from "../../scim/filter/filter.ts";
import type { FilterLimits } from "../../scim/filter/parse.ts";
import { profileOf } from "../../scim/normalise/profile.ts";
import { readFilter } from "../../scim/normalise/read.ts";
import { Normalisation } from "../../scim/normalise/rule.ts";
import { quote } from "../../scim/quote.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { resolvePath } from "../../scim/schema/lookup.ts";
import type { Exchange } from "../exchange.ts";

export interface PageLimits {
  /** Resources on a page without `count`. */
  readonly pageSize: number;
  readonly maxPageSize: number;
}

export type ListWindow = Pick<Query, "filter" | "sort" | "startIndex" | "count">;

/** 400 invalidFilter, invalidPath (sortBy), invalidValue. */
export function listWindow(
  exchange: Exchange,
  type: ResourceType,
  pages: PageLimits,
  filterLimits: FilterLimits,
): ListWindow {
  const filter = exchange.parameter("filter");
  const sort = sortOf(exchange, type);
  const startIndex = integerOf(exchange, "startIndex") ?? 1;
  const count = integerOf(exchange, "count") ?? pages.pageSize;
  return {
    ...(filter === undefined ? {} : { filter: filterOf(exchange, type, filter, filterLimits) }),
    ...(sort === undefined ? {} : { sort }),
    startIndex: Math.max(1, startIndex),
    count: Math.min(Math.max(0, count), pages.maxPageSize),
  };
}

/** The filter as the credential's profile reads it; the exchange keeps by which rules. */
function filterOf(exchange: Exchange, type: ResourceType, text: string, limits: FilterLimits): Filter {
  const n = new Normalisation(profileOf(exchange.admitted.profile));
  const filter = readFilter(n, type, text, limits);
  exchange.rules = n.rules;
  return filter;
}

function integerOf(exchange: Exchange, name: string): number | undefined {
  const text = exchange.parameter(name);
  if (text === undefined || text === "") return undefined;
  const value = /^[+-]?[0-9]{1,15}$/u.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw invalidValue(`${name} must be an integer, not ${quote(text)}.`);
  return value;
}

function sortOf(exchange: Exchange, type: ResourceType): Query["sort"] | undefined {
  const sortBy = exchange.parameter("sortBy");
  const order = exchange.parameter("sortOrder")?.toLowerCase() ?? "ascending";
  if (order !== "ascending" && order !== "descending")
    throw invalidValue(`sortOrder must be ascending or descending, not ${quote(order)}.`);
  if (sortBy === undefined || sortBy === "") return undefined;
  return { path: sortPath(type, sortBy), descending: order === "descending" };
}

/** A complex attribute sorts by its `value`, as it compares in a filter. */
function sortPath(type: ResourceType, text: string): AttributePath {
  const path = resolvePath(type, text);
  if (path === undefined) throw invalidPath(`sortBy: a ${type.name} has no attribute ${quote(text)}.`);
  const operand = path.sub ?? path.attribute;
  if (!isFilterable(path.attribute) || !isFilterable(operand))
    throw invalidPath(`sortBy: ${path.text} is secret and cannot be sorted by.`);
  if (operand.type !== "complex") return path;
  const value = path.sub === undefined ? resolvePath(type, `${path.text}.value`) : undefined;
  if (value === undefined) throw invalidPath(`sortBy: ${path.text} is complex; sort by one of its sub-attributes.`);
  return value;
}
