// What every step of a pass works with.
import type { DatabaseSync } from "node:sqlite";
import type { Snapshot } from "../pull/snapshot.ts";
import { Stopped } from "../scim-client/errors.ts";
import type { MatchMode } from "./core/match.ts";
import type { Links } from "./links.ts";
import type { Notes } from "./notes.ts";
import type { Target } from "./target.ts";

export interface WriteContext {
  readonly database: DatabaseSync;
  readonly snapshot: Snapshot;
  readonly links: Links;
  readonly notes: Notes;
  readonly target: Target;
  readonly mode: MatchMode;
  /** What the source does not have is cleared at the target. */
  readonly exact: boolean;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string, done: number, all: number) => void;
}

/** Throws Stopped once somebody asked for the end: what is under way was finished. */
export function refuseWhenStopped({ signal }: WriteContext): void {
  if (signal.aborted) throw new Stopped("stopped between two resources");
}
