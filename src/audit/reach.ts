// What a user or group reached through memberships, from when to when: directly, and through groups in groups. The times
// are exact, whatever cycles there may be; of the ways, only so many are looked for.
import type { Holding, Holdings } from "./holdings.ts";
import { common, type Interval, intersection, sameTime, union } from "./intervals.ts";

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

export async function reachOf(subject: string, holdings: Holdings): Promise<Reach> {
  const groups = await timesFrom(await holdings.groupsOf(subject), holdings);
  return { groups, ...(await waysOf(subject, holdings)) };
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

async function waysOf(subject: string, holdings: Holdings): Promise<{ ways: readonly Way[]; allWays: boolean }> {
  const ways: Way[] = (await holdings.groupsOf(subject)).map((held) => ({ groups: [held.target], ...spanOf(held) }));
  let steps = 0;
  for (const way of ways) {
    for (const held of await holdings.groupsOf(way.groups.at(-1)!)) {
      steps += 1;
      if (steps > MOST_STEPS) return { ways, allWays: false };
      const span = way.groups.includes(held.target) ? undefined : intersection(way, ofParent(held));
      if (span !== undefined) ways.push({ groups: [...way.groups, held.target], ...span });
    }
  }
  return { ways, allWays: true };
}

const spanOf = ({ from, to, cause }: Holding): Interval => ({ from, to, cause });

/** A group's membership in the next: its removal there is another fact than the removal of the user. */
const ofParent = (held: Holding): Interval =>
  held.cause === "removed" ? { ...spanOf(held), cause: "parentRemoved" } : spanOf(held);
