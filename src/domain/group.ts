// The group: which commands change it, into which events. Its members are ids, one by one.
import { match, P } from "ts-pattern";
import { invalidValue, notFound, uniqueness } from "../scim/errors.ts";
import type { JsonObject } from "../scim/json.ts";
import { applyPatch } from "../scim/patch/apply.ts";
import type { PatchOperation } from "../scim/patch/operation.ts";
import { quote } from "../scim/quote.ts";
import { replacement } from "../scim/resource/parse.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";
import { groupType } from "../scim/schema/resource-types.ts";
import { changesToWrite } from "./attribute-changes.ts";
import { assignedPaths, isAssigned } from "./attribute-places.ts";
import { refuseTooLarge } from "./attribute-size.ts";
import { applyChanges, withElements } from "./attributes.ts";
import { erasedAttributes, erasedChange } from "./erased-attributes.ts";
import type { Fact } from "./event.ts";
import {
  GroupAttributesChanged,
  GroupChangeAbandoned,
  GroupCreated,
  GroupDeleted,
  type GroupEvent,
  GroupMembersAdded,
  GroupMembersRemoved,
  GroupSecretsSet,
} from "./events.ts";
import { inAppends } from "./group-appends.ts";
import { MemberSet } from "./member-set.ts";
import { type DescribeMember, isOnMembers, type MembersNeeded, membershipAfter, membersNeeded } from "./membership.ts";
import { absentResource, bornBy, createdWith, movedBy, type ResourceState } from "./resource-state.ts";

/** A change too large for one append whose completion has not been seen. */
export interface OpenChange {
  readonly id: string;
  /** When it was begun, microseconds. */
  readonly since: number;
  readonly parts: readonly Fact<GroupEvent>[];
}

export interface GroupState extends ResourceState {
  readonly members: MemberSet;
  readonly open?: OpenChange;
}

/** A group before its first event: it has no members, and that is known. */
export const absentGroup: GroupState = { ...absentResource, members: MemberSet.of([]) };

export type GroupCommand =
  | {
      readonly type: "CreateGroup";
      readonly id: string;
      readonly attributes: JsonObject;
      readonly members: readonly string[];
      /** Paths of secrets that the request named: they belong to extensions of the tenant. */
      readonly secrets?: readonly string[];
    }
  | {
      readonly type: "ReplaceGroup";
      readonly id: string;
      readonly attributes: JsonObject;
      readonly members: readonly string[];
    }
  | {
      readonly type: "PatchGroup";
      readonly id: string;
      readonly operations: readonly PatchOperation[];
      readonly secrets?: readonly string[];
    }
  | { readonly type: "DeleteGroup"; readonly id: string }
  /** One membership as a resource of its own. */
  | { readonly type: "AddMember" | "RemoveMember"; readonly id: string; readonly member: string }
  | {
      /** A member ceased to exist. */
      readonly type: "EndMembership";
      readonly id: string;
      readonly member: string;
      readonly cause: "userDeleted" | "groupDeleted";
    }
  /** Voids a change that nobody completed. */
  | { readonly type: "AbandonChange"; readonly id: string; readonly change: string };

export interface GroupContext {
  /** Names the change, should it be too large for one append. */
  readonly changeId: string;
  /** Whether an id is a live user or group of the tenant. */
  readonly isLive: (id: string) => boolean;
  readonly describe: DescribeMember;
  /** The tenant's type, with its extensions; absent: as it is built in. */
  readonly type?: ResourceType;
}

/** What a command must know of the members before it can be decided. */
export const needsOf = (command: GroupCommand): MembersNeeded =>
  match(command)
    .with({ type: "CreateGroup" }, ({ members }) => ({ known: [], candidates: members, described: false }))
    .with({ type: "ReplaceGroup" }, ({ members }) => ({ known: "all" as const, candidates: members, described: false }))
    .with({ type: "PatchGroup" }, ({ operations }) => membersNeeded(operations))
    .with({ type: "AddMember" }, ({ member }) => ({
      known: [member],
      candidates: [member],
      evenMembers: true as const,
      described: false,
    }))
    .with({ type: P.union("RemoveMember", "EndMembership") }, ({ member }) => ({
      known: [member],
      candidates: [],
      described: false,
    }))
    .with({ type: P.union("DeleteGroup", "AbandonChange") }, () => ({ known: [], candidates: [], described: false }))
    .exhaustive();

/** The events of a command; none where it changes nothing. Throws ScimError. */
export const decide = (command: GroupCommand, group: GroupState, context: GroupContext): readonly GroupEvent[] => {
  const { type = groupType } = context;
  return match([group.status, command] as const)
    .with(["absent", { type: "CreateGroup" }], ([, { id, attributes, members, secrets }]) => {
      const added = [...new Set(members)];
      refuseUnfit(id, added, context);
      const { elements } = withElements(type, attributes);
      const created = GroupCreated(
        { paths: assignedPaths(type, attributes) },
        { attributes, elements: elements as Record<string, string[]> },
      );
      return inAppends([created, ...secretsSet(secrets)], { added, removed: [] }, context.changeId);
    })
    .with(["live", { type: "ReplaceGroup" }], ([, { id, attributes, members }]) => {
      const next = new Set(members);
      const current = group.members.ids();
      const added = [...next.difference(current)];
      refuseUnfit(id, added, context);
      const removed = [...current.difference(next)];
      const after = replacement(type, attributes, group.attributes);
      return inAppends(attributesChanged(group, after, type), { added, removed }, context.changeId);
    })
    .with(["live", { type: "PatchGroup" }], ([, { id, operations, secrets }]) => {
      const membership = membershipAfter(group.members, operations, context.describe);
      refuseUnfit(id, membership.added, context);
      const own = operations.filter((operation) => !isOnMembers(operation));
      const attributes = own.length === 0 ? group.attributes : applyPatch(type, group.attributes, own);
      const events = [...attributesChanged(group, attributes, type), ...secretsSet(secrets)];
      return inAppends(events, membership, context.changeId);
    })
    .with(["live", { type: "DeleteGroup" }], () => [GroupDeleted({})])
    .with(["live", { type: "AddMember" }], ([, { id, member }]) => {
      refuseUnfit(id, [member], context, "member.value");
      if (group.members.has(member)) throw uniqueness(`“${member}” is a member of the group “${id}” already`);
      return [GroupMembersAdded({ members: [member] })];
    })
    .with(["live", { type: "RemoveMember" }], ([, { id, member }]) => {
      if (!group.members.has(member)) throw notFound(`“${member}” is no member of the group “${id}”`);
      return [GroupMembersRemoved({ members: [member] })];
    })
    .with([P._, { type: "AddMember" }], ([, { id }]) => {
      throw invalidValue(`group.value: there is no Group with id “${id}”`);
    })
    .with([P._, { type: "EndMembership" }], ([, { member, cause }]) =>
      group.status === "live" && group.members.has(member) ? [GroupMembersRemoved({ cause, members: [member] })] : [],
    )
    .with([P._, { type: "AbandonChange" }], ([, { change }]) =>
      group.open?.id === change ? [GroupChangeAbandoned({ change })] : [],
    )
    .with([P._, { type: "CreateGroup" }], ([, { id }]) => {
      throw new Error(`group ${id} exists already: ids are never issued twice`);
    })
    .with([P.union("absent", "deleted"), P._], ([, { id }]) => {
      throw notFound(`there is no Group with id “${id}”`);
    })
    .exhaustive();
};

/** A member is a live user or group of the tenant, and not the group itself. */
function refuseUnfit(group: string, added: readonly string[], { isLive }: GroupContext, path = "members"): void {
  for (const id of added) {
    if (id === group) throw invalidValue(`${path}: a group cannot be a member of itself (“${id}”)`);
    if (!isLive(id)) throw invalidValue(`${path}: there is no User or Group with id ${quote(id)}`);
  }
}

function attributesChanged(group: GroupState, next: JsonObject, type: ResourceType): GroupEvent[] {
  if (next === group.attributes) return [];
  refuseTooLarge(next, group.attributes);
  const changes = changesToWrite(type, group, next);
  if (changes.length === 0) return [];
  const paths = [...new Set(changes.map(({ path }) => path))];
  const cleared = paths.filter((path) => !isAssigned(type, next, path));
  return [GroupAttributesChanged({ cleared, paths }, { changes })];
}

/** That secrets were sent, by extensions of the tenant: their values went no further than their check. */
const secretsSet = (paths: readonly string[] = []): GroupEvent[] =>
  paths.length === 0 ? [] : [GroupSecretsSet({ paths: [...paths] })];

/** The group after one more fact. The parts of an open change wait for its completion; any other event voids it. */
export function evolve(group: GroupState, fact: Fact<GroupEvent>, type: ResourceType = groupType): GroupState {
  const { event } = fact;
  if (event.type === "GroupChangeBegun") {
    const open = { id: event.data.change, since: fact.at, parts: [] };
    return { ...group, revision: fact.revision, open };
  }
  const part = "change" in event.data ? event.data.change : undefined;
  const { open, ...closed } = group;
  if (part === undefined) return apply(closed, fact, type);
  if (part !== open?.id || event.type === "GroupChangeAbandoned") return { ...closed, revision: fact.revision };
  if (event.type === "GroupChangeCompleted") return complete(closed, open, fact, type);
  return { ...group, revision: fact.revision, open: { ...open, parts: [...open.parts, fact] } };
}

/** Every effect of a large change has the place and time of its completion. */
const complete = (
  group: GroupState,
  open: OpenChange,
  { revision, at }: Fact<GroupEvent>,
  type: ResourceType,
): GroupState =>
  open.parts.reduce((state, part) => apply(state, { ...part, revision, at }, type), { ...group, revision });

function apply(group: GroupState, fact: Fact<GroupEvent>, type: ResourceType): GroupState {
  const { event } = fact;
  switch (event.type) {
    case "GroupCreated": {
      const fresh = { ...group, ...bornBy(fact) };
      if (event.personal === "erased" || event.personal === undefined)
        return { ...fresh, ...erasedAttributes(type, group, event.data.paths), erased: true };
      return { ...fresh, ...createdWith(event.personal) };
    }
    case "GroupAttributesChanged": {
      const { data, personal } = event;
      if (personal === "erased" || personal === undefined) {
        return { ...group, ...movedBy(fact), ...erasedChange(type, group, data), erased: true };
      }
      return { ...group, ...movedBy(fact), ...applyChanges(group, personal.changes) };
    }
    case "GroupMembersAdded":
      return { ...group, ...movedBy(fact), members: group.members.with(event.data.members.map((id) => [id, true])) };
    case "GroupMembersRemoved":
      return { ...group, ...movedBy(fact), members: group.members.with(event.data.members.map((id) => [id, false])) };
    case "GroupDeleted":
      return { ...group, ...movedBy(fact), status: "deleted" };
    case "GroupSecretsSet":
    case "GroupChangeBegun":
    case "GroupChangeCompleted":
    case "GroupChangeAbandoned":
      return { ...group, revision: fact.revision };
    default:
      throw new Error(`unknown group event ${(event satisfies never as Fact["event"]).type}`);
  }
}
