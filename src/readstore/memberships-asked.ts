// Filters that ask for memberships by the id of their other end: what they find needs no look at the others.
import type { AttributePath } from "../scim/attribute-path.ts";
import type { Comparison, Filter } from "../scim/filter/filter.ts";
import type { Attribute } from "../scim/schema/characteristics.ts";

/** The attributes whose elements are other resources, told by their ids. */
export const isMembership = ({ extension, attribute }: AttributePath): boolean =>
  extension === undefined && (attribute.name === "members" || attribute.name === "groups");

/** The comparison with the id of a member or group without which a test of memberships cannot be true. */
export function idWanted(filter: Filter): Comparison | undefined {
  switch (filter.kind) {
    case "compare":
      return isMembership(filter.path) && isId(filter, filter.path.sub) ? filter : undefined;
    case "element":
      return isMembership(filter.path) ? idAmong(filter.filter) : undefined;
    default:
      return undefined;
  }
}

const isId = ({ operator, value }: Comparison, sub: Attribute | undefined): boolean =>
  operator === "eq" && sub?.name === "value" && typeof value === "string" && value !== "";

function idAmong(filter: Filter): Comparison | undefined {
  if (filter.kind === "compare") return isId(filter, filter.path.attribute) ? filter : undefined;
  if (filter.kind !== "and") return undefined;
  for (const term of filter.terms) {
    const found = idAmong(term);
    if (found !== undefined) return found;
  }
  return undefined;
}
