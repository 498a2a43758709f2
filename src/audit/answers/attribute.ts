// Attributes as parameters name them, and as activity does.
import { invalidValue } from "../../scim/errors.ts";
import { quote } from "../../scim/quote.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { resolvePath, wholePath } from "../../scim/schema/lookup.ts";

/**
 * The attribute path as activity names it. Throws ScimError (400 invalidValue) for what the type does not have, and for
 * `groups` of a user, which no event of the user writes: nothing would look like no membership.
 */
export function pathOf(type: ResourceType, text: string): string {
  const path = resolvePath(type, text);
  if (path === undefined) throw invalidValue(`attribute: a ${type.name} has no attribute ${quote(text)}`);
  const whole = wholePath(type, path);
  if (type.name === "User" && whole.text === "groups") throw invalidValue(GROUPS_ELSEWHERE);
  return whole.attribute.multiValued ? whole.text : path.text;
}

const GROUPS_ELSEWHERE =
  "attribute: groups of a User follow from the members of groups; memberships are told by /audit/v1/users/:id/access, by the timeline without attribute, and by blame of a group with attribute=members";

/** Whether a path is another or one of its sub-attributes. */
export const isWithin = (path: string, attribute: string): boolean =>
  path === attribute || path.startsWith(`${attribute}.`);
