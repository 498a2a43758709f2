// What a verb of `replay` is given, and which events its options name.
import type { Stretch } from "../../audit/answers/window.ts";
import { EXIT, type ExitCode, Problem } from "../problem.ts";
import type { Replay } from "./open.ts";
import { areFallingInstants, areRisingInstants, placeOf, startOf } from "./place.ts";
import type { Said } from "./said.ts";
import type { Which } from "./traces.ts";

export interface Options {
  readonly data?: string;
  readonly tenant: string;
  readonly baseUrl: string;
  readonly json?: true;
  readonly at?: string;
  readonly from?: string;
  readonly to?: string;
  readonly until?: string;
  readonly explain?: true;
  readonly hash: boolean;
  readonly attribute?: string;
  readonly actor?: string;
  readonly request?: string;
  readonly deep?: true;
}

/** What a verb gets once the files are open. */
export interface Given {
  readonly replay: Replay;
  readonly options: Options;
  readonly tenant: string;
  readonly said: Said;
}

/** What a verb does. `resource`: as it was named on the command line. */
export type Work = (given: Given, resource: string | undefined) => Promise<ExitCode>;

/** All events from `--from` to `--to`, both taken in. Throws a Problem where none can lie in between. */
export async function stretchOf({
  replay,
  options: { from, to },
}: Pick<Given, "replay" | "options">): Promise<Stretch> {
  const stretch = { after: await startOf(replay, from), until: await placeOf(replay, to) };
  if (from !== undefined && to !== undefined && stretch.after >= stretch.until && !areRisingInstants(from, to))
    throw new Problem("--from must lie before --to", EXIT.misused);
  return stretch;
}

/** The places `--from` and `--to`, which are one where nothing happened in between. Throws a Problem where they are the wrong way round. */
export async function comparedOf({
  replay,
  options: { from, to },
}: Pick<Given, "replay" | "options">): Promise<Stretch> {
  const places = { after: await placeOf(replay, from), until: await placeOf(replay, to) };
  if (places.after > places.until || areFallingInstants(from, to))
    throw new Problem("--from must not lie after --to", EXIT.misused);
  return places;
}

/** Throws a Problem where no events are named. */
export async function whichOf({ replay, options }: Given): Promise<Which> {
  const { actor, request, from } = options;
  if (actor === undefined && request === undefined && from === undefined)
    throw new Problem("name the events: --actor, --request or --from", EXIT.misused);
  return { actor, request, stretch: await stretchOf({ replay, options }) };
}
