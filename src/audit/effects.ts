// What one event did to whom, and what has to be looked up to say whether it is still in force.
import type { DomainEvent } from "../domain/event.ts";
import type { GrantedValue, GroupEvent, ResourceEvent, TenantEvent, UserEvent } from "../domain/events.ts";
import type { Activity } from "../readstore/read-store.ts";

export const EFFECTS = [
  "created",
  "changed",
  "disabled",
  "enabled",
  "deleted",
  "erased",
  "gained",
  "lost",
  "administered",
] as const;

/** What it takes for an effect to be in force; null: nobody can tell. */
export type Force =
  | { readonly by: "life" | "end" }
  | { readonly by: "paths"; readonly paths: readonly string[] }
  | { readonly by: "membership"; readonly group: string }
  | { readonly by: "held"; readonly kind: "role" | "entitlement"; readonly target: string }
  | null;

export interface Effect {
  readonly effect: (typeof EFFECTS)[number];
  /** Of whom it is; a member may be a user or a group. */
  readonly subject: string;
  readonly kind: "group" | "role" | "entitlement" | null;
  readonly target: string | null;
  readonly paths: readonly string[];
  readonly force: Force;
}

const GRANTING: readonly string[] = ["roles", "entitlements"];

/** What its row of activity says of an event; undefined where the log has to be read. */
export function effectsIn({ eventType, resourceId, paths }: Activity): readonly Effect[] | undefined {
  const isUser = eventType === "UserCreated" || eventType === "UserAttributesChanged";
  const isGrant = isUser && paths.some((path) => GRANTING.includes(path));
  return isGrant ? undefined : effectsByType(eventType, resourceId, paths);
}

const plain = (effect: Effect["effect"], subject: string, force: Force, paths: readonly string[] = []): Effect => ({
  effect,
  subject,
  kind: null,
  target: null,
  paths,
  force,
});

/** Undefined where type and paths do not tell. */
function effectsByType(type: string, subject: string, paths: readonly string[]): readonly Effect[] | undefined {
  switch (type) {
    case "UserCreated":
    case "ResourceCreated":
      return [plain("created", subject, { by: "life" })];
    case "UserAttributesChanged":
    case "ResourceAttributesChanged":
      return [plain("changed", subject, { by: "paths", paths }, paths)];
    case "UserDeactivated":
      return [plain("disabled", subject, { by: "paths", paths: ["active"] })];
    case "UserReactivated":
      return [plain("enabled", subject, { by: "paths", paths: ["active"] })];
    case "UserDeleted":
    case "GroupDeleted":
    case "ResourceDeleted":
      return [plain("deleted", subject, { by: "end" })];
    case "UserErased":
      return [plain("erased", subject, { by: "end" })];
    case "CredentialUsed":
    case "UserPasswordSet":
    case "UserSecretsSet":
    case "ResourceSecretsSet":
    case "UserErasureCompleted":
    case "ClaimRevoked":
    case "GroupChangeBegun":
    case "GroupChangeAbandoned":
      return [];
    default:
      return undefined;
  }
}

/** What an event that took effect did, the event at hand. */
export function effectsOf(event: DomainEvent, { resourceId: subject }: Activity): readonly Effect[] {
  const named = event as UserEvent | GroupEvent | ResourceEvent | TenantEvent;
  switch (named.type) {
    case "GroupCreated":
      return [plain("created", subject, { by: "life" })];
    case "GroupAttributesChanged":
      return [plain("changed", subject, { by: "paths", paths: named.data.paths }, named.data.paths)];
    case "GroupMembersAdded":
      return named.data.members.map((member) => ofMember(member, subject, "gained"));
    case "GroupMembersRemoved":
      return named.data.members.map((member) => ofMember(member, subject, "lost"));
    case "UserCreated":
    case "UserAttributesChanged": {
      const { paths, granted } = named.data;
      const revoked = named.type === "UserCreated" ? [] : named.data.revoked;
      return [
        ...(effectsByType(named.type, subject, paths) ?? []),
        ...granted.map((held) => ofHeld(held, subject, "gained")),
        ...revoked.map((held) => ofHeld(held, subject, "lost")),
      ];
    }
    case "GroupChangeCompleted":
      return [];
    default:
      return (
        effectsByType(named.type, subject, []) ?? [
          { ...plain("administered", subject, null), target: targetOf(named as TenantEvent) },
        ]
      );
  }
}

const ofMember = (member: string, group: string, effect: "gained" | "lost"): Effect => ({
  ...plain(effect, member, { by: "membership", group }),
  kind: "group",
  target: group,
});

function ofHeld({ attribute, value: target }: GrantedValue, subject: string, effect: "gained" | "lost"): Effect {
  const kind = attribute === "roles" ? "role" : "entitlement";
  return { ...plain(effect, subject, { by: "held", kind, target }), kind, target };
}

function targetOf({ data }: TenantEvent): string | null {
  if ("credential" in data) return data.credential;
  if ("group" in data) return data.group;
  return "groups" in data ? data.groups.join(" ") : null;
}
