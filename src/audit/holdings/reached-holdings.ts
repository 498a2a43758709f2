// What a user held beside the account, groups by whatever way: what it could reach, not only what it was given itself.
import { type Holding, type Holdings, inOrder } from "./holdings.ts";
import type { Interval } from "./intervals.ts";
import { timesFrom } from "./reach.ts";

export interface ReachedHolding extends Interval {
  readonly kind: "group" | "role" | "entitlement";
  readonly target: string;
}

/** `all`: the user's own holdings. */
export async function reachedHoldings(all: readonly Holding[], holdings: Holdings): Promise<readonly ReachedHolding[]> {
  const groups = await timesFrom(
    all.filter(({ kind }) => kind === "group"),
    holdings,
  );
  const reached = [...groups].flatMap(([target, spans]) =>
    spans.map((span) => ({ kind: "group" as const, target, ...span })),
  );
  const own = all.flatMap(({ kind, target, from, to, cause }) =>
    kind === "account" || kind === "group" ? [] : [{ kind, target, from, to, cause }],
  );
  return [...own, ...reached].sort(inOrder);
}
