// The groups through which one is a member of a group at a position, and the ways to them. Which groups there are is exact,
// whatever cycles there may be; of the ways, only so many are looked for.
import type { Position } from "../../eventlog/event-log.ts";
import type { History } from "../sources.ts";
import type { Holdings } from "./holdings.ts";
import { holdsAt } from "./intervals.ts";

/** Group ids, from the group that is asked about down to the one that has the member. */
export type Path = readonly string[];

export interface Nesting {
  /** The group asked about first, then by distance from it. */
  readonly groups: readonly string[];
  /** The ways to each, the shortest ones first; at least one. */
  readonly pathsTo: ReadonlyMap<string, readonly Path[]>;
  /** Whether these are all ways that pass no group twice. */
  readonly allPaths: boolean;
  /** Since when a group is in another, where it is. */
  readonly since: (group: string, within: string) => Position;
}

export const PATHS_LISTED = 10;
/** Ways that are looked at in one answer: a few nested groups can have more than anybody can count. */
const MOST_STEPS = 10_000;

/** Everything below `root` at a position. */
export async function nestingOf(
  store: History,
  tenant: string,
  root: string,
  holdings: Holdings,
  position: Position,
): Promise<Nesting> {
  const children = new Map<string, readonly string[]>();
  const edges = new Map<string, Position>();
  const tree = new Map<string, Path>([[root, [root]]]);
  for (const [group, path] of tree) {
    const nested = await store.nestedGroups(tenant, group, position);
    children.set(group, nested);
    for (const child of nested) {
      if (!tree.has(child)) tree.set(child, [...path, child]);
      for (const edge of await holdings.groupsOf(child))
        if (edge.target === group && holdsAt(edge, position)) edges.set(edgeName(child, group), edge.from);
    }
  }
  const { pathsTo, allPaths } = waysDown(root, children, tree);
  return { groups: [...tree.keys()], pathsTo, allPaths, since: (group, within) => edges.get(edgeName(group, within))! };
}

const edgeName = (group: string, within: string): string => `${group} ${within}`;

/** Ways that pass no group twice, shorter ones first; of those that are not reached in time, the one in the tree. */
function waysDown(root: string, children: ReadonlyMap<string, readonly string[]>, tree: ReadonlyMap<string, Path>) {
  const pathsTo = new Map<string, Path[]>();
  const ways: Path[] = [[root]];
  let steps = 0;
  for (const path of ways) {
    const group = path.at(-1)!;
    const others = pathsTo.get(group);
    if (others === undefined) pathsTo.set(group, [path]);
    else others.push(path);
    for (const child of children.get(group) ?? []) {
      steps += 1;
      if (steps <= MOST_STEPS && !path.includes(child)) ways.push([...path, child]);
    }
  }
  for (const [group, path] of tree) if (!pathsTo.has(group)) pathsTo.set(group, [path]);
  return { pathsTo, allPaths: steps <= MOST_STEPS };
}
