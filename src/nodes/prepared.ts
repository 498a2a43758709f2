// What the first node does for all: it is done by whoever is in a term, and the others wait until it is there.
import { setTimeout as pause } from "node:timers/promises";
import type { Terms } from "./terms.ts";

export interface Preparing<Result> {
  /** Does it, or finds that it is done; called in a term. */
  readonly prepare: () => Promise<Result>;
  /** Whether another node has done it. */
  readonly isDone: () => boolean;
  /** The result for a node that found it done. */
  readonly otherwise: Result;
}

const LOOK_EVERY = 50;

/** Resolves once it is done, by this node or another. */
export async function preparedByOne<Result>(
  terms: Pick<Terms, "attend" | "term">,
  { prepare, isDone, otherwise }: Preparing<Result>,
): Promise<Result> {
  let result: { readonly of: Result } | undefined;
  terms.attend(async () => {
    if (result === undefined) result = { of: await prepare() };
  });
  while (result === undefined) {
    if (terms.term === undefined && isDone()) result = { of: otherwise };
    else await pause(LOOK_EVERY);
  }
  return result.of;
}
