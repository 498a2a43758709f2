// The resource types that every tenant has (RFC 7643 §4, §6).
import type { ResourceType } from "./characteristics.ts";
import { enterpriseUserSchema } from "./enterprise-user.ts";
import { groupSchema } from "./group.ts";
import { groupMembershipSchema } from "./group-membership.ts";
import { userSchema } from "./user.ts";

export const userType: ResourceType = Object.freeze({
  id: "User",
  name: "User",
  endpoint: "/Users",
  description: "Accounts of people.",
  schema: userSchema,
  extensions: Object.freeze([{ schema: enterpriseUserSchema, required: false }]),
});

export const groupType: ResourceType = Object.freeze({
  id: "Group",
  name: "Group",
  endpoint: "/Groups",
  description: "Groups of users and of groups.",
  schema: groupSchema,
  extensions: Object.freeze([]),
});

export const resourceTypes: readonly ResourceType[] = Object.freeze([userType, groupType]);

/** A view of what groups hold: it has no stream and no document of its own. */
export const groupMembershipType: ResourceType = Object.freeze({
  id: "GroupMembership",
  name: "GroupMembership",
  endpoint: "/GroupMemberships",
  description: "Memberships in groups, one by one.",
  schema: groupMembershipSchema,
  extensions: Object.freeze([]),
});
