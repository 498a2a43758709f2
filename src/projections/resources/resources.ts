// `resources`: the current state of every resource, ready to send, with its shadow for filters.
import type { Fact } from "../../domain/event.ts";
import type { GroupEvent, ResourceEvent, UserEvent } from "../../domain/events.ts";
import { absentGroup, evolve as evolveGroup, type GroupState } from "../../domain/group.ts";
import { MemberSet } from "../../domain/member-set.ts";
import { absentCustom, type CustomState, evolve as evolveCustom } from "../../domain/resource.ts";
import { absentUser, evolve as evolveUser, type UserState } from "../../domain/user.ts";
import type { ViewDocument } from "../../readstore/view-writer.ts";
import type { JsonObject } from "../../scim/json.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import type { Step } from "../open-changes.ts";
import {
  claimingStateOf,
  customDocument,
  type DocumentText,
  groupDocument,
  groupStateOf,
  userDocument,
} from "./document.ts";

type State = UserState | GroupState | CustomState;

/** A resource in the course of a batch. */
export interface Projected {
  readonly document: ViewDocument;
  readonly state: State;
  /** The parsed shadow of the document. */
  readonly shadow: JsonObject;
}

/** A stored document, ready to be folded on. */
export const resume = (document: ViewDocument): Projected => {
  const stored = { ...document, deleted: document.until !== null };
  const state = document.type === "Group" ? groupStateOf(stored) : claimingStateOf(stored);
  return { document, state, shadow: JSON.parse(document.shadow) as JsonObject };
};

/** The resource after one more step; undefined while it has not been created. */
export function after(before: Projected | undefined, step: Step, type: ResourceType): Projected | undefined {
  switch (step.key.type) {
    case "User":
      return userAfter(before, step, type);
    case "Group":
      return groupAfter(before, step, type);
    default:
      return customAfter(before, step, type);
  }
}

function userAfter(before: Projected | undefined, step: Step, type: ResourceType): Projected | undefined {
  const from = (before?.state as UserState | undefined) ?? absentUser;
  const state = step.effects.reduce((user, fact) => evolveUser(user, fact as Fact<UserEvent>, type), from);
  return settle(before, step, state, from, () => userDocument(step.key.id, state, type));
}

function customAfter(before: Projected | undefined, step: Step, type: ResourceType): Projected | undefined {
  const from = (before?.state as CustomState | undefined) ?? absentCustom;
  const state = step.effects.reduce((custom, fact) => evolveCustom(custom, fact as Fact<ResourceEvent>, type), from);
  return settle(before, step, state, from, () => customDocument(step.key.id, state, type));
}

function groupAfter(before: Projected | undefined, step: Step, type: ResourceType): Projected | undefined {
  const from = (before?.state as GroupState | undefined) ?? absentGroup;
  const folded = step.effects.reduce((group, fact) => evolveGroup(group, fact as Fact<GroupEvent>, type), from);
  // While a large change is open, commands must start from before it, so that they meet it in the log.
  const revision = step.isOpen ? from.revision : step.fact.revision;
  // Members are rows of `grants`: nothing of them is kept here.
  const state = { ...folded, members: MemberSet.unknown, revision };
  return settle(before, step, state, from, () => groupDocument(step.key.id, state, type));
}

function settle(
  before: Projected | undefined,
  step: Step,
  state: State,
  from: State,
  describe: () => DocumentText,
): Projected | undefined {
  if (state.status === "absent") return undefined;
  const { place } = step;
  const text = before === undefined || isRewritten(from, state) ? describe() : undefined;
  const shadow = text?.shadow ?? before!.shadow;
  const document: ViewDocument = {
    ...step.key,
    from: before?.document.from ?? place,
    until: before?.document.until ?? (state.status === "deleted" ? place : null),
    since: movesDocument(step) ? place : before!.document.since,
    place,
    revision: state.revision,
    // A deletion is no version that anybody could read.
    version: state.status === "deleted" ? before!.document.version : state.version,
    createdAt: state.createdAt,
    modifiedAt: state.status === "deleted" ? before!.document.modifiedAt : state.modifiedAt,
    erased: state.erased,
    body: text?.body ?? before!.document.body,
    side: text?.side ?? before!.document.side,
    display: text === undefined ? before!.document.display : text.display,
    manager: text === undefined ? before!.document.manager : text.manager,
    shadow: text === undefined ? before!.document.shadow : JSON.stringify(shadow),
  };
  return { document, state, shadow };
}

/** Whether the document's text may differ: deciding by reference is enough, since states are never edited. */
const isRewritten = (from: State, state: State): boolean =>
  from.attributes !== state.attributes ||
  from.elements !== state.elements ||
  from.nextElement !== state.nextElement ||
  from.erased !== state.erased ||
  ("claims" in from && "claims" in state && (from.claims !== state.claims || from.revoked !== state.revoked));

/** Events after which the resource's own attributes read differently. */
const documentEvents: ReadonlySet<string> = new Set([
  "UserCreated",
  "UserAttributesChanged",
  "UserDeactivated",
  "UserReactivated",
  "GroupCreated",
  "GroupAttributesChanged",
  "ResourceCreated",
  "ResourceAttributesChanged",
]);
const memberEvents: ReadonlySet<string> = new Set(["GroupMembersAdded", "GroupMembersRemoved"]);

/** Whether the step begins a new version of the document. */
export const movesDocument = ({ effects }: Step): boolean =>
  effects.some(({ event }) => documentEvents.has(event.type));
/** Whether the step changes members. */
export const movesMembers = ({ effects }: Step): boolean => effects.some(({ event }) => memberEvents.has(event.type));
