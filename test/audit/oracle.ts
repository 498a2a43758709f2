// Who held what, found by looking at every position of a history one after the other: no interval, no index, no cause.

import type { Fact } from "../../src/domain/event.ts";
import type { GroupEvent } from "../../src/domain/events.ts";
import { absentGroup, evolve as evolveGroup, type GroupState } from "../../src/domain/group.ts";
import type { Position } from "../../src/eventlog/event-log.ts";
import type { World } from "./world.ts";

/** What is so after one event. */
export interface Picture {
  readonly position: Position;
  readonly effectiveAt: number;
  readonly live: ReadonlySet<string>;
  readonly enabled: ReadonlySet<string>;
  readonly groups: ReadonlyMap<string, GroupState>;
}

/** One picture a position, from the first event on. */
export function picturesOf(world: World): readonly Picture[] {
  const live = new Set<string>();
  const enabled = new Set<string>();
  const groups = new Map<string, GroupState>();
  return world.entries.map(({ position, effectiveAt, fact, id, type }) => {
    const name = fact.event.type;
    if (name.endsWith("Created")) live.add(id);
    if (name.endsWith("Deleted")) live.delete(id);
    if (name === "UserCreated" || name === "UserReactivated") enabled.add(id);
    if (name === "UserDeactivated") enabled.delete(id);
    if (type === "Group") groups.set(id, evolveGroup(groups.get(id) ?? absentGroup, fact as Fact<GroupEvent>));
    return { position, effectiveAt, live: new Set(live), enabled: new Set(enabled), groups: new Map(groups) };
  });
}

/** The live direct members of a live group. */
export const membersOf = ({ live, groups }: Picture, group: string): readonly string[] =>
  live.has(group) ? [...groups.get(group)!.members.ids()].filter((id) => live.has(id)) : [];

/** Every way from a group down to a member, by trying them all; groups from the one asked about to the one that has the member. */
export function waysTo(
  picture: Picture,
  group: string,
  member: string,
  passed: readonly string[] = [],
): readonly (readonly string[])[] {
  const members = membersOf(picture, group);
  const here = [...passed, group];
  const deeper = members.filter((id) => picture.groups.has(id) && id !== member && !here.includes(id));
  return [...(members.includes(member) ? [here] : []), ...deeper.flatMap((id) => waysTo(picture, id, member, here))];
}

/** The runs of positions in which something holds: first position, and the first after it at which it does not hold. */
export function runsOf(
  pictures: readonly Picture[],
  holds: (picture: Picture) => boolean,
): readonly (readonly [Position, Position | null])[] {
  const runs: [Position, Position | null][] = [];
  let open: Position | undefined;
  for (const picture of pictures) {
    const now = holds(picture);
    if (now && open === undefined) open = picture.position;
    if (now || open === undefined) continue;
    runs.push([open, picture.position]);
    open = undefined;
  }
  if (open !== undefined) runs.push([open, null]);
  return runs;
}

/** The picture that an instant shows; undefined before the first event. */
export const pictureAt = (pictures: readonly Picture[], instant: number): Picture | undefined =>
  pictures.findLast(({ effectiveAt }) => effectiveAt <= instant);
