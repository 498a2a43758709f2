// What a command on a group comes to: what it needs to know of members is looked up, the rest is the domain's.
import type { GroupEvent } from "../domain/events.ts";
import { decide, type GroupCommand, type GroupState, needsOf } from "../domain/group.ts";
import type { JsonObject } from "../scim/json.ts";
import type { TypesOfTenants } from "../scim/schema/type-set.ts";
import type { KeyVault } from "../vault/key-vault.ts";
import type { Decision } from "./decision.ts";
import { derivedId } from "./event-id.ts";
import type { CommandContext } from "./provisioning.ts";
import { keyFor } from "./resource-key.ts";

/** What is looked up about members beside the group's own stream. */
export interface Memberships {
  /** Which of these ids are members of the group. */
  among(tenant: string, group: string, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** All members, each as a filter in a path sees it: `value`, `type`, `display`. */
  all(tenant: string, group: string): Promise<readonly JsonObject[]>;
  /** Which of these ids are live users or groups of the tenant. */
  live(tenant: string, ids: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface GroupDecisionOptions {
  readonly memberships: Memberships;
  readonly vault: KeyVault;
  readonly types: TypesOfTenants;
}

/** Decides on a group; the state of the decision knows the members that were looked up. Throws ScimError. */
export async function decideOnGroup(
  command: GroupCommand,
  group: GroupState,
  context: CommandContext,
  { memberships, vault, types }: GroupDecisionOptions,
): Promise<Decision<GroupState, GroupEvent>> {
  const { tenant } = context;
  const needs = needsOf(command);
  let described: ReadonlyMap<string, JsonObject> = new Map();
  let { members } = group;
  if (group.status === "live" && (needs.described || (needs.known === "all" && !members.complete))) {
    const all = await memberships.all(tenant, command.id);
    described = new Map(all.map((member) => [String(member["value"]), member]));
    members = members.complete ? members : members.completedWith(described.keys());
  } else if (needs.known !== "all") {
    const unknown = needs.known.filter((id) => members.knows(id) === undefined);
    if (unknown.length > 0) members = members.learn(unknown, await memberships.among(tenant, command.id, unknown));
  }
  const candidates = needs.candidates.filter((id) => needs.evenMembers === true || members.knows(id) !== true);
  const live = candidates.length === 0 ? NOBODY : await memberships.live(tenant, candidates);
  const state = members === group.members ? group : { ...group, members };
  const events = decide(command, state, {
    changeId: derivedId(context.commandId, "change"),
    isLive: (id) => live.has(id),
    describe: (id) => described.get(id) ?? { value: id },
    type: types.typesOf(tenant).group,
  });
  return { events, state, ...(await keyFor(vault, tenant, group, events)) };
}

const NOBODY: ReadonlySet<string> = new Set();
