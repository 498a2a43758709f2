// What one event did to whom, and what has to be looked up to say whether it is still in force.
import type { DomainEvent } from "../../domain/event.ts";
import type { TenantEvent } from "../../domain/events.ts";
import type { HeldTold, Told } from "../../readstore/happenings.ts";
import type { Activity } from "../../readstore/read-store.ts";

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

/** What it takes for an effect to be in force, named by `key` where it is looked up; null: nobody can tell. */
export type Force =
  | { readonly by: "life" | "end" }
  | { readonly by: "paths"; readonly key: string; readonly paths: readonly string[] }
  | { readonly by: "membership"; readonly key: string; readonly group: string }
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
const NONE: readonly string[] = [];

/** What its row of activity says of an event; undefined where the log has to be read. */
export const effectsIn = ({ eventType, resourceId, paths, told }: Activity): readonly Effect[] | undefined =>
  effectsBy(eventType, resourceId, paths, told);

const byLife: Force = { by: "life" };
const byEnd: Force = { by: "end" };
const byPaths = (id: string, paths: readonly string[]): Force => ({
  by: "paths",
  key: `${id} ${paths.join(" ")}`,
  paths,
});

const plain = (effect: Effect["effect"], subject: string, force: Force, paths: readonly string[] = NONE): Effect => ({
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
      return withHeld(plain("created", subject, byLife), paths, told);
    case "UserAttributesChanged":
      return withHeld(plain("changed", subject, byPaths(subject, paths), paths), paths, told);
    case "ResourceCreated":
      return [plain("created", subject, byLife)];
    case "ResourceAttributesChanged":
      return [plain("changed", subject, byPaths(subject, paths), paths)];
    case "GroupCreated":
      return told && [plain("created", subject, byLife)];
    case "GroupAttributesChanged":
      return told && [plain("changed", subject, byPaths(subject, paths), paths)];
    case "GroupMembersAdded":
      return told?.members?.map((member) => ofMember(member, subject, "gained"));
    case "GroupMembersRemoved":
      return told?.members?.map((member) => ofMember(member, subject, "lost"));
    case "UserDeactivated":
      return [plain("disabled", subject, byPaths(subject, ACTIVE))];
    case "UserReactivated":
      return [plain("enabled", subject, byPaths(subject, ACTIVE))];
    case "UserDeleted":
    case "GroupDeleted":
    case "ResourceDeleted":
      return [plain("deleted", subject, byEnd)];
    case "UserErased":
      return [plain("erased", subject, byEnd)];
    case "CredentialUsed":
    case "UserPasswordSet":
    case "UserSecretsSet":
    case "GroupSecretsSet":
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

/** What an event that took effect did, told from the event itself. */
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

/** A membership that began or ended. */
export const ofMember = (member: string, group: string, effect: "gained" | "lost"): Effect => ({
  effect,
  subject: member,
  kind: "group",
  target: group,
  paths: NONE,
  force: { by: "membership", key: `${group} ${member}`, group },
});

function ofHeld({ attribute, value: target }: HeldTold, subject: string, effect: "gained" | "lost"): Effect {
  const kind = attribute === "roles" ? "role" : "entitlement";
  return { effect, subject, kind, target, paths: NONE, force: { by: "held", kind, target } };
}

function targetOf({ data }: TenantEvent): string | null {
  if ("credential" in data) return data.credential;
  if ("group" in data) return data.group;
  return "groups" in data ? data.groups.join(" ") : null;
}
