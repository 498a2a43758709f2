// What a head is worth whose whole tree was made anew, so that every earlier head of it could be met on the way.
import type { Checkpoint } from "./checkpoint.ts";
import { type AtHand, anchorOf, OF_OTHER_LOGS, type TrustedHead, type Verdict, worthAmong, worthOf } from "./judge.ts";
import type { Policy } from "./policy.ts";

export interface TreeMade extends TrustedHead {
  /** Heads of this log that were held. */
  readonly kept: readonly Checkpoint[];
  /** Those of them that the tree has met. */
  readonly met: readonly Checkpoint[];
}

/** `what` was verified: an export, or evidence. Throws Malformed, NotSigned, Tampered. */
export function worthOfTree(
  what: string,
  { own, trusted, kept, met }: TreeMade,
  policy: Policy | undefined,
  atHand: AtHand,
): Verdict {
  if (atHand.above !== undefined && met.length === 0) return worthAmong({ own, trusted }, policy, atHand);
  const later = kept
    .filter(({ size }) => size > own.size)
    .map((head) => ({ head, anchor: anchorOf(own, [head], atHand.growths) }));
  const anchored = anchoredBy(met) ?? later.find(({ anchor }) => anchor !== undefined)?.anchor;
  const verdict = worthOf(trusted, policy, anchored);
  const ahead = later.find(({ anchor }) => anchor === undefined)?.head;
  if (ahead !== undefined)
    return less(verdict, `a head over ${ahead.size} leaves is held, beyond this ${what}: ask for /consistency`);
  return anchored === undefined && (atHand.held ?? []).length > 0 ? less(verdict, OF_OTHER_LOGS) : verdict;
}

const less = (verdict: Verdict, why: string): Verdict => ({
  ...verdict,
  enough: false,
  says: `${verdict.says}; ${why}`,
});

const anchoredBy = (met: readonly Checkpoint[]): string | undefined =>
  met.length === 0
    ? undefined
    : `agrees with ${met.length === 1 ? "a head" : `${met.length} heads`} held elsewhere, ${met.length === 1 ? "" : "the last "}over ${met.at(-1)!.size} leaves`;
