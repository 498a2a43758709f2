// What a user or group reached through memberships, from when to when: directly, and through groups in groups. The times
// are exact, whatever cycles there may be; of the ways, only so many are looked for, and one at least for all of that time.

import type { Position } from "../../eventlog/event-log.ts";
import type { Holding, Holdings } from "./holdings.ts";
import { common, holdsAt, type Interval, intersection, sameTime, union, without } from "./intervals.ts";

/** One way to a group, in the time in which every step of it stood. */
export interface Way extends Interval {
  /** Group ids, from the one that has the subject to the one reached. */
  readonly groups: readonly string[];
}

export interface Reach {
  /** Group → when it was reached, by whatever way; in order. */
  readonly groups: ReadonlyMap<string, readonly Interval[]>;
  /** Shorter ones first. */
  readonly ways: readonly Way[];
  /** Whether these are all ways that pass no group twice. */
  readonly allWays: boolean;
}

/** Steps that are tried in one answer. */
const MOST_STEPS = 10_000;

/** `toward`: only the ways to this group. */
export async function reachOf(subject: string, holdings: Holdings, toward?: string): Promise<Reach> {
  const groups = await timesFrom(await holdings.groupsOf(subject), holdings);
  const passed = toward === undefined ? new Set(groups.keys()) : await leadingTo(toward, groups.keys(), holdings);
  const { ways, allWays } = await waysOf(subject, holdings, passed);
  if (allWays) return { groups, ways, allWays };
  const told = toward === undefined ? groups : new Map([[toward, groups.get(toward) ?? []]]);
  const others = await waysBetween(subject, holdings, told, ways);
  return { groups, ways: [...ways, ...others].sort((a, b) => a.groups.length - b.groups.length), allWays };
}

/** Of these groups, those through which another is reached, and that one. */
async function leadingTo(group: string, among: Iterable<string>, holdings: Holdings): Promise<ReadonlySet<string>> {
  const nested = new Map<string, string[]>();
  for (const one of among)
    for (const { target } of await holdings.groupsOf(one)) nested.set(target, [...(nested.get(target) ?? []), one]);
  const leading = new Set([group]);
  for (const one of leading) for (const child of nested.get(one) ?? []) leading.add(child);
  return leading;
}

/** When groups were reached from these direct memberships: each group's times grow until nothing adds to them. */
export async function timesFrom(
  memberships: readonly Holding[],
  holdings: Holdings,
): Promise<ReadonlyMap<string, readonly Interval[]>> {
  const times = new Map<string, readonly Interval[]>();
  const grown = new Set<string>();
  const add = (group: string, more: readonly Interval[]) => {
    const known = times.get(group) ?? [];
    const now = union([...known, ...more]);
    if (sameTime(known, now)) return;
    times.set(group, now);
    grown.add(group);
  };
  for (const held of memberships) add(held.target, [spanOf(held)]);
  for (const group of grown) {
    grown.delete(group);
    for (const held of await holdings.groupsOf(group)) add(held.target, common(times.get(group)!, [ofParent(held)]));
  }
  return times;
}

async function waysOf(
  subject: string,
  holdings: Holdings,
  passed: ReadonlySet<string>,
): Promise<{ ways: readonly Way[]; allWays: boolean }> {
  const ways: Way[] = (await holdings.groupsOf(subject))
    .filter(({ target }) => passed.has(target))
    .map((held) => ({ groups: [held.target], ...spanOf(held) }));
  let steps = 0;
  for (const way of ways) {
    for (const held of await holdings.groupsOf(way.groups.at(-1)!)) {
      if (!passed.has(held.target)) continue;
      steps += 1;
      if (steps > MOST_STEPS) return { ways, allWays: false };
      const span = way.groups.includes(held.target) ? undefined : intersection(way, ofParent(held));
      if (span !== undefined) ways.push({ groups: [...way.groups, held.target], ...span });
    }
  }
  return { ways, allWays: true };
}

/** The shortest way at the beginning of each time in which a group was reached by none of those that were found. */
async function waysBetween(
  subject: string,
  holdings: Holdings,
  groups: Reach["groups"],
  found: readonly Way[],
): Promise<readonly Way[]> {
  const known = Map.groupBy(found, ({ groups: steps }) => steps.at(-1)!);
  const trees = new Map<Position, ReadonlyMap<string, Way>>();
  const ways: Way[] = [];
  for (const [group, times] of groups) {
    const own = [...(known.get(group) ?? [])];
    const missing = () => times.flatMap((span) => without(span, own))[0];
    for (let next = missing(); next !== undefined; next = missing()) {
      const tree = trees.get(next.from) ?? (await shortestAt(subject, holdings, next.from));
      trees.set(next.from, tree);
      const way = tree.get(group)!;
      own.push(way);
      ways.push(way);
    }
  }
  return ways;
}

/** The shortest way to each group at a position. */
async function shortestAt(subject: string, holdings: Holdings, position: Position): Promise<ReadonlyMap<string, Way>> {
  const tree = new Map<string, Way>();
  const standing = async (member: string) =>
    (await holdings.groupsOf(member)).filter((held) => holdsAt(held, position));
  for (const held of await standing(subject)) tree.set(held.target, { groups: [held.target], ...spanOf(held) });
  for (const [group, way] of tree)
    for (const held of await standing(group))
      if (!tree.has(held.target))
        tree.set(held.target, { groups: [...way.groups, held.target], ...intersection(way, ofParent(held))! });
  return tree;
}

const spanOf = ({ from, to, cause }: Holding): Interval => ({ from, to, cause });

/** A group's membership in the next: its removal there is another fact than the removal of the user. */
export const ofParent = (held: Holding): Interval =>
  held.cause === "removed" ? { ...spanOf(held), cause: "parentRemoved" } : spanOf(held);
