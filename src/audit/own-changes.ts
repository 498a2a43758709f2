// What somebody changed, beside what others did to the same before, in between and since.
import type { Position } from "../eventlog/event-log.ts";
import { preceding } from "./intervals.ts";
import type { Sources } from "./sources.ts";

/** An attribute of a resource, and their events that changed it, in order. */
export interface OwnChanges {
  readonly id: string;
  readonly path: string;
  readonly positions: readonly Position[];
}

/** Where the last run of their changes began that nobody else's came between; undefined where somebody else's came after. */
export async function lastRun(
  { store }: Pick<Sources, "store">,
  tenant: string,
  { id, path, positions }: OwnChanges,
  through: Position,
): Promise<Position | undefined> {
  let first: Position | undefined;
  let until = through;
  for (const position of positions.toReversed()) {
    const [others] = await store.lastChanges(tenant, [{ id, paths: [path] }], position, until);
    if (others !== null) break;
    first = position;
    until = preceding(position);
  }
  return first;
}
