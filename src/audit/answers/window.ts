// From a window of time to what it takes in of the log.

import { z } from "zod";
import { type Position, START } from "../../eventlog/event-log.ts";
import { following } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";
import { positionAt } from "./moment.ts";
import { instant, limit } from "./parameter.ts";

/** Positions [from, to). */
export interface Window {
  readonly from: Position;
  readonly to: Position;
}

/** The parameters of a question about a window: it includes `from` and excludes `to`. */
export const windowed = { from: instant.optional(), to: instant.optional() };
export const paged = { cursor: z.string().optional(), limit: limit.optional() };

type Given<Names extends string> = { readonly [Name in Names]?: number | undefined };

/** For what holds: a window begins in the state that an as-of at its start would show, and takes in every event before its end. */
export async function windowOf(
  sources: Sources,
  through: Position,
  { asOf, from, to }: Given<"asOf" | "from" | "to">,
): Promise<Window> {
  const first = from === undefined && asOf === undefined ? START : await positionAt(sources, through, asOf ?? from);
  const last = asOf === undefined ? await positionAt(sources, through, to === undefined ? undefined : to - 1) : first;
  return { from: first, to: following(last) };
}

/** Positions (after, until]. */
export interface Stretch {
  readonly after: Position;
  readonly until: Position;
}

/** For what happened: every event at or after the start of a window and before its end. */
export async function stretchOf(
  sources: Sources,
  through: Position,
  { from, to }: Given<"from" | "to">,
): Promise<Stretch> {
  return {
    after: from === undefined ? START : await positionAt(sources, through, from - 1),
    until: await positionAt(sources, through, to === undefined ? undefined : to - 1),
  };
}
