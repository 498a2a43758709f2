// What one event did to whom, and what has to be looked up to say whether it is still in force.
import type { DomainEvent } from "../domain/event.ts";
import type { TenantEvent } from "../domain/events.ts";
import type { HeldTold, Told } from "../readstore/happenings.ts";
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
const ACTIVE: readonly string[] = ["active"];

/** What its row of activity says of an event; undefined where the log has to be read. */
export const effectsIn = ({ eventType, resourceId, paths, told }: Activity): readonly Effect[] | undefined =>
  effectsBy(eventType, resourceId, paths, told);

const plain = (effect: Effect["effect"], subject: string, force: Force, paths: readonly string[] = []): Effect => ({
  effect,
  subject,
  kind: null,
  target: null,
  paths,
  force,
});

/** Undefined where this does not tell, as of the tenant's own events. */
function effectsBy(
  type: string,
  subject: string,
  paths: readonly string[],
  told: Told | undefined,
): readonly Effect[] | undefined {
  switch (type) {
    case "UserCreated":
      return withHeld(plain("created", subject, { by: "life" }), paths, told);
    case "UserAttributesChanged":
      return withHeld(plain("changed", subject, { by: "paths", paths }, paths), paths, told);
    case "ResourceCreated":
      return [plain("created", subject, { by: "life" })];
    case "ResourceAttributesChanged":
      return [plain("changed", subject, { by: "paths", paths }, paths)];
    case "GroupCreated":
      return told && [plain("created", subject, { by: "life" })];
    case "GroupAttributesChanged":
      return told && [plain("changed", subject, { by: "paths", paths }, paths)];
    case "GroupMembersAdded":
      return told?.members?.map((member) => ofMember(member, subject, "gained"));
    case "GroupMembersRemoved":
      return told?.members?.map((member) => ofMember(member, subject, "lost"));
    case "UserDeactivated":
      return [plain("disabled", subject, { by: "paths", paths: ACTIVE })];
    case "UserReactivated":
      return [plain("enabled", subject, { by: "paths", paths: ACTIVE })];
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
  if (event.type === "GroupChangeCompleted") return [];
  const data = event.data as Told & { readonly paths?: readonly string[] };
  return (
    effectsBy(event.type, subject, data.paths ?? [], data) ?? [
      { ...plain("administered", subject, null), target: targetOf(event as TenantEvent) },
    ]
  );
}

function withHeld(own: Effect, paths: readonly string[], told: Told | undefined): readonly Effect[] | undefined {
  if (told === undefined) return paths.some((path) => GRANTING.includes(path)) ? undefined : [own];
  const { granted = [], revoked = [] } = told;
  return [
    own,
    ...granted.map((held) => ofHeld(held, own.subject, "gained")),
    ...revoked.map((held) => ofHeld(held, own.subject, "lost")),
  ];
}

const ofMember = (member: string, group: string, effect: "gained" | "lost"): Effect => ({
  ...plain(effect, member, { by: "membership", group }),
  kind: "group",
  target: group,
});

function ofHeld({ attribute, value: target }: HeldTold, subject: string, effect: "gained" | "lost"): Effect {
  const kind = attribute === "roles" ? "role" : "entitlement";
  return { ...plain(effect, subject, { by: "held", kind, target }), kind, target };
}

function targetOf({ data }: TenantEvent): string | null {
  if ("credential" in data) return data.credential;
  if ("group" in data) return data.group;
  return "groups" in data ? data.groups.join(" ") : null;
}
