// A server that lies, against our verifier; and every bit of a proof, each with the verdict that names what it belongs to.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { toBase64 } from "../../src/ledger/base64.ts";
import { formatCheckpoint } from "../../src/ledger/checkpoint.ts";
import { sha256 } from "../../src/ledger/hash.ts";
import { encodeHeadLeaf } from "../../src/ledger/head-leaf.ts";
import { type AtHand, judgeProof } from "../../src/ledger/judge.ts";
import { encodeLeaf } from "../../src/ledger/leaf.ts";
import { policyOfKeys } from "../../src/ledger/policy.ts";
import { formatNote, parseNote } from "../../src/ledger/signed-note.ts";
import { cosigner, noteSigner } from "../../src/ledger/signing.ts";
import { formatProof, parseProof } from "../../src/ledger/tlog-proof.ts";
import { NaiveTree } from "./naive-tree.ts";

const ORIGIN = "log.example/acme";
const INSTANCE = "log.example/_instance";
const signer = noteSigner(ORIGIN, Buffer.alloc(32, 1));
const stranger = noteSigner(ORIGIN, Buffer.alloc(32, 9));
const elsewhere = noteSigner("log.example/other", Buffer.alloc(32, 2));
const above = noteSigner(INSTANCE, Buffer.alloc(32, 3));
const policy = policyOfKeys([signer.key, elsewhere.key, above.key]);

const record = (index: number, title: string): Uint8Array =>
  encodeLeaf({
    tenant: "acme",
    stream: `scim.user-acme:${index}`,
    revision: 0,
    type: "UserCreated",
    at: 1_800_000_000_000_000 + index,
    envelope: sha256(`${title} ${index}`),
  });
const SIZE = 60;
const leaves = Array.from({ length: SIZE }, (_, index) => record(index, "event"));
const tree = new NaiveTree(leaves);
/** The same up to leaf 40, and another history from there on. */
const forkedLeaves = leaves.map((leaf, index) => (index < 40 ? leaf : record(index, "forged")));
const forked = new NaiveTree(forkedLeaves);

function head(size: number, of = tree, by = signer, origin = by.key.name): string {
  const text = formatCheckpoint({ origin, size, root: of.root(size) });
  return formatNote({ text, signatures: [by.sign(text)] });
}
const proofOf = (index: number, size: number, of = tree, entries = leaves, note = head(size, of)): string =>
  formatProof({ extra: entries[index]!, index, path: of.path(index, size), checkpoint: note });
const growth = (from: number, to: number, of = tree) => ({ from, to, path: of.proof(from, to) });

const judge = (text: string, atHand?: AtHand) => judgeProof(text, policy, atHand).verdict;

describe("a server that lies", () => {
  it("is believed where it says the truth", () => {
    expect(judge(proofOf(17, 50))).toMatchObject({ word: "SIGNED", enough: true });
    expect(judge(proofOf(17, 50), { held: [head(50)] })).toMatchObject({ word: "ANCHORED", enough: true });
    expect(judge(proofOf(17, 50), { held: [head(30)], growths: [growth(30, 50)] })).toMatchObject({
      word: "ANCHORED",
      says: expect.stringMatching(/^continues a head over 30 leaves/u),
    });
    expect(judge(proofOf(17, 30), { held: [head(50)], growths: [growth(30, 50)] })).toMatchObject({
      word: "ANCHORED",
      says: expect.stringMatching(/^is the beginning of a head over 50 leaves/u),
    });
  });

  it.each<[string, string, string, string, AtHand?]>([
    [
      "a forked head of the size that is held",
      proofOf(50, 55, forked, forkedLeaves),
      "FAILED",
      "two histories",
      { held: [head(55)] },
    ],
    [
      "a forked head with the consistency of the fork",
      proofOf(50, 55, forked, forkedLeaves),
      "FAILED",
      "two histories",
      { held: [head(45)], growths: [growth(45, 55, forked)] },
    ],
    [
      "a forked head with the consistency of the truth",
      proofOf(50, 55, forked, forkedLeaves),
      "FAILED",
      "two histories",
      { held: [head(45)], growths: [growth(45, 55)] },
    ],
    [
      "an old head whose history went on otherwise",
      proofOf(42, 45, forked, forkedLeaves),
      "FAILED",
      "two histories",
      { held: [head(55)], growths: [growth(45, 55)] },
    ],
    [
      "the head of another log",
      proofOf(17, 50, tree, leaves, head(50, tree, elsewhere)),
      "FAILED",
      "of the tenant “acme”, and the head of “log.example/other”",
    ],
    [
      "the head of a log that nobody trusts",
      proofOf(17, 50, tree, leaves, head(50, tree, noteSigner("log.example/x", Buffer.alloc(32, 4)))),
      "FAILED",
      "of which no key is trusted",
    ],
    [
      "the head of our log under a stranger's key",
      proofOf(17, 50, tree, leaves, head(50, tree, stranger)),
      "FAILED",
      "no known key has signed",
    ],
    [
      "our head with the name of another log in it",
      proofOf(17, 50).replaceAll(ORIGIN, "log.example/other"),
      "FAILED",
      "no known key has signed",
    ],
    [
      "the right proof for another leaf",
      proofOf(17, 50).replace(toBase64(leaves[17]!), toBase64(leaves[18]!)),
      "FAILED",
      "leaf and its path",
    ],
    ["the proof of another leaf", proofOf(17, 50).replace("index 17", "index 18"), "FAILED", "leaf and its path"],
    ["a leaf beyond the head", proofOf(17, 50).replace("index 17", "index 50"), "FAILED", "leaf and its path"],
    ["a node for a leaf", nodeForLeaf(), "FAILED", "leaf and its path"],
    ["a proof without its leaf", proofOf(17, 50).replace(/extra .*\n/u, ""), "FAILED", "no extra line"],
    [
      "a longer path",
      proofOf(17, 50).replace("\n\n", `\n${toBase64(tree.leaf(3))}\n\n`),
      "FAILED",
      "leaf and its path",
    ],
    [
      "an event for a head of the instance",
      proofOf(17, 50, tree, leaves, head(50, tree, above)),
      "FAILED",
      "no head of a tenant",
    ],
  ])("is found out with %s", (_, text, word, says, atHand = {}) => {
    expect(judge(text, atHand)).toMatchObject({ word, says: expect.stringContaining(says) });
  });

  it.each<[string, AtHand, string]>([
    ["a stale head", { held: [head(55)] }, "nothing shows that it agrees with what is held, over 55 leaves"],
    ["a head of which nobody knows whether it continues the held one", { held: [head(20)] }, "over 20 leaves"],
    ["the consistency of other sizes", { held: [head(20)], growths: [growth(21, 50)] }, "over 20 leaves"],
    [
      "a held head of another log",
      { held: [head(50, tree, elsewhere)] },
      "none of the heads that are held is of this log",
    ],
  ])("does not satisfy with %s", (_, atHand, says) => {
    expect(judge(proofOf(17, 50), atHand)).toMatchObject({
      word: "SIGNED",
      enough: false,
      says: expect.stringContaining(says),
    });
  });

  /** Two hashes joined as if they were a record: the prefix of leaves tells them apart. */
  function nodeForLeaf(): string {
    const two = new NaiveTree(leaves.slice(0, 2));
    const extra = Buffer.concat([two.leaf(0), two.leaf(1)]);
    return formatProof({ extra, index: 0, path: tree.path(0, 50).slice(1), checkpoint: head(50) });
  }
});

it("a witness whose time is none has not cosigned", () => {
  for (const [time, word] of [
    [8_640_000_000_000, "WITNESSED"],
    [8_640_000_000_001, "FAILED"],
    [Number.MAX_SAFE_INTEGER, "FAILED"],
  ] as const) {
    const witness = cosigner("witness.example/w", Buffer.alloc(32, 6), () => time);
    const { text, signatures } = parseNote(head(50));
    const cosigned = formatNote({ text, signatures: [...signatures, witness.sign(text)] });
    const trusting = { ...policyOfKeys([signer.key]), witnesses: [witness.key] };
    expect(judgeProof(proofOf(17, 50, tree, leaves, cosigned), trusting).verdict.word).toBe(word);
  }
});

describe("the way through the instance's tree", () => {
  const word = (note: string): Uint8Array => encodeHeadLeaf({ envelope: sha256(note), note });
  const heads = [word(head(10)), word(head(50, tree, elsewhere)), word(head(50)), word(head(50, forked))];
  const instance = new NaiveTree(heads);
  const wayTo = (index: number, by = above, name = by.key.name): string =>
    formatProof({
      extra: heads[index]!,
      index,
      path: instance.path(index, heads.length),
      checkpoint: head(heads.length, instance, by, name),
    });
  const only = policyOfKeys([above.key]);
  const through = (text: string, way: string, trusted = only) => judgeProof(text, trusted, { above: way }).verdict;

  it("leads from a leaf to the instance's head, whose key is enough", () => {
    expect(through(proofOf(17, 50), wayTo(2))).toMatchObject({ word: "SIGNED", enough: true });
    expect(judgeProof(proofOf(17, 50), only).verdict).toMatchObject({ word: "FAILED" });
  });

  it.each<[string, string, string]>([
    ["an older head of the tenant", wayTo(0), "is of another head"],
    ["a head of another tenant", wayTo(1), "is of another head"],
    ["a forked head", wayTo(3), "is of another head"],
    ["a tree that is not the instance's", wayTo(2, signer), "of which no key is trusted"],
    [
      "a path that does not lead there",
      wayTo(2).replace("index 2", "index 1"),
      "do not lead to the root of the instance",
    ],
    ["no head", wayTo(2).replace(/extra .*\n/u, ""), "no extra line with the head"],
    ["no proof", "nonsense", "a proof begins with"],
  ])("is none by %s", (_, way, says) => {
    expect(through(proofOf(17, 50), way)).toMatchObject({ word: "FAILED", says: expect.stringContaining(says) });
  });

  it("does not hide what a head of the tenant says that was held, whoever signed that", () => {
    const [text, way] = [proofOf(17, 50), wayTo(2)];
    const among = (...held: readonly string[]) => judgeProof(text, only, { above: way, held }).verdict;
    expect(among(head(50))).toMatchObject({ word: "ANCHORED", enough: true });
    expect(among(head(4, instance, above))).toMatchObject({ word: "ANCHORED", enough: true });
    expect(among(head(50, forked))).toMatchObject({ word: "FAILED", says: expect.stringContaining("two histories") });
    expect(among(head(4, instance, above), head(50, forked, stranger))).toMatchObject({ word: "FAILED" });
    expect(among(head(50, tree, elsewhere))).toMatchObject({ word: "SIGNED", enough: false });
  });

  it("is none by the tree of another instance, nor where the tenant's own signature fails", () => {
    const foreign = noteSigner("other.example/_instance", Buffer.alloc(32, 5));
    expect(through(proofOf(17, 50), wayTo(2, foreign), policyOfKeys([foreign.key]))).toMatchObject({
      word: "FAILED",
      says: expect.stringContaining("is not over"),
    });
    const bad = proofOf(17, 50, tree, leaves, head(50, tree, stranger).replaceAll(stranger.key.id, signer.key.id));
    expect(through(bad, wayTo(2), policy)).toMatchObject({ word: "FAILED" });
  });
});

describe("any changed bit of a proof fails, and the verdict names what it belongs to:", () => {
  const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
    const copy = Uint8Array.from(bytes);
    const bit = at % (8 * bytes.length);
    copy[bit >> 3]! ^= 1 << (bit & 7);
    return copy;
  };
  const anyProof = fc
    .integer({ min: 2, max: SIZE })
    .chain((size) =>
      fc.record({ size: fc.constant(size), index: fc.integer({ min: 0, max: size - 1 }), at: fc.nat() }),
    );

  it("of the leaf and of its path, the leaf", () =>
    fc.assert(
      fc.property(anyProof, fc.nat(), ({ size, index, at }, which) => {
        const proof = parseProof(proofOf(index, size));
        const leaf = judge(formatProof({ ...proof, extra: flipped(proof.extra!, at) }));
        expect(leaf).toMatchObject({ word: "FAILED", index, says: expect.stringContaining("the leaf and its path") });
        const broken = which % proof.path.length;
        const path = judge(formatProof({ ...proof, path: proof.path.with(broken, flipped(proof.path[broken]!, at)) }));
        expect(path).toMatchObject({ word: "FAILED", index, says: expect.stringContaining("the leaf and its path") });
      }),
    ));

  it("of root, size and signature, the signature's key", () =>
    fc.assert(
      fc.property(anyProof, ({ size, index, at }) => {
        const proof = parseProof(proofOf(index, size));
        const { signatures } = parseNote(proof.checkpoint);
        const says = expect.stringMatching(/^the signature of log\.example\/acme\+[0-9a-f]{8} does not fit the note$/u);
        const judged = (text: string, signed = signatures) =>
          judge(formatProof({ ...proof, checkpoint: formatNote({ text, signatures: signed }) }));
        const own = { origin: ORIGIN, size, root: tree.root(size) };
        expect(judged(formatCheckpoint({ ...own, root: flipped(own.root, at) }))).toMatchObject({
          word: "FAILED",
          says,
        });
        expect(judged(formatCheckpoint({ ...own, size: size + 1 + (at % 7) }))).toMatchObject({ word: "FAILED", says });
        const [signature] = signatures;
        const altered = [{ ...signature!, bytes: flipped(signature!.bytes, at) }];
        expect(judged(formatCheckpoint(own), altered)).toMatchObject({ word: "FAILED", says });
      }),
    ));

  it("of the text, whatever it is", () =>
    fc.assert(
      fc.property(anyProof, ({ size, index, at }) => {
        const bytes = Buffer.from(proofOf(index, size));
        const text = Buffer.from(flipped(bytes, at)).toString();
        expect(judge(text)).toMatchObject({ word: "FAILED", says: expect.stringMatching(/./u) });
      }),
      { numRuns: 1_000 },
    ));
});
