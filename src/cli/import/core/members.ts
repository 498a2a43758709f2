// The members of a group at the source, as members at the target.
import { isObject, type Json, type JsonObject } from "../../../scim/json.ts";
import type { Kind } from "../../scim-client/discovery.ts";

/** The target's id of a resource of the source; undefined where it has none. */
export type TargetOf = (kind: Kind, sourceId: string) => string | undefined;

export interface WantedMembers {
  readonly ids: ReadonlySet<string>;
  /** How many members cannot be members there, by the reason. */
  readonly missing: ReadonlyMap<string, number>;
}

const NOBODY = "no user or group that was moved has the member's id";
const EITHER = "the member's id is that of a user and of a group, and the source does not say which";
const ITSELF = "the group is a member of itself";

/** `self`: the group's id at the target. */
export function wantedMembers(group: JsonObject, self: string, targetOf: TargetOf): WantedMembers {
  const ids = new Set<string>();
  const missing = new Map<string, number>();
  for (const member of membersOf(group)) {
    const found = resolve(member, targetOf);
    const reason = "reason" in found ? found.reason : found.id === self ? ITSELF : undefined;
    if (reason === undefined && "id" in found) ids.add(found.id);
    else missing.set(reason!, (missing.get(reason!) ?? 0) + 1);
  }
  return { ids, missing };
}

interface Member {
  readonly id: string;
  readonly kind: Kind | undefined;
}

/** In any case of the name; some servers write ids alone. */
export function membersOf(group: JsonObject): readonly Member[] {
  const key = Object.keys(group).find((name) => name.toLowerCase() === "members");
  const list = key === undefined ? undefined : group[key];
  return (Array.isArray(list) ? list : []).flatMap((one) => {
    const id = isObject(one) ? one["value"] : one;
    if (typeof id !== "string" && typeof id !== "number") return [];
    return [{ id: String(id), kind: isObject(one) ? kindOf(one["type"], one["$ref"]) : undefined }];
  });
}

function kindOf(type: Json | undefined, ref: Json | undefined): Kind | undefined {
  const text = typeof type === "string" ? type.toLowerCase() : "";
  if (text === "user" || text === "group") return text === "user" ? "User" : "Group";
  if (typeof ref !== "string") return undefined;
  return ref.includes("/Groups/") ? "Group" : ref.includes("/Users/") ? "User" : undefined;
}

function resolve({ id, kind }: Member, targetOf: TargetOf): { readonly id: string } | { readonly reason: string } {
  const user = kind === "Group" ? undefined : targetOf("User", id);
  const group = kind === "User" ? undefined : targetOf("Group", id);
  if (user !== undefined && group !== undefined) return { reason: EITHER };
  const found = user ?? group;
  return found === undefined ? { reason: NOBODY } : { id: found };
}

export interface MemberChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** Members that the source does not have stay, or are removed where `exact`. */
export function memberChange(
  wanted: ReadonlySet<string>,
  current: ReadonlySet<string>,
  { exact }: { readonly exact: boolean },
): MemberChange {
  return {
    add: [...wanted].filter((id) => !current.has(id)),
    remove: exact ? [...current].filter((id) => !wanted.has(id)) : [],
  };
}
