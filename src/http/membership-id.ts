// The id of a membership: the ids of its group and its member. It needs no store, is the same for ever, and says no more than they do.
import type { MembershipKey } from "../readstore/memberships.ts";
import { isResourceId } from "./resource-id.ts";

/** Unreserved in a URL (RFC 3986 §2.3), and plain to the routes (decision 0014). */
const SEPARATOR = "_";

export const membershipId = ({ group, member }: MembershipKey): string => group + SEPARATOR + member;

/** Undefined for what cannot be the id of a membership. */
export function parseMembershipId(text: string): MembershipKey | undefined {
  const at = text.indexOf(SEPARATOR);
  const [group, member] = [text.slice(0, at), text.slice(at + 1)];
  return isResourceId(group) && isResourceId(member) ? { group, member } : undefined;
}
