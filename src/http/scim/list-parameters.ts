// What is asked of a list, by the parameters of a GET (RFC 7644 §3.4.2) or the body of a POST to `/.search` (§3.4.3): the
// same names, the same meaning, the same errors. Unknown ones are passed over, as the RFC has it.
import type { Query, TypeQuery } from "../../readstore/read-store.ts";
import type { AttributePath } from "../../scim/attribute-path.ts";
import { isFilterable } from "../../scim/comparable.ts";
import { invalidCount, invalidPath, invalidValue } from "../../scim/errors.ts";
import type { Filter } from "../../scim/filter/filter.ts";
import type { FilterLimits } from "../../scim/filter/limits.ts";
import { parseSearchRequest, type SearchRequest } from "../../scim/messages.ts";
import { profileOf } from "../../scim/normalise/profile.ts";
import { readFilter, readFilterOver } from "../../scim/normalise/read.ts";
import { Normalisation } from "../../scim/normalise/rule.ts";
import { quote } from "../../scim/quote.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { resolvePath } from "../../scim/schema/lookup.ts";
import type { SelectionParameters } from "../../scim/selection.ts";
import { type BodyLimits, readJson } from "../body.ts";
import type { Exchange } from "../exchange.ts";

export interface PageLimits {
  /** Resources on a page without `count`. */
  readonly pageSize: number;
  readonly maxPageSize: number;
}

export interface ListParameters
  extends SelectionParameters,
    Pick<SearchRequest, "filter" | "sortBy" | "sortOrder" | "startIndex" | "count" | "cursor"> {}

/** 400 invalidValue, invalidCount. */
export function parametersOf(exchange: Exchange): ListParameters {
  if (!exchange.hasQuery) return {};
  const cursor = exchange.parameter("cursor");
  return {
    ...textOf(exchange, "filter"),
    ...textOf(exchange, "sortBy"),
    ...textOf(exchange, "sortOrder"),
    ...textOf(exchange, "attributes"),
    ...textOf(exchange, "excludedAttributes"),
    ...integerOf(exchange, "startIndex", invalidValue),
    ...integerOf(exchange, "count", cursor === undefined ? invalidValue : invalidCount),
    ...(cursor === undefined ? {} : { cursor }),
  };
}

/** Bytes: room for the longest filter, and little enough to be recorded whole where the past is asked. */
const LONGEST_SEARCH = 131_072;

/** 400 invalidSyntax, invalidValue; 413, 415. */
export const parametersFrom = async (exchange: Exchange, limits: BodyLimits): Promise<ListParameters> =>
  parseSearchRequest(
    await readJson(exchange.request, { ...limits, bodyBytes: Math.min(limits.bodyBytes, LONGEST_SEARCH) }),
  );

type Texts = "filter" | "sortBy" | "sortOrder" | "attributes" | "excludedAttributes";

function textOf<Name extends Texts>(exchange: Exchange, name: Name): { readonly [Key in Name]?: string } {
  const text = exchange.parameter(name);
  return (text === undefined ? {} : { [name]: text }) as { readonly [Key in Name]?: string };
}

function integerOf<Name extends "startIndex" | "count">(
  exchange: Exchange,
  name: Name,
  refusal: (detail: string) => Error,
): { readonly [Key in Name]?: number } {
  const text = exchange.parameter(name);
  if (text === undefined || text === "") return {};
  const value = /^[+-]?[0-9]{1,15}$/u.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw refusal(`${name} must be an integer, not ${quote(text)}.`);
  return { [name]: value } as { readonly [Key in Name]?: number };
}

/** The window of an index page: an index below 1 is 1, a negative count is 0 (RFC 7644 §3.4.2.4). */
export const windowIn = ({ startIndex = 1, count }: ListParameters, { pageSize, maxPageSize }: PageLimits) => ({
  startIndex: Math.max(1, startIndex),
  count: Math.min(Math.max(0, count ?? pageSize), maxPageSize),
});

/** The page size of a walk (RFC 9865 §2): a negative count is 0. 400 invalidCount above the limit, which is advertised. */
export function countIn({ count }: ListParameters, { pageSize, maxPageSize }: PageLimits): number {
  if (count !== undefined && count > maxPageSize)
    throw invalidCount(`count must be between 0 and ${maxPageSize}, not ${count}.`);
  return Math.max(0, count ?? Math.min(pageSize, maxPageSize));
}

/**
 * What is asked of each type, and the order; the exchange keeps by which rules its filter was read. 400 invalidFilter,
 * invalidPath (sortBy), invalidValue (sortOrder).
 */
export function listedIn(
  exchange: Exchange,
  parameters: ListParameters,
  types: readonly ResourceType[],
  limits: FilterLimits,
): Pick<Query, "of" | "sort"> {
  const paths = sortPaths(types, parameters.sortBy);
  const sort = orderIn(parameters);
  const of = filtersIn(exchange, parameters, types, limits).map(({ type, filter }): TypeQuery => {
    const sortBy = paths?.get(type);
    return { type, ...(filter === undefined ? {} : { filter }), ...(sortBy === undefined ? {} : { sortBy }) };
  });
  return { of, ...(paths === undefined ? {} : { sort }) };
}

/** A type of which nothing can match is left out. */
function filtersIn(
  exchange: Exchange,
  { filter }: ListParameters,
  types: readonly ResourceType[],
  limits: FilterLimits,
): readonly { readonly type: ResourceType; readonly filter: Filter | undefined }[] {
  if (filter === undefined) return types.map((type) => ({ type, filter }));
  const n = new Normalisation(profileOf(exchange.admitted.profile));
  const [only, ...others] = types;
  const read =
    only !== undefined && others.length === 0
      ? [{ type: only, filter: readFilter(n, only, filter, limits) }]
      : readFilterOver(n, types, filter, limits);
  exchange.rules = n.rules;
  return read.flatMap(({ type, filter: narrowed }) =>
    narrowed === false ? [] : [{ type, filter: narrowed === true ? undefined : narrowed }],
  );
}

function orderIn({ sortOrder = "ascending" }: ListParameters): "ascending" | "descending" {
  const order = sortOrder.toLowerCase();
  if (order === "ascending" || order === "descending") return order;
  throw invalidValue(`sortOrder must be ascending or descending, not ${quote(sortOrder)}.`);
}

/** What to sort each type by; a type without the attribute is not in it. Undefined where nothing is to be sorted. */
function sortPaths(
  types: readonly ResourceType[],
  sortBy: string | undefined,
): ReadonlyMap<ResourceType, AttributePath> | undefined {
  if (sortBy === undefined || sortBy === "") return undefined;
  const paths = new Map<ResourceType, AttributePath>();
  for (const type of types) {
    const path = resolvePath(type, sortBy);
    if (path !== undefined) paths.set(type, sortPath(type, path));
  }
  if (paths.size > 0) return paths;
  const owner = types.length === 1 ? `a ${types[0]?.name} has no` : "no resource type has an";
  throw invalidPath(`sortBy: ${owner} attribute ${quote(sortBy)}.`);
}

/** A complex attribute sorts by its `value`, as it compares in a filter. */
function sortPath(type: ResourceType, path: AttributePath): AttributePath {
  mustTell(path);
  if ((path.sub ?? path.attribute).type !== "complex") return path;
  const value = path.sub === undefined ? resolvePath(type, `${path.text}.value`) : undefined;
  if (value === undefined) throw invalidPath(`sortBy: ${path.text} is complex; sort by one of its sub-attributes.`);
  mustTell(value);
  return value;
}

function mustTell({ attribute, sub, text }: AttributePath): void {
  if (!isFilterable(attribute) || (sub !== undefined && !isFilterable(sub)))
    throw invalidPath(`sortBy: ${text} is secret and cannot be sorted by.`);
}

/** The filter, of one resource alone (RFC 7644 §3.4.2.1: a query of an individual resource). */
export function within(id: string, { type, filter, ...asked }: TypeQuery): TypeQuery {
  const path = resolvePath(type, "id") as AttributePath;
  const isIt: Filter = { kind: "compare", operator: "eq", path, operand: path.attribute, value: id };
  return { ...asked, type, filter: filter === undefined ? isIt : { kind: "and", terms: [isIt, filter] } };
}

/** The parameters as an inspection keeps them. */
export const textsOf = (parameters: ListParameters): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
