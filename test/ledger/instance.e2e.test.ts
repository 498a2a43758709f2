// The tree over the heads of all tenants: what it holds, and that its head alone is enough to hold.
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openLedger } from "../../src/embedded/open-ledger.ts";
import { openStores } from "../../src/embedded/stores.ts";
import { systemClock } from "../../src/eventlog/clock.ts";
import { toBase64 } from "../../src/ledger/base64.ts";
import { parseCheckpoint } from "../../src/ledger/checkpoint.ts";
import { HeadFiles } from "../../src/ledger/file/head-files.ts";
import { leafHash } from "../../src/ledger/hash.ts";
import { decodeHeadLeaf, encodeHeadLeaf } from "../../src/ledger/head-leaf.ts";
import { INSTANCE, isOver, isTreeOf } from "../../src/ledger/keys.ts";
import { parseNote } from "../../src/ledger/signed-note.ts";
import { parseProof } from "../../src/ledger/tlog-proof.ts";
import { discardViews } from "../../src/readstore/sqlite/views-file.ts";
import { runHere } from "../cli/command.ts";
import { startEmbedded } from "../support/embedded.ts";
import { client } from "../support/requests.ts";
import { NaiveTree } from "./naive-tree.ts";

const root = mkdtempSync(join(tmpdir(), "scim-ledger-instance-"));
const data = join(root, "data");
const ROUNDS = 5;
let key = "";
/** All notes of the tenants' ledgers, in the order of the log, and what stands for them in the tree. */
let notes: string[] = [];
let entries: Uint8Array[] = [];
let copies = 0;

beforeAll(async () => {
  await using embedded = await startEmbedded({ tenants: ["acme", "other"] });
  const options = { folder: join(embedded.folder, "ledger"), clock: systemClock(), baseUrl: "https://id.example.com" };
  const { checkpoints } = await openLedger(embedded.stores, options);
  for (let round = 0; round < ROUNDS; round++) {
    await client(embedded).createUser({ userName: `user ${round}` });
    if (round % 2 === 0) await client(embedded, "other").createUser({ userName: `user ${round}` });
    await checkpoints.signAll();
  }
  const events = await embedded.stores.log.readAll("0000000000000000" as never, 10_000);
  const words = events.filter(({ stream }) => /\.ledger-(?!_instance)/u.test(stream));
  notes = words.map(({ envelope }) => JSON.parse(envelope).data.note);
  entries = words.map(({ envelope }, at) =>
    Buffer.concat([Buffer.of(2), createHash("sha256").update(envelope).digest(), Buffer.from(notes[at]!)]),
  );
  await embedded.restart((folder) => cpSync(folder, data, { recursive: true }));
  key = await vkey(INSTANCE);
});
afterAll(() => rmSync(root, { recursive: true }));

const vkey = async (tenant: string) =>
  (await runHere(["ledger", "vkey", "--data", data, "--tenant", tenant])).stdout.trim();
const headOf = (tenant: string, folder = data) => {
  const note = new HeadFiles(join(folder, "ledger")).last(tenant)!;
  return { note, ...parseCheckpoint(parseNote(note).text) };
};
function copied(): string {
  const folder = join(root, `copy-${++copies}`);
  cpSync(data, folder, { recursive: true });
  return folder;
}

describe("the instance's tree", () => {
  it("has each head of a tenant as a leaf, as it was signed, and is signed after them", () => {
    const naive = new NaiveTree(entries);
    expect(notes.length).toBeGreaterThanOrEqual(ROUNDS + 3);
    const { origin, size, root: hash } = headOf(INSTANCE);
    expect([origin, size]).toEqual(["id.example.com/ledger/v1/_instance", notes.length]);
    expect(Buffer.from(hash)).toEqual(naive.root(size));
    expect(notes).toContain(headOf("acme").note);
    expect(notes).toContain(headOf("other").note);
  });

  it("has the same root when the read models are made anew", async () => {
    const folder = copied();
    discardViews(folder);
    await using stores = await openStores(folder);
    expect(await stores.ledger.ledgerSize(INSTANCE)).toBe(notes.length);
    const tile = await stores.ledger.ledgerTile(INSTANCE, 0, 0);
    expect(Buffer.from(tile!)).toEqual(Buffer.concat(entries.map(leafHash)));
  });

  it("is exported and verified like any other", async () => {
    const out = join(root, "export");
    expect(await runHere(["ledger", "export", "--data", data, "--tenant", INSTANCE, "--out", out])).toMatchObject({
      code: 0,
    });
    expect(await runHere(["verify", out, "--key", key])).toMatchObject({ code: 0, stdout: /^SIGNED/u as never });
    const events = readFileSync(join(out, "events.bin"));
    for (const at of [9, 600, events.length - 40]) {
      const copy = Buffer.from(events);
      copy[at]! ^= 1;
      writeFileSync(join(out, "events.bin"), copy);
      expect((await runHere(["verify", out, "--key", key])).code).toBe(1);
    }
  });

  it("shows when a head was edited in the log, or dropped from it", async () => {
    for (const sql of [
      `UPDATE events SET envelope = replace(envelope, '"size":', '"size":1') WHERE envelope LIKE '%ledger-acme%' AND revision = 1`,
      "UPDATE events SET envelope = replace(envelope, 'ledger/v1/acme', 'ledger/v1/acmf') WHERE envelope LIKE '%ledger-acme%' AND revision = 1",
      "DELETE FROM events WHERE envelope LIKE '%ledger-acme%' AND revision = 1",
      "DELETE FROM events WHERE envelope LIKE '%ledger-%'",
    ]) {
      const folder = copied();
      using log = new DatabaseSync(join(folder, "log.db"));
      log.exec(sql);
      const { code, stdout } = await runHere(["ledger", "check", "--data", folder]);
      expect([code, stdout]).toEqual([1, expect.stringMatching(/_instance: FAILED, /u)]);
    }
  });
});

describe("whoever holds the instance's head alone", () => {
  const proof = join(root, "e.tlog-proof");
  const headProof = join(root, "head.tlog-proof");
  const prove = (...more: string[]) => runHere(["ledger", "prove", "--data", data, "--tenant", "acme", ...more]);
  beforeAll(async () => {
    expect(await prove("--index", "7", "--out", proof)).toMatchObject({ code: 0 });
    expect(await prove("--head", "--out", headProof)).toMatchObject({ code: 0 });
  });

  it("goes from an event to the tenant's head, and from there to the instance's", async () => {
    writeFileSync(join(root, "held"), headOf(INSTANCE).note);
    const held = await runHere(["verify", proof, "--instance", headProof, "--key", key, "--head", join(root, "held")]);
    expect(held.stdout).toMatch(/^ANCHORED: the same as a head over \d+ leaves/u);
    expect(held.stdout).toMatch(/The leaf is revision \d+ of scim\./u);
    const alone = await runHere(["verify", proof, "--instance", headProof, "--key", key]);
    expect([alone.code, alone.stdout]).toEqual([0, expect.stringMatching(/^SIGNED/u)]);
    const nobody = await runHere(["verify", proof, "--instance", headProof]);
    expect([nobody.code, nobody.stdout]).toEqual([2, expect.stringMatching(/^UNANCHORED/u)]);
    // Without the way there, the tenant's own key is needed.
    expect((await runHere(["verify", proof, "--key", key])).code).toBe(1);
  });

  it("may look at the way there alone", async () => {
    const { code, stdout } = await runHere(["verify", headProof, "--key", key]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("The leaf is this word of a tenant's ledger:")]);
    expect(stdout).toContain(headOf("acme").note.trimEnd());
  });

  it("goes from an export, too", async () => {
    const out = join(root, "acme");
    await runHere(["ledger", "export", "--data", data, "--tenant", "acme", "--out", out]);
    const { code, stdout } = await runHere(["verify", out, "--instance", headProof, "--key", key]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^SIGNED/u)]);
  });

  it("gets a proof of any head that was signed, and of no other", async () => {
    const sizes = notes
      .map((note) => parseCheckpoint(parseNote(note).text))
      .filter(({ origin }) => origin.endsWith("/acme"))
      .map(({ size }) => size);
    for (const size of sizes) {
      const { stdout } = await prove("--head", String(size));
      const { extra } = parseProof(`${stdout}`);
      expect(parseCheckpoint(parseNote(decodeHeadLeaf(extra!).note).text)).toMatchObject({ size });
    }
    expect((await prove("--head", "1")).stderr).toContain("has no head of “acme” over 1 leaves");
    expect((await prove("--head", "99999")).code).toBe(1);
  });

  it.each([
    ["another head of the tenant", async () => (await prove("--head", String(firstSize()))).stdout],
    [
      "the head of another tenant",
      async () => (await runHere(["ledger", "prove", "--data", data, "--tenant", "other", "--head"])).stdout,
    ],
    ["an event of a tenant", async () => readFileSync(proof, "utf8")],
    ["another leaf", async () => readFileSync(headProof, "utf8").replace(/index (\d+)/u, "index 0")],
    [
      "a head that was edited",
      async () => {
        const leaf = encodeHeadLeaf({ envelope: Buffer.alloc(32), note: headOf("acme").note });
        return readFileSync(headProof, "utf8").replace(/extra .*/u, `extra ${toBase64(leaf)}`);
      },
    ],
  ])("is not taken in by a proof of %s", async (_, made) => {
    const file = join(root, `bad-${++copies}`);
    writeFileSync(file, await made());
    const { code, stdout } = await runHere(["verify", proof, "--instance", file, "--key", key]);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^FAILED: /u)]);
  });

  const firstSize = (): number => parseCheckpoint(parseNote(notes.find((note) => note.includes("/acme\n"))!).text).size;
});

it("a tree is a tenant's by its name", () => {
  expect(isTreeOf("a/ledger/v1/acme", "acme")).toBe(true);
  expect(isTreeOf("a/ledger/v1/acme/2", "acme")).toBe(true);
  for (const origin of ["a/ledger/v1/acme/1", "a/ledger/v1/acme/02", "a/acme/b", "a/xacme", "acme/x/2", ""])
    expect([origin, isTreeOf(origin, "acme")]).toEqual([origin, false]);
});

it("one tree is over another by their names", () => {
  expect(isOver("a/_instance", "a/acme")).toBe(true);
  expect(isOver("a/_instance/2", "a/acme/3")).toBe(true);
  expect(isOver("a/_instance/02", "a/acme")).toBe(false);
  expect(isOver("a/_instance", "b/acme")).toBe(false);
  expect(isOver("a/_instance", "ab/acme")).toBe(false);
  expect(isOver("a/acme", "a/acme")).toBe(false);
  expect(isOver("_instance", "a/acme")).toBe(false);
  expect(isOver("", "")).toBe(false);
  expect([isOver("a/_instance"), isOver("a/acme")]).toEqual([true, false]);
});
