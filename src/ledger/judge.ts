// What may be said of a ledger: in words, never a bare yes.
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { leafHash, sameBytes } from "./hash.ts";
import { decodeLeaf, type LeafRecord, NotALeaf } from "./leaf.ts";
import { Malformed } from "./malformed.ts";
import type { Policy } from "./policy.ts";
import { NotSigned, parseNote, type Signer, verifyNote } from "./signed-note.ts";
import { parseProof } from "./tlog-proof.ts";
import { COSIGNATURE, ED25519 } from "./verifier-key.ts";
import { verifyInclusion } from "./verify.ts";

export type Word = "FAILED" | "UNANCHORED" | "SIGNED" | "ANCHORED" | "WITNESSED";

export interface Verdict {
  readonly word: Word;
  /** Why it failed, or what it rests on. */
  readonly says: string;
  /** The first leaf that is not as it should be, where that is known. */
  readonly index?: number;
  /** Whether it is all that the policy asks for. */
  readonly enough: boolean;
}

/** How a verdict ends a process: 0 fine, 1 tampered with, 2 not all that was asked for. */
export const exitCodeOf = ({ word, enough }: Verdict): 0 | 1 | 2 => (word === "FAILED" ? 1 : enough ? 0 : 2);

/** Something does not hold; `index` is the leaf's, where it is one. */
export class Tampered extends Error {
  override readonly name = "Tampered";
  readonly index: number | undefined;
  constructor(message: string, index?: number) {
    super(message);
    this.index = index;
  }
}

export const failed = (says: string, index?: number): Verdict => ({
  word: "FAILED",
  says,
  enough: false,
  ...(index === undefined ? {} : { index }),
});

/** Runs a check, and makes a verdict of what it throws because something was tampered with. */
export function judging(check: () => Verdict): Verdict {
  try {
    return check();
  } catch (error) {
    if (error instanceof Tampered) return failed(error.message, error.index);
    if (error instanceof Malformed || error instanceof NotSigned || error instanceof NotALeaf)
      return failed(error.message);
    throw error;
  }
}

/** A head whose signatures hold. */
export interface VerifiedHead extends Checkpoint {
  readonly signers: readonly Signer[];
}

/** Reads a head under a policy; without one, as it says of itself. Throws Malformed, NotSigned, Tampered. */
export function readHead(note: string, policy: Policy | undefined): VerifiedHead {
  const parsed = parseNote(note);
  const checkpoint = parseCheckpoint(parsed.text);
  if (policy === undefined) return { ...checkpoint, signers: [] };
  const logs = policy.logs.filter(({ name }) => name === checkpoint.origin);
  if (logs.length === 0)
    throw new Tampered(`the head is of the log “${checkpoint.origin}”, of which no key is trusted`);
  verifyNote(parsed, logs);
  return { ...checkpoint, signers: verifyNote(parsed, [...logs, ...policy.witnesses]) };
}

/** What a head is worth once everything below it has been found to lead to it. `anchored`: it agrees with a head held elsewhere. */
export function worthOf(head: VerifiedHead, policy: Policy | undefined, anchored: string | undefined): Verdict {
  if (policy === undefined || head.signers.every(({ key }) => key.type !== ED25519))
    return { word: "UNANCHORED", says: "it fits together, and nobody who is trusted has signed it", enough: false };
  const cosigners = head.signers.filter(({ key }) => key.type === COSIGNATURE);
  const enough = policy.isQuorum(new Set(cosigners.map(({ key }) => key)));
  const size = `size ${head.size}, root ${Buffer.from(head.root).toString("base64")}`;
  const short = enough ? "" : "; the policy asks for more witnesses";
  if (cosigners.length > 0) {
    const latest = new Date(Math.max(...cosigners.map(({ time = 0 }) => time)) * 1_000).toISOString();
    const says = `${cosigners.length}/${policy.witnesses.length} witnesses, the last at ${latest}; ${size}${short}`;
    return { word: "WITNESSED", says, enough };
  }
  if (anchored !== undefined) return { word: "ANCHORED", says: `${anchored}; ${size}${short}`, enough };
  return { word: "SIGNED", says: `by the log's own key alone; ${size}${short}`, enough };
}

export interface JudgedProof {
  readonly verdict: Verdict;
  /** The leaf that was proved; absent where nothing was. */
  readonly leaf?: LeafRecord;
}

/** Judges a proof that stands alone. `held`: heads of the log that were kept elsewhere. */
export function judgeProof(text: string, policy: Policy | undefined, held: readonly string[] = []): JudgedProof {
  let leaf: LeafRecord | undefined;
  const verdict = judging(() => {
    const { extra, index, path, checkpoint } = parseProof(text);
    const head = readHead(checkpoint, policy);
    if (extra === undefined) throw new Tampered("the proof has no extra line with the leaf's record");
    const { size, root } = head;
    if (!verifyInclusion({ index, size, leaf: leafHash(extra), path, root }))
      throw new Tampered("the leaf and its path do not lead to the head's root", index);
    const record = decodeLeaf(extra);
    const anchored = anchorOf(
      head,
      held.map((note) => readHead(note, policy)),
    );
    leaf = record;
    return worthOf(head, policy, anchored);
  });
  return { verdict, ...(verdict.word === "FAILED" || leaf === undefined ? {} : { leaf }) };
}

/** Says with which held head a head agrees. Throws Tampered where one of the same size has another root. */
export function anchorOf(head: Checkpoint, held: readonly Checkpoint[]): string | undefined {
  let anchored: string | undefined;
  for (const { origin, size, root } of held) {
    if (origin !== head.origin || size !== head.size) continue;
    if (!sameBytes(root, head.root))
      throw new Tampered(`the held head over ${size} leaves has another root: the log has two histories`);
    anchored = `the same as a head over ${size} leaves that was held elsewhere`;
  }
  return anchored;
}
