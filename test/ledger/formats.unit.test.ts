// The examples of the C2SP specifications, and what the formats refuse.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { formatCheckpoint, parseCheckpoint } from "../../src/ledger/checkpoint.ts";
import { emptyTree, rootOf } from "../../src/ledger/growth.ts";
import { leafHash, sha256 } from "../../src/ledger/hash.ts";
import { decodeLeaf, encodeLeaf, type LeafRecord, leafHashOf, NotALeaf } from "../../src/ledger/leaf.ts";
import { parsePolicy } from "../../src/ledger/policy.ts";
import { formatNote, parseNote, verifyNote } from "../../src/ledger/signed-note.ts";
import { cosigner, noteSigner } from "../../src/ledger/signing.ts";
import { formatTilePath, parseTilePath, writeBundle } from "../../src/ledger/tiles.ts";
import { formatProof, parseProof } from "../../src/ledger/tlog-proof.ts";
import { formatVerifierKey, parseVerifierKey } from "../../src/ledger/verifier-key.ts";
import { readBundle } from "./read-bundle.ts";

const EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;
const VERSES = `Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
`;
const COSIGNED = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;
const PROOF = `c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=

${COSIGNED}`;

const seed = (n: number): Uint8Array => Buffer.alloc(32, n);
const log = noteSigner("log.example/acme", seed(1));
const witness = cosigner("witness.example/w1", seed(2), () => 1_679_315_147);
const text = formatCheckpoint({ origin: "log.example/acme", size: 0, root: rootOf(emptyTree) });
const note = { text, signatures: [log.sign(text), witness.sign(text)] };

describe("signed notes", () => {
  it("verify as the specification's example does", () => {
    const [signer] = verifyNote(parseNote(EXAMPLE), [parseVerifierKey(EXAMPLE_KEY)]);
    expect(signer?.key.name).toBe("example.com/foo");
    expect(formatVerifierKey(parseVerifierKey(EXAMPLE_KEY))).toBe(EXAMPLE_KEY);
  });

  it.each([EXAMPLE, VERSES, COSIGNED])("of the specifications are written back byte for byte", (example) =>
    expect(formatNote(parseNote(example))).toBe(example),
  );

  it("may have empty lines in their text", () =>
    expect(parseNote(VERSES).text).toBe(VERSES.slice(0, VERSES.lastIndexOf("\n\n") + 1)));

  it("pass over unknown keys, also one that shares the name or the id of a known one", () => {
    const stranger = { name: "log.example/acme", id: "00000000", bytes: Buffer.alloc(64) };
    const namesake = { name: "other.example", id: log.key.id, bytes: Buffer.alloc(64) };
    const signers = verifyNote({ text, signatures: [stranger, namesake, ...note.signatures] }, [log.key]);
    expect(signers.map(({ key }) => key)).toEqual([log.key]);
  });

  it("are rejected for one bad signature of a known key, however many are good", () => {
    const bad = { ...witness.sign(text), bytes: witness.sign(`${text}x`).bytes };
    expect(() => verifyNote({ text, signatures: [log.sign(text), bad] }, [log.key, witness.key])).toThrow(
      "the signature of witness.example/w1+",
    );
    expect(() => verifyNote(note, [noteSigner("log.example/acme", seed(3)).key])).toThrow("no known key has signed");
  });

  it("tell the time of a cosignature", () =>
    expect(verifyNote(note, [log.key, witness.key])).toEqual([
      { key: log.key },
      { key: witness.key, time: 1_679_315_147 },
    ]));

  it("take 16 signatures and more", () => {
    const signers = Array.from({ length: 40 }, (_, n) => noteSigner(`log.example/${n}`, seed(n)));
    const many = formatNote({ text, signatures: signers.map((signer) => signer.sign(text)) });
    expect(
      verifyNote(
        parseNote(many),
        signers.map(({ key }) => key),
      ),
    ).toHaveLength(40);
  });

  it("fail for any bit that changes in text or signature", () =>
    fc.assert(
      fc.property(fc.nat(), (at) => {
        const bytes = Buffer.from(formatNote({ text, signatures: [log.sign(text)] }));
        bytes[(at >> 3) % bytes.length]! ^= 1 << (at & 7);
        const verify = () => {
          const parsed = parseNote(bytes.toString("utf8"));
          verifyNote(parsed, [log.key]);
          // What differs and verifies all the same would be a second spelling of a signature.
          if (parsed.text === text) throw new Error("the same text");
        };
        expect(verify).toThrow();
      }),
      { numRuns: 2_000 },
    ));

  it.each([
    ["no signature", "text\n\n"],
    ["no empty line", "text\n— a AAAAAAAA\n"],
    ["a carriage return", EXAMPLE.replace("message.", "message.\r")],
    ["a signature that is not base 64", "text\n\n— a AAAAAAA\n"],
    ["another dash", "text\n\n- a AAAAAAAA\n"],
    ["a name with a plus", "text\n\n— a+b AAAAAAAA\n"],
    ["no final newline", EXAMPLE.trimEnd()],
    ["what is not UTF-8", EXAMPLE.replace("message", "\ufffd")],
  ])("with %s are refused", (_, bad) => expect(() => parseNote(bad)).toThrow());

  it.each([
    EXAMPLE_KEY.replace("530d903a", "530d903b"),
    EXAMPLE_KEY.replace("example", "exbmple"),
    EXAMPLE_KEY.slice(0, -4),
    `${EXAMPLE_KEY}+`,
    "",
    "a+b",
  ])("have no key “%s”", (bad) => expect(() => parseVerifierKey(bad)).toThrow());
});

describe("checkpoints", () => {
  it("of the specification are read and written back", () => {
    const { text: body } = parseNote(COSIGNED);
    const checkpoint = parseCheckpoint(body);
    expect(checkpoint).toMatchObject({ origin: "example.com/behind-the-sofa", size: 20_852_163 });
    expect(formatCheckpoint(checkpoint)).toBe(body);
  });

  it("keep their extension lines", () => {
    const extended = `${text}one\ntwo\n`;
    expect(formatCheckpoint(parseCheckpoint(extended))).toBe(extended);
  });

  it.each([
    "",
    "origin\n",
    text.replace("\n0\n", "\n00\n"),
    text.replace("\n0\n", "\n-1\n"),
    text.replace("\n0\n", "\n9007199254740993\n"),
    text.replace("\n0\n", "\n1e3\n"),
    text.replace("log.example/acme", ""),
    `${text}\n`,
    text.replace("=", ""),
    "origin\n1\nAAAA\n",
  ])("are not “%s”", (bad) => expect(() => parseCheckpoint(bad)).toThrow());
});

describe("proofs", () => {
  it("are read and written back byte for byte, with the extra line and without", () => {
    expect(formatProof(parseProof(PROOF))).toBe(PROOF);
    expect(parseProof(PROOF)).toMatchObject({ index: 73_894, checkpoint: COSIGNED });
    const plain = PROOF.replace(/extra .*\n/u, "");
    expect(formatProof(parseProof(plain))).toBe(plain);
  });

  it.each([
    PROOF.replace("proof@v1", "proof@v2"),
    PROOF.replace("index 73894", "index 073894"),
    PROOF.replace("index 73894\n", ""),
    PROOF.replace("gSKyXoYZ", "gSKyXo"),
    "c2sp.org/tlog-proof@v1\n\n",
    "",
  ])("are not “%s”", (bad) => expect(() => parseProof(bad)).toThrow());
});

describe("tiles", () => {
  it.each([
    ["tile/0/000", { level: 0, n: 0, width: 256 }],
    ["tile/1/x001/x234/067", { level: 1, n: 1_234_067, width: 256 }],
    ["tile/0/273.p/112", { level: 0, n: 273, width: 112 }],
    ["tile/entries/x001/000.p/1", { level: "entries", n: 1_000, width: 1 }],
  ] as const)("are named %s", (path, name) => {
    expect(parseTilePath(path)).toEqual(name);
    expect(formatTilePath(name)).toBe(path);
  });

  it.each([
    "tile/0/0",
    "tile/00/000",
    "tile/64/000",
    "tile/-1/000",
    "tile/0/x000/001",
    "tile/0/001/002",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/01",
    "tile/0/000.p",
    "tile/0/",
    "tile/0",
    "tile/entries/../000",
    "tile/0x1/000",
    "tile/0/x999/x999/x999/x999/x999/x999/999",
  ])("are not named “%s”", (path) => expect(parseTilePath(path)).toBeUndefined());

  it("of records are read as they were written", () => {
    const records = [Buffer.from("one"), Buffer.alloc(0), Buffer.alloc(65_535, 7)];
    expect(readBundle(writeBundle(records))?.map((record) => Buffer.from(record))).toEqual(records);
    expect(readBundle(writeBundle(records).subarray(0, 4))).toBeUndefined();
    expect(readBundle(Buffer.of(0))).toBeUndefined();
    expect(() => writeBundle([Buffer.alloc(65_536)])).toThrow(RangeError);
  });
});

describe("leaf records", () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((bytes) => bytes.some((byte) => byte !== 0));
  const record: fc.Arbitrary<LeafRecord> = fc
    .record({
      tenant: fc.string({ maxLength: 40 }),
      stream: fc.string({ unit: "grapheme" }),
      revision: fc.maxSafeNat(),
      type: fc.string(),
      at: fc.maxSafeNat(),
      envelope: hash,
      sealed: fc.option(fc.record({ ciphertext: hash, commitment: hash }), { nil: undefined }),
    })
    .map(({ sealed, ...rest }) => ({ ...rest, ...sealed }));

  it("are read as they were written", () =>
    fc.assert(fc.property(record, (leaf) => expect(decodeLeaf(encodeLeaf(leaf))).toEqual(leaf))));

  it("of events are hashed in one pass to the same", () =>
    fc.assert(
      fc.property(record, fc.string(), fc.option(fc.uint8Array()), (leaf, text, ciphertext) => {
        const { tenant, stream, revision, type, at } = leaf;
        const sealed = ciphertext === null ? undefined : { ciphertext, commitment: sha256("key") };
        const parts =
          sealed === undefined ? {} : { ciphertext: sha256(sealed.ciphertext), commitment: sealed.commitment };
        const bytes = encodeLeaf({ tenant, stream, revision, type, at, envelope: sha256(text), ...parts });
        expect(leafHashOf({ tenant, stream, revision, type, at, text, sealed })).toEqual(leafHash(bytes));
      }),
    ));

  it("are read in one spelling alone: what is cut, longer or of another version is refused", () =>
    fc.assert(
      fc.property(record, fc.nat(), (leaf, at) => {
        const bytes = encodeLeaf(leaf);
        expect(() => decodeLeaf(bytes.subarray(0, at % bytes.length))).toThrow(NotALeaf);
        expect(() => decodeLeaf(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(NotALeaf);
        expect(() => decodeLeaf(Buffer.concat([Buffer.of(2), bytes.subarray(1)]))).toThrow(NotALeaf);
      }),
    ));
});

describe("policies", () => {
  const keys = Array.from({ length: 4 }, (_, n) => cosigner(`w${n}`, seed(10 + n), () => 1).key);
  const lines = (...more: string[]): string =>
    [
      `log ${formatVerifierKey(log.key)}`,
      ...keys.map((key, n) => `witness W${n} ${formatVerifierKey(key)}`),
      ...more,
      "",
    ].join("\n");

  it("ask for a quorum of groups", () => {
    const policy = parsePolicy(
      lines("# two of three, and the fourth", "group three 2 W0 W1 W2", "\tgroup both  all three W3 ", "quorum both"),
    );
    const isQuorum = (...numbers: number[]): boolean =>
      policy.isQuorum(new Set(numbers.map((n) => policy.witnesses[n]!)));
    expect([isQuorum(0, 1, 3), isQuorum(0, 1), isQuorum(0, 3), isQuorum(1, 2, 3)]).toEqual([true, false, false, true]);
    expect(policy.logs).toEqual([log.key]);
  });

  it("that ask for none take a checkpoint without cosignatures", () =>
    expect(parsePolicy(lines("quorum none")).isQuorum(new Set())).toBe(true));

  it.each([
    ["no quorum", lines()],
    ["two of them", lines("quorum none", "quorum none")],
    ["an unknown name", lines("quorum W9")],
    ["a name used before it is defined", lines("group g any later", "group later any W0", "quorum g")],
    ["a member of two groups", lines("group a any W0", "group b any W0", "quorum a")],
    ["a threshold above the members", lines("group a 2 W0", "quorum a")],
    ["a threshold of none", lines("group a 0 W0", "quorum a")],
    ["a name twice", lines("group W0 any W1", "quorum W0")],
    ["a key twice", lines(`log ${formatVerifierKey(log.key)}`, "quorum none")],
    ["a log's key as a witness's", lines(`witness X ${EXAMPLE_KEY}`, "quorum none")],
    ["what it does not know", lines("trust me", "quorum none")],
  ])("with %s are refused", (_, text) => expect(() => parsePolicy(text)).toThrow("policy"));
});
