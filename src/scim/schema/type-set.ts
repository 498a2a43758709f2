// The resource types and schemas of one tenant, as values that never change: built once, then only looked up.
import type { ResourceType, Schema } from "./characteristics.ts";
import { lowerAscii } from "./lookup.ts";
import { groupType, resourceTypes, userType } from "./resource-types.ts";

/** Names, endpoints and URNs are found in any (ASCII) case. */
export interface TypeSet {
  /** In the order in which they were first defined, the built-in ones first. */
  readonly all: readonly ResourceType[];
  /** Those, and before them the types that were retired. */
  readonly allEver: readonly ResourceType[];
  /** The schemas of every type, and those that no type uses yet; each once. */
  readonly schemas: readonly Schema[];
  /** The types that every tenant has, with the tenant's own extensions. */
  readonly user: ResourceType;
  readonly group: ResourceType;
  byName(name: string): ResourceType | undefined;
  /** `Devices` or `/Devices`. */
  byEndpoint(endpoint: string): ResourceType | undefined;
  /**
   * Also a type that was retired, in its last definition: definitions only grow while something was written by them, so
   * the last one reads whatever there ever was.
   */
  ever(name: string): ResourceType | undefined;
  everByEndpoint(endpoint: string): ResourceType | undefined;
}

const keyed = <Value>(values: readonly Value[], nameOf: (value: Value) => string): ReadonlyMap<string, Value> =>
  new Map(values.map((value) => [nameOf(value).toLowerCase(), value]));

const lookup =
  <Value>(values: ReadonlyMap<string, Value>) =>
  (name: string): Value | undefined => {
    const lower = lowerAscii(name);
    return lower === undefined ? undefined : values.get(lower);
  };

/** `retired` are no longer served; `schemas` are those of the tenant itself. */
export function typeSetOf(
  all: readonly ResourceType[],
  retired: readonly ResourceType[] = [],
  schemas: readonly Schema[] = [],
): TypeSet {
  const used = all.flatMap(({ schema, extensions }) => [schema, ...extensions.map((one) => one.schema)]);
  const byName = lookup(keyed(all, ({ name }) => name));
  const endpointsOf = (types: readonly ResourceType[]) => {
    const find = lookup(keyed(types, ({ endpoint }) => endpoint.slice(1)));
    return (endpoint: string) => find(endpoint.startsWith("/") ? endpoint.slice(1) : endpoint);
  };
  const everyType = [...retired, ...all];
  return Object.freeze({
    all: Object.freeze([...all]),
    allEver: Object.freeze(everyType),
    schemas: Object.freeze([...new Set([...used, ...schemas])]),
    user: byName(userType.name) ?? userType,
    group: byName(groupType.name) ?? groupType,
    byName,
    byEndpoint: endpointsOf(all),
    ever: lookup(keyed(everyType, ({ name }) => name)),
    everByEndpoint: endpointsOf(everyType),
  });
}

/** What a tenant has that defined nothing: the same object for all of them. */
export const builtInTypes: TypeSet = typeSetOf(resourceTypes);

/** Which types a tenant has at this moment. */
export interface TypesOfTenants {
  typesOf(tenant: string): TypeSet;
}
