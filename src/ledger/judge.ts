// What may be said of a ledger: in words, never a bare yes.
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { type Hash, leafHash, sameBytes } from "./hash.ts";
import { decodeHeadLeaf } from "./head-leaf.ts";
import { isOver, isTreeOf } from "./keys.ts";
import { decodeLeaf, type LeafRecord, NotALeaf } from "./leaf.ts";
import { Malformed } from "./malformed.ts";
import type { Policy } from "./policy.ts";
import { NotSigned, parseNote, type Signer, verifyNote } from "./signed-note.ts";
import { parseProof } from "./tlog-proof.ts";
import { COSIGNATURE, ED25519 } from "./verifier-key.ts";
import { verifyConsistency, verifyInclusion } from "./verify.ts";

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
  /** Instead of it, in the instance's tree: the note of a tenant's ledger. */
  readonly note?: string;
}

/** What is at hand besides a proof: all of it may be absent. */
export interface AtHand {
  /** Heads that were kept elsewhere, as notes. */
  readonly held?: readonly string[];
  /** What shows that the tree of one head is the beginning of another's. */
  readonly growths?: readonly Growth[];
  /** A proof that the head is a leaf of the instance's tree. */
  readonly above?: string;
}

/** Judges a proof that stands alone. */
export function judgeProof(text: string, policy: Policy | undefined, atHand: AtHand = {}): JudgedProof {
  let proved: Omit<JudgedProof, "verdict"> = {};
  const verdict = judging(() => {
    const { extra, index, path, checkpoint } = parseProof(text);
    const head = trustedHead(checkpoint, policy, atHand.above);
    if (extra === undefined) throw new Tampered("the proof has no extra line with the leaf's record");
    const { size, root } = head.own;
    if (!verifyInclusion({ index, size, leaf: leafHash(extra), path, root }))
      throw new Tampered("the leaf and its path do not lead to the head's root", index);
    proved = isOver(head.own.origin)
      ? { note: decodeHeadLeaf(extra).note }
      : { leaf: leafUnder(head.own, extra, index) };
    return worthAmong(head, policy, atHand);
  });
  return verdict.word === "FAILED" ? { verdict } : { verdict, ...proved };
}

function leafUnder({ origin }: Checkpoint, record: Uint8Array, index: number): LeafRecord {
  const leaf = decodeLeaf(record);
  if (!isTreeOf(origin, leaf.tenant))
    throw new Tampered(`the leaf is of the tenant “${leaf.tenant}”, and the head of “${origin}”`, index);
  return leaf;
}

/** A head, and the one by which it is trusted: itself, or that of the instance. */
export interface TrustedHead {
  readonly own: Checkpoint;
  readonly trusted: VerifiedHead;
}

/** What a head is worth, in view of those that were held elsewhere. Throws Malformed, NotSigned, Tampered. */
export function worthAmong({ own, trusted }: TrustedHead, policy: Policy | undefined, atHand: AtHand): Verdict {
  const { held = [], growths } = atHand;
  const ways = (own === trusted ? [trusted] : [own, trusted]).map((head) => ({
    head,
    heads: heldOf(head.origin, held, policy),
  }));
  const anchors = ways.map(({ head, heads }) => anchorOf(head, heads, growths));
  const anchored = anchors.find((anchor) => anchor !== undefined);
  const verdict = worthOf(trusted, policy, anchored);
  if (held.length === 0 || anchored !== undefined) return verdict;
  const sizes = ways.flatMap(({ heads }) => heads.map(({ size }) => size));
  const why =
    sizes.length === 0
      ? OF_OTHER_LOGS
      : `nothing shows that it agrees with what is held, over ${sizes.join(", ")} leaves: ask for /consistency`;
  return { ...verdict, says: `${verdict.says}; ${why}`, enough: false };
}

export const OF_OTHER_LOGS = "none of the heads that are held is of this log";

/**
 * The heads of one log among those that were held. What was held needs no key to be known: after a change of keys the one that
 * signed it may not be trusted any more. Throws Malformed, and NotSigned where a known key's signature fails.
 */
export const heldOf = (origin: string, held: readonly string[], policy: Policy | undefined): readonly VerifiedHead[] =>
  held
    .filter((note) => readHead(note, undefined).origin === origin)
    .map((note) => readHeld(note, isTrusted(origin, policy) ? policy : undefined));

function readHeld(note: string, policy: Policy | undefined): VerifiedHead {
  try {
    return readHead(note, policy);
  } catch (error) {
    if (error instanceof NotSigned && error.because === "unknown") return readHead(note, undefined);
    throw error;
  }
}

const isTrusted = (origin: string, policy: Policy | undefined): boolean =>
  policy?.logs.some(({ name }) => name === origin) === true;

/**
 * A head, and the one by which it is trusted: itself, or that of the instance where a proof leads there. Then the keys of the
 * tenant need not be known. Throws Malformed, NotSigned, Tampered.
 */
export function trustedHead(note: string, policy: Policy | undefined, above: string | undefined): TrustedHead {
  if (above === undefined) {
    const head = readHead(note, policy);
    return { own: head, trusted: head };
  }
  const { origin } = readHead(note, undefined);
  const own = readHead(note, isTrusted(origin, policy) ? policy : undefined);
  return { own, trusted: headAbove(own, above, policy) };
}

/** The head of the instance to which a proof leads from this very head. */
function headAbove(head: Checkpoint, proof: string, policy: Policy | undefined): VerifiedHead {
  const { extra, index, path, checkpoint } = parseProof(proof);
  const above = readHead(checkpoint, policy);
  if (!isOver(above.origin, head.origin))
    throw new Tampered(`the instance's proof is of “${above.origin}”, which is not over “${head.origin}”`);
  if (extra === undefined) throw new Tampered("the instance's proof has no extra line with the head");
  const { size, root } = above;
  if (!verifyInclusion({ index, size, leaf: leafHash(extra), path, root }))
    throw new Tampered("the head and its path do not lead to the root of the instance's head");
  const proved = parseCheckpoint(parseNote(decodeHeadLeaf(extra).note).text);
  if (proved.origin !== head.origin || proved.size !== head.size || !sameBytes(proved.root, head.root))
    throw new Tampered(`the instance's proof is of another head, of “${proved.origin}” over ${proved.size} leaves`);
  return above;
}

/** What /consistency answers: RFC 6962 §2.1.2. */
export interface Growth {
  readonly from: number;
  readonly to: number;
  readonly path: readonly Hash[];
}

/**
 * Says with which held head a head agrees: one of the same size, or one that the other is shown to continue. Throws Tampered
 * where they contradict each other.
 */
export function anchorOf(
  head: Checkpoint,
  held: readonly Checkpoint[],
  growths: readonly Growth[] = [],
): string | undefined {
  let anchored: string | undefined;
  for (const other of held) {
    if (other.origin !== head.origin) continue;
    const { size } = other;
    if (size === head.size && !sameBytes(other.root, head.root))
      throw new Tampered(`the held head over ${size} leaves has another root: the log has two histories`);
    if (size === head.size) anchored = `the same as a head over ${size} leaves that was held elsewhere`;
    else if (isShown(other, head, growths))
      anchored = `${size < head.size ? "continues" : "is the beginning of"} a head over ${size} leaves that was held elsewhere`;
  }
  return anchored;
}

/** Whether one of two heads is shown to continue the other. */
function isShown(one: Checkpoint, other: Checkpoint, growths: readonly Growth[]): boolean {
  const [first, last] = one.size < other.size ? [one, other] : [other, one];
  const growth = growths.find(({ from, to }) => from === first.size && to === last.size);
  if (growth === undefined) return false;
  if (verifyConsistency({ ...growth, fromRoot: first.root, toRoot: last.root })) return true;
  throw new Tampered(
    `the head over ${last.size} leaves is not shown to continue that over ${first.size}: the log has two histories`,
  );
}
