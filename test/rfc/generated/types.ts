// The resource types over which the generated tests run: whatever is added here has every attribute, operator and
// operation tried.
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { groupMembershipType, groupType, userType } from "../../../src/scim/schema/resource-types.ts";
import { badgeType } from "../engine.ts";

/** Types that PATCH changes. */
export const patchableTypes: readonly ResourceType[] = [userType, groupType, badgeType];

/** Types that filters select from. */
export const filterableTypes: readonly ResourceType[] = [...patchableTypes, groupMembershipType];

/** For `describe.each`. */
export const named = (types: readonly ResourceType[]): [string, ResourceType][] =>
  types.map((type) => [type.name, type]);
