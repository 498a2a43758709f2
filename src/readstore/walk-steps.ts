// How a walk goes from page to page.
import { positionOf } from "../eventlog/event-log.ts";
import { expiredCursor } from "../scim/errors.ts";
import type { Match } from "./matches.ts";
import type { Walk, WalkPlace } from "./read-store.ts";

/** So many resources that were passed are named by a place: should the last be erased, the walk still knows where it is. */
const NAMED = 3;

/** What comes next, in order. */
export interface Found<Type = number> {
  /** More than the page takes, unless there are no more. */
  readonly matches: readonly Match<Type>[];
  /** Above all numbers, or the number behind which nothing was looked at, because the time was over. */
  readonly upTo: number;
  /** Of the whole walk, where it was counted. */
  readonly total?: number;
}

export const isGone = () =>
  expiredCursor(
    "The walk cannot go on: somebody on whose values it rests has been erased. Start again with an empty cursor.",
  );

/** Behind a page that took these; `head` is where a walk begins. */
export function placeAfter(
  { after }: Walk,
  { matches, upTo }: Pick<Found<unknown>, "matches" | "upTo">,
  taken: readonly number[],
  head: number,
): WalkPlace {
  const began = after?.began ?? positionOf(head);
  const passed = taken.length === matches.length ? [upTo] : taken.slice(-NAMED);
  return { began, passed: [...(after?.passed ?? []), ...passed.map(positionOf)].slice(-NAMED) };
}
