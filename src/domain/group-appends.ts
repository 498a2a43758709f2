// A change of a group's members as events that every log takes.
import {
  GroupChangeBegun,
  GroupChangeCompleted,
  type GroupEvent,
  GroupMembersAdded,
  GroupMembersRemoved,
  MEMBERS_PER_EVENT,
} from "./events.ts";
import type { MembershipChange } from "./membership.ts";

/** More member ids than this make a change of several appends. */
export const LARGE_CHANGE = 20_000;

/** Membership in events of a bounded size; a change of very many members is bracketed under this id. */
export function inAppends(own: readonly GroupEvent[], change: MembershipChange, id: string): readonly GroupEvent[] {
  const parts: GroupEvent[] = [
    ...own,
    ...chunks(change.removed).map((members) => GroupMembersRemoved({ members })),
    ...chunks(change.added).map((members) => GroupMembersAdded({ members })),
  ];
  if (change.added.length + change.removed.length <= LARGE_CHANGE) return parts;
  const marked = parts.map((part) => ({ ...part, data: { change: id, ...part.data } }) as GroupEvent);
  return [GroupChangeBegun({ change: id }), ...marked, GroupChangeCompleted({ change: id })];
}

const chunks = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / MEMBERS_PER_EVENT) }, (_, index) =>
    ids.slice(index * MEMBERS_PER_EVENT, (index + 1) * MEMBERS_PER_EVENT),
  );
