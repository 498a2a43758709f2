// Marks on groups: privileged, and mutually exclusive pairs.
import { conflict, invalidValue } from "../scim/errors.ts";
import type { DomainEvent, EventOf } from "./event.ts";
import {
  GroupMarkedPrivileged,
  GroupsMarkedExclusive,
  GroupsUnmarkedExclusive,
  GroupUnmarkedPrivileged,
} from "./mark-events.ts";

export type MarkEvent = EventOf<
  | typeof GroupMarkedPrivileged
  | typeof GroupUnmarkedPrivileged
  | typeof GroupsMarkedExclusive
  | typeof GroupsUnmarkedExclusive
>;

export type Pair = readonly [string, string];

export interface Marks {
  readonly privileged: ReadonlySet<string>;
  /** By the pair's name. */
  readonly exclusive: ReadonlyMap<string, Pair>;
}

export const noMarks: Marks = { privileged: new Set(), exclusive: new Map() };

export type MarkCommand =
  | { readonly type: "MarkPrivileged" | "UnmarkPrivileged"; readonly tenant: string; readonly group: string }
  | { readonly type: "MarkExclusive" | "UnmarkExclusive"; readonly tenant: string; readonly groups: Pair };

/** Marks of one kind in a tenant. */
const MOST_MARKS = 10_000;

/** The name of a pair, whichever of the two comes first. */
export const pairName = ([a, b]: Pair): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

/** The event of a command; none where it changes nothing. Throws ScimError. */
export function decideMark(command: MarkCommand, { privileged, exclusive }: Marks): readonly MarkEvent[] {
  switch (command.type) {
    case "MarkPrivileged":
      if (privileged.has(command.group)) return [];
      return room(privileged.size, [GroupMarkedPrivileged({ group: command.group })]);
    case "UnmarkPrivileged":
      return privileged.has(command.group) ? [GroupUnmarkedPrivileged({ group: command.group })] : [];
    case "MarkExclusive": {
      const [a, b] = command.groups;
      if (a === b) throw invalidValue("a group cannot exclude itself: name two");
      if (exclusive.has(pairName([a, b]))) return [];
      return room(exclusive.size, [GroupsMarkedExclusive({ groups: a < b ? [a, b] : [b, a] })]);
    }
    case "UnmarkExclusive": {
      const pair = exclusive.get(pairName(command.groups));
      return pair === undefined ? [] : [GroupsUnmarkedExclusive({ groups: [...pair] })];
    }
  }
}

function room(marks: number, events: readonly MarkEvent[]): readonly MarkEvent[] {
  if (marks < MOST_MARKS) return events;
  throw conflict(`there are ${MOST_MARKS} marks of this kind already: take one back first`);
}

/** The marks after one more event. */
export function evolveMarks(marks: Marks, event: MarkEvent): Marks {
  const { privileged, exclusive } = marks;
  switch (event.type) {
    case "GroupMarkedPrivileged":
      return { ...marks, privileged: new Set(privileged).add(event.data.group) };
    case "GroupUnmarkedPrivileged":
      return { ...marks, privileged: new Set([...privileged].filter((group) => group !== event.data.group)) };
    case "GroupsMarkedExclusive":
      return { ...marks, exclusive: new Map(exclusive).set(pairName(event.data.groups), event.data.groups) };
    case "GroupsUnmarkedExclusive": {
      const gone = pairName(event.data.groups);
      return { ...marks, exclusive: new Map([...exclusive].filter(([name]) => name !== gone)) };
    }
    default:
      throw new Error(`unknown mark ${(event satisfies never as DomainEvent).type}`);
  }
}
