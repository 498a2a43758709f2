// What somebody changed, beside what others did to the same before, in between and since.
import { isDeepStrictEqual } from "node:util";
import type { Position } from "../../eventlog/event-log.ts";
import type { Awaitable } from "../../readstore/happenings.ts";
import type { LastBegun } from "../../readstore/walks.ts";
import { preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";

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

/** A membership, a role or an entitlement of somebody at a position: more than one where several elements bear its value. */
export type HeldAt = (asOf: Position) => Awaitable<readonly LastBegun[]>;

/** How much more is held after the last of their changes than before the run of them that it ends; negative: less. */
export async function gainOf(positions: readonly Position[], heldAt: HeldAt): Promise<number> {
  const last = positions.at(-1)!;
  const after = await heldAt(last);
  let before = await heldAt(preceding(last));
  for (const position of positions.slice(0, -1).reverse()) {
    if (!isSame(await heldAt(position), before)) break;
    before = await heldAt(preceding(position));
  }
  return standingIn(after) - standingIn(before);
}

const standingIn = (held: readonly LastBegun[]): number => held.filter(({ stands }) => stands).length;

const isSame = (a: readonly LastBegun[], b: readonly LastBegun[]): boolean => isDeepStrictEqual(namesOf(a), namesOf(b));
const namesOf = (held: readonly LastBegun[]): readonly string[] =>
  held.map(({ since, stands }) => `${since} ${stands}`).sort();
