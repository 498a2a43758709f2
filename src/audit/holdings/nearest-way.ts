// The shortest way by which a user or group was in a group at one place of the log; of equals, the one that stood first.
// Exact however many ways there are, as no group is looked at twice.
import type { Position } from "../../eventlog/event-log.ts";
import type { Holding, Holdings } from "./holdings.ts";
import { holdsAt, type Interval, intersection } from "./intervals.ts";
import { ofParent } from "./reach.ts";

/** In the time in which every step of it stood. */
export interface NearestWay extends Interval {
  /** Of one step. */
  readonly direct: boolean;
}

/** Group → the time of the way to it. */
type Reached = ReadonlyMap<string, Interval>;

/** Undefined where no way stood. */
export async function nearestWay(
  memberships: readonly Holding[],
  group: string,
  at: Position,
  holdings: Holdings,
): Promise<NearestWay | undefined> {
  const passed = new Set<string>();
  let reached = firstOf(memberships.filter((held) => holdsAt(held, at)));
  for (let direct = true; reached.size > 0; direct = false) {
    const way = reached.get(group);
    if (way !== undefined) return { ...way, direct };
    for (const one of reached.keys()) passed.add(one);
    reached = await above(reached, passed, at, holdings);
  }
  return undefined;
}

async function above(
  reached: Reached,
  passed: ReadonlySet<string>,
  at: Position,
  holdings: Holdings,
): Promise<Reached> {
  const steps: Step[] = [];
  for (const [group, way] of reached)
    for (const held of await holdings.groupsOf(group))
      if (holdsAt(held, at) && !passed.has(held.target))
        steps.push({ target: held.target, ...intersection(way, ofParent(held))! });
  return firstOf(steps);
}

interface Step extends Interval {
  readonly target: string;
}

function firstOf(steps: readonly Step[]): Reached {
  const reached = new Map<string, Interval>();
  for (const { target, from, to, cause } of steps) {
    const known = reached.get(target);
    if (known === undefined || from < known.from) reached.set(target, { from, to, cause });
  }
  return reached;
}
