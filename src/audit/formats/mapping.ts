// How events are told to other systems: one row an event type, for OCSF 1.8.0, ECS 9.3 and syslog alike. A change of a row moves
// the version, which every line carries.
import type { GroupEvent, TenantEvent, UserEvent } from "../../domain/events.ts";

export const MAPPING_VERSION = 1;

/** OCSF class of the category Identity & Access Management. */
export const CLASSES = { account: 3001, entity: 3004, group: 3006 } as const;
export const CLASS_NAMES = {
  account: "Account Change",
  entity: "Entity Management",
  group: "Group Management",
} as const;

export interface Mapping {
  readonly class: keyof typeof CLASSES;
  /** OCSF activity_id and its caption; 99 is any other. */
  readonly activity: readonly [id: number, name: string];
  /** ECS event.type. */
  readonly type: readonly string[];
  /** ECS event.action. */
  readonly action: string;
}

type Told = (UserEvent | GroupEvent | TenantEvent)["type"];

const row = (of: Mapping["class"], id: number, name: string, type: readonly string[], action: string): Mapping => ({
  class: of,
  activity: [id, name],
  type,
  action,
});

/** Parts of a large change are told by what takes effect with its completion. */
type Silent = "ClaimRevoked" | "CredentialUsed" | `GroupChange${"Begun" | "Completed" | "Abandoned"}`;

const mappings: Readonly<Record<Exclude<Told, Silent>, Mapping>> = {
  UserCreated: row("account", 1, "Create", ["user", "creation"], "user-created"),
  UserReactivated: row("account", 2, "Enable", ["user", "change"], "user-enabled"),
  UserPasswordSet: row("account", 3, "Password Change", ["user", "change"], "user-password-set"),
  UserSecretsSet: row("account", 99, "Update", ["user", "change"], "user-secrets-set"),
  UserDeactivated: row("account", 5, "Disable", ["user", "change"], "user-disabled"),
  UserDeleted: row("account", 6, "Delete", ["user", "deletion"], "user-deleted"),
  UserAttributesChanged: row("account", 99, "Update", ["user", "change"], "user-changed"),
  UserErased: row("account", 99, "Erase", ["user", "change"], "user-erased"),
  UserErasureCompleted: row("account", 99, "Erase", ["user", "change"], "user-erasure-completed"),
  GroupCreated: row("group", 6, "Create", ["group", "creation"], "group-created"),
  GroupDeleted: row("group", 5, "Delete", ["group", "deletion"], "group-deleted"),
  GroupAttributesChanged: row("group", 99, "Update", ["group", "change"], "group-changed"),
  GroupMembersAdded: row("group", 3, "Add User", ["group", "change"], "group-member-added"),
  GroupSecretsSet: row("group", 99, "Update", ["group", "change"], "group-secrets-set"),
  GroupMembersRemoved: row("group", 4, "Remove User", ["group", "change"], "group-member-removed"),
  TenantCreated: row("entity", 1, "Create", ["admin", "creation"], "tenant-created"),
  TenantSuspended: row("entity", 12, "Suspend", ["admin", "change"], "tenant-suspended"),
  TenantResumed: row("entity", 13, "Resume", ["admin", "change"], "tenant-resumed"),
  CredentialIssued: row("entity", 1, "Create", ["admin", "creation"], "credential-issued"),
  CredentialSecretAdded: row("entity", 3, "Update", ["admin", "change"], "credential-secret-added"),
  CredentialSecretRemoved: row("entity", 3, "Update", ["admin", "change"], "credential-secret-removed"),
  CredentialRevoked: row("entity", 4, "Delete", ["admin", "deletion"], "credential-revoked"),
  SchemaDefined: row("entity", 3, "Update", ["admin", "change"], "schema-defined"),
  SchemaRetired: row("entity", 4, "Delete", ["admin", "deletion"], "schema-retired"),
  ResourceTypeDefined: row("entity", 3, "Update", ["admin", "change"], "resource-type-defined"),
  ResourceTypeRetired: row("entity", 4, "Delete", ["admin", "deletion"], "resource-type-retired"),
  GroupMarkedPrivileged: row("entity", 3, "Update", ["admin", "change"], "group-marked-privileged"),
  GroupUnmarkedPrivileged: row("entity", 3, "Update", ["admin", "change"], "group-unmarked-privileged"),
  GroupsMarkedExclusive: row("entity", 3, "Update", ["admin", "change"], "groups-marked-exclusive"),
  GroupsUnmarkedExclusive: row("entity", 3, "Update", ["admin", "change"], "groups-unmarked-exclusive"),
};

const SILENT: readonly string[] = [
  "ClaimRevoked",
  "CredentialUsed",
  "GroupChangeBegun",
  "GroupChangeCompleted",
  "GroupChangeAbandoned",
] satisfies readonly Silent[];

/** Of a member that is itself a group. */
export const SUBGROUP: Readonly<Record<number, Mapping["activity"]>> = {
  3: [7, "Add Subgroup"],
  4: [8, "Remove Subgroup"],
};

/** Undefined for what is not told. Of a type without a row, the name's last word decides. */
export function mappingOf(eventType: string): Mapping | undefined {
  if (SILENT.includes(eventType)) return undefined;
  if (Object.hasOwn(mappings, eventType)) return mappings[eventType as keyof typeof mappings];
  if (eventType.endsWith("Created")) return row("entity", 1, "Create", ["admin", "creation"], "resource-created");
  if (eventType.endsWith("Deleted")) return row("entity", 4, "Delete", ["admin", "deletion"], "resource-deleted");
  return row("entity", 3, "Update", ["admin", "change"], "resource-changed");
}
