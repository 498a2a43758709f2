// Filters that ask for memberships by the id of their other end: what they find needs no look at the others.
import type { AttributePath } from "../scim/attribute-path.ts";
import type { Comparison, Filter } from "../scim/filter/filter.ts";
import type { Attribute, ResourceType } from "../scim/schema/characteristics.ts";

/** What an attribute of the type tells of memberships. A tenant's own type may have values of the same names. */
export const membershipsOf = (
  { extension, attribute }: AttributePath,
  { name }: ResourceType,
): "groups" | "members" | undefined => {
  if (extension !== undefined) return undefined;
  if (name === "User" && attribute.name === "groups") return "groups";
  return name === "Group" && attribute.name === "members" ? "members" : undefined;
};

/** The comparison with the id of a member or group without which a test of memberships cannot be true. */
export function idWanted(filter: Filter, type: ResourceType): Comparison | undefined {
  switch (filter.kind) {
    case "compare":
      return isId(filter, filter.path.sub) && membershipsOf(filter.path, type) !== undefined ? filter : undefined;
    case "element":
      return membershipsOf(filter.path, type) === undefined ? undefined : idAmong(filter.filter);
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
