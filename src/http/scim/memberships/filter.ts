// Which filters a list of memberships takes: those that an index serves. Any other is refused rather than answered with all.
import type { MembershipKey } from "../../../readstore/memberships.ts";
import { invalidFilter } from "../../../scim/errors.ts";
import type { Filter } from "../../../scim/filter/filter.ts";
import { parseMembershipId } from "../../membership-id.ts";

/** What is asked for; "nothing" where the terms contradict each other, or name what cannot be. */
export type MembershipFilter = Partial<MembershipKey> | "nothing";

const supported = () =>
  invalidFilter(
    "The filter is not supported: GroupMemberships are filtered by id eq, group.value eq and member.value eq, joined by “and”.",
  );

/** Throws 400 invalidFilter for all but `id eq`, `group.value eq`, `member.value eq` and what `and` joins of them. */
export function membershipFilter(filter: Filter | undefined): MembershipFilter {
  if (filter === undefined) return {};
  if (filter.kind === "and") return filter.terms.map(membershipFilter).reduce(both);
  if (filter.kind !== "compare" || filter.operator !== "eq") throw supported();
  const { path, value } = filter;
  // Each has a value in every membership: `eq null` is true of none.
  const id = typeof value === "string" ? value : "";
  switch (path.text) {
    case "id":
      return parseMembershipId(id) ?? "nothing";
    case "group.value":
      return { group: id };
    case "member.value":
      return { member: id };
    default:
      throw supported();
  }
}

function both(a: MembershipFilter, b: MembershipFilter): MembershipFilter {
  if (a === "nothing" || b === "nothing") return "nothing";
  const contradicts = (name: keyof MembershipKey) =>
    a[name] !== undefined && b[name] !== undefined && a[name] !== b[name];
  return contradicts("group") || contradicts("member") ? "nothing" : { ...a, ...b };
}
