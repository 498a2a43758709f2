// Which filters ask for values that an erasure takes away.
import type { AttributePath } from "../scim/attribute-path.ts";
import type { Filter } from "../scim/filter/filter.ts";

/** Attributes that stay when a person is erased, with the sub-attributes that do; none named: all. */
const KEPT: ReadonlyMap<string, readonly string[]> = new Map([
  ["id", []],
  ["meta", []],
  ["schemas", []],
  ["groups", []],
  ["active", []],
  ["roles", ["value", "type"]],
  ["entitlements", ["value", "type"]],
]);

/** Whether a filter compares anything that an erased person no longer has. */
export function asksPersonal(filter: Filter): boolean {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.some(asksPersonal);
    case "not":
      return asksPersonal(filter.term);
    case "element":
      return leaves(filter.filter).some((sub) => !isKept(filter.path, sub));
    default:
      return !isKept(filter.path, filter.path.sub?.name);
  }
}

function isKept({ extension, attribute }: AttributePath, sub: string | undefined): boolean {
  const kept = extension === undefined ? KEPT.get(attribute.name) : undefined;
  return kept !== undefined && (kept.length === 0 || sub === undefined || kept.includes(sub));
}

function leaves(filter: Filter): readonly string[] {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.flatMap(leaves);
    case "not":
      return leaves(filter.term);
    default:
      return [filter.path.attribute.name];
  }
}

/** Names of others: their sub-attribute, and where it stands. */
const OF_OTHERS: ReadonlyMap<string, string> = new Map([
  ["members", "display"],
  ["groups", "display"],
  ["manager", "displayName"],
]);

/** Whether a filter or an order compares the names of other resources. */
export const asksOthers = (filter: Filter | undefined, sortBy: AttributePath | undefined): boolean =>
  (sortBy !== undefined && isOfOthers(sortBy, sortBy.sub?.name)) || (filter !== undefined && comparesOthers(filter));

function comparesOthers(filter: Filter): boolean {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.some(comparesOthers);
    case "not":
      return comparesOthers(filter.term);
    case "element":
      return leaves(filter.filter).some((sub) => isOfOthers(filter.path, sub));
    default:
      return isOfOthers(filter.path, filter.path.sub?.name);
  }
}

const isOfOthers = ({ attribute }: AttributePath, sub: string | undefined): boolean =>
  sub !== undefined && OF_OTHERS.get(attribute.name) === sub;
