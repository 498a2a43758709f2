// What a head is worth whose whole tree was made anew, so that every earlier head of it could be met on the way.
import type { Checkpoint } from "./checkpoint.ts";
import { type AtHand, type Verdict, type VerifiedHead, worthAmong, worthOf } from "./judge.ts";
import type { Policy } from "./policy.ts";

export interface TreeMade {
  readonly own: Checkpoint;
  /** The head by which it is trusted: itself, or the instance's. */
  readonly trusted: VerifiedHead;
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
  if (atHand.above !== undefined) return worthAmong(trusted, policy, atHand);
  const verdict = worthOf(trusted, policy, anchoredBy(met));
  const ahead = kept.find(({ size }) => size > own.size);
  if (ahead === undefined) return verdict;
  const says = `${verdict.says}; a head over ${ahead.size} leaves is held, beyond this ${what}`;
  return { ...verdict, enough: false, says };
}

const anchoredBy = (met: readonly Checkpoint[]): string | undefined =>
  met.length === 0
    ? undefined
    : `agrees with ${met.length === 1 ? "a head" : `${met.length} heads`} held elsewhere, ${met.length === 1 ? "" : "the last "}over ${met.at(-1)!.size} leaves`;
