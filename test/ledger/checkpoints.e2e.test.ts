// Heads of trees: signed in steps that may each be the last, and never two that contradict each other.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, it } from "@jest/globals";
import { openLedger } from "../../src/embedded/open-ledger.ts";
import { systemClock } from "../../src/eventlog/clock.ts";
import { parseCheckpoint } from "../../src/ledger/checkpoint.ts";
import { HeadFiles } from "../../src/ledger/file/head-files.ts";
import { KeyFile, rotateKeys } from "../../src/ledger/file/key-file.ts";
import { rootAt } from "../../src/ledger/prove.ts";
import { parseNote, verifyNote } from "../../src/ledger/signed-note.ts";
import { cosigner } from "../../src/ledger/signing.ts";
import { Checkpoints } from "../../src/processes/checkpoints.ts";
import { LedgerLog } from "../../src/processes/ledger-log.ts";
import { discardViews, viewsFile } from "../../src/readstore/sqlite/views-file.ts";
import { context, type Embedded, startEmbedded } from "../support/embedded.ts";
import { client } from "../support/requests.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

const clock = systemClock();
const baseUrl = "https://id.example.com";
const origin = "id.example.com/ledger/v1/acme";

async function started(): Promise<{ embedded: Embedded; folder: string }> {
  const embedded = await startEmbedded();
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-keys-"));
  open.push(embedded, { [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }) });
  return { embedded, folder };
}

const ledgerOf = (embedded: Embedded, folder: string) => openLedger(embedded.stores, { folder, clock, baseUrl });
const headOf = (note: string | undefined) => parseCheckpoint(parseNote(note!).text);
const ledgerStream = (embedded: Embedded) => embedded.stores.log.read("scim.ledger-acme", -1);

describe("a head", () => {
  it("is over all events of its tenant and no event of the ledger, and is signed once for a size", async () => {
    const { embedded, folder } = await started();
    const { keys, checkpoints } = await ledgerOf(embedded, folder);
    await client(embedded).createUser({ userName: "ada" });
    await checkpoints.sign("acme");
    await checkpoints.sign("acme");
    const events = await embedded.stores.log.readAll("" as never, 1_000);
    const head = headOf(checkpoints.latest("acme"));
    expect(head).toMatchObject({ origin, size: events.filter(({ stream }) => !stream.includes("ledger")).length });
    expect(verifyNote(parseNote(checkpoints.latest("acme")!), keys.verifiers(origin))).toHaveLength(1);
    const logged = await ledgerStream(embedded);
    expect(logged).toHaveLength(1);
    expect(JSON.parse(logged[0]!.envelope).data).toMatchObject({ size: head.size, note: checkpoints.latest("acme") });
  });

  it("is the same over read models that were built anew", async () => {
    const { embedded, folder } = await started();
    await client(embedded).createUser({ userName: "ada" });
    const { checkpoints } = await ledgerOf(embedded, folder);
    await checkpoints.sign("acme");
    await embedded.restart(discardViews);
    const { ledger } = embedded.stores;
    const head = headOf(checkpoints.latest("acme"));
    const root = await rootAt(head.size, ({ level, n }) => ledger.ledgerTile("acme", level, n));
    expect(root).toEqual(head.root);
    expect((await ledgerOf(embedded, folder)).checkpoints.failures.size).toBe(0);
    expect(ledger.ledgerHead("acme")).toMatchObject({ revision: 0, epoch: 1, note: checkpoints.latest("acme") });
  });

  it("is signed by both keys while they are changed, and an old one is still read later", async () => {
    const { embedded, folder } = await started();
    const { createUser } = client(embedded);
    const { checkpoints } = await ledgerOf(embedded, folder);
    const [old] = KeyFile.open(folder).verifiers(origin);
    await checkpoints.sign("acme");
    rotateKeys(folder, 30);
    const both = (await ledgerOf(embedded, folder)).checkpoints;
    await createUser({ userName: "ada" });
    await both.sign("acme");
    const note = parseNote(both.latest("acme")!);
    expect(note.signatures).toHaveLength(2);
    expect(verifyNote(note, [old!])).toHaveLength(1);
    const later = KeyFile.open(folder, () => Date.now() + 31 * 86_400_000);
    expect(later.signers(origin)).toHaveLength(1);
    expect(later.verifiers(origin)).toHaveLength(2);
  });

  it("of one tenant cannot stand for another's: each tree has a key of its own", () => {
    const folder = mkdtempSync(join(tmpdir(), "scim-ledger-keys-"));
    const keys = KeyFile.openOrMake(folder, "id.example.com");
    const [one] = keys.verifiers("id.example.com/a");
    const [other] = keys.verifiers("id.example.com/b");
    expect(one!.publicKey).not.toEqual(other!.publicKey);
    rmSync(folder, { recursive: true });
  });
});

describe("whatever step is the last one,", () => {
  const steps = ["keeping the head", "appending the event"] as const;

  const fail = () => {
    throw new Error("the power is gone");
  };

  /** Signs, and dies at this step. */
  async function die(embedded: Embedded, folder: string, step: (typeof steps)[number]): Promise<HeadFiles> {
    const heads = new HeadFiles(folder);
    const { ledger: ledgers, log, namespace } = embedded.stores;
    const dying = new Checkpoints({
      ledgers,
      ledgerLog: new LedgerLog({ log: step === steps[1] ? { read: fail, append: fail } : log, namespace, clock }),
      keys: KeyFile.openOrMake(folder, "id.example.com/ledger/v1"),
      heads: {
        last: (tenant) => heads.last(tenant),
        tenants: () => heads.tenants(),
        cosigned: () => undefined,
        keepCosigned: fail,
        keep: step === steps[0] ? fail : (tenant, note) => heads.keep(tenant, note),
      },
    });
    await dying.inspect();
    await expect(dying.sign("acme")).rejects.toThrow("the power is gone");
    expect(await ledgerStream(embedded)).toHaveLength(0);
    return heads;
  }

  it.each(steps)("when %s fails, the next start goes on from a head that its log bears out", async (step) => {
    const { embedded, folder } = await started();
    const { createUser } = client(embedded);
    await createUser({ userName: "ada" });
    const heads = await die(embedded, folder, step);
    const { checkpoints } = await ledgerOf(embedded, folder);
    expect(checkpoints.failures.size).toBe(0);
    await createUser({ userName: "grace" });
    await checkpoints.sign("acme");
    const logged = await ledgerStream(embedded);
    expect(JSON.parse(logged.at(-1)!.envelope).data.note).toBe(checkpoints.latest("acme"));
    expect(heads.last("acme")).toBe(checkpoints.latest("acme"));
  });

  it("a head that was kept and not appended is appended at the next turn, though nothing is new", async () => {
    const { embedded, folder } = await started();
    await client(embedded).createUser({ userName: "ada" });
    const heads = await die(embedded, folder, "appending the event");
    const { checkpoints } = await ledgerOf(embedded, folder);
    await checkpoints.sign("acme");
    const [logged, ...more] = await ledgerStream(embedded);
    expect(JSON.parse(logged!.envelope).data.note).toBe(heads.last("acme"));
    expect(more).toEqual([]);
  });
});

describe("what witnesses add to a head", () => {
  const witness = cosigner("witness.example/w1", Buffer.alloc(32, 2), () => 1_800_000_000);
  const cosigned = (note: string) => verifyNote(parseNote(note), [witness.key]);

  async function cosignedHead() {
    const { embedded, folder } = await started();
    await client(embedded).createUser({ userName: "ada" });
    const { checkpoints } = await ledgerOf(embedded, folder);
    await checkpoints.sign("acme");
    const { text } = parseNote(checkpoints.latest("acme")!);
    checkpoints.addCosignature("acme", text, witness.sign(text));
    return { embedded, folder, head: checkpoints.latest("acme")! };
  }

  it("is served from the next start on as before", async () => {
    const { embedded, folder, head } = await cosignedHead();
    expect(cosigned(head)).toHaveLength(1);
    const { checkpoints, keys } = await ledgerOf(embedded, folder);
    expect(checkpoints.latest("acme")).toBe(head);
    expect(verifyNote(parseNote(head), keys.verifiers(origin))).toHaveLength(1);
    // The log has the head as it was signed, and gets it once.
    await checkpoints.sign("acme");
    expect(await ledgerStream(embedded)).toHaveLength(1);
  });

  it("is not said of another head, nor where its file is damaged", async () => {
    const { embedded, folder } = await cosignedHead();
    await client(embedded).createUser({ userName: "grace" });
    const { checkpoints } = await ledgerOf(embedded, folder);
    await checkpoints.sign("acme");
    expect(() => cosigned(checkpoints.latest("acme")!)).toThrow("no known key");
    expect(() => cosigned(new HeadFiles(folder).last("acme")!)).toThrow("no known key");
    const again = await ledgerOf(embedded, folder);
    expect(again.checkpoints.latest("acme")).toBe(checkpoints.latest("acme"));
    new HeadFiles(folder).keepCosigned("acme", "nonsense");
    const damaged = await ledgerOf(embedded, folder);
    expect(damaged.checkpoints.failures.size).toBe(0);
    expect(damaged.checkpoints.latest("acme")).toBe(checkpoints.latest("acme"));
  });
});

describe("a log that is behind its last signed head", () => {
  /** Signs a head over more than a second, otherwise equal service has; and hands over that one, with the first's heads. */
  async function setBack() {
    const { embedded: ahead, folder } = await started();
    await client(ahead).createUser({ userName: "ada" });
    await client(ahead).createUser({ userName: "grace" });
    await (await ledgerOf(ahead, folder)).checkpoints.sign("acme");
    const { embedded } = await started();
    return { embedded, folder };
  }

  it("is FAILED and not written, and other tenants are", async () => {
    const { embedded, folder } = await setBack();
    const { checkpoints } = await ledgerOf(embedded, folder);
    expect(checkpoints.failure("acme")).toMatch(/^its log has \d+ events and a head over \d+ was signed$/u);
    expect(() => checkpoints.admit("acme")).toThrow("FAILED");
    expect(() => checkpoints.admit("other")).not.toThrow();
    await checkpoints.sign("acme");
    expect(checkpoints.latest("acme")).toBeUndefined();
    expect(await ledgerStream(embedded)).toHaveLength(0);
  });

  it("stays so when it grows past the head: other events are not those that were signed", async () => {
    const { embedded, folder } = await setBack();
    for (let n = 0; n < 9; n++) await client(embedded).createUser({ userName: `mallory ${n}` });
    const { checkpoints } = await ledgerOf(embedded, folder);
    expect(checkpoints.failure("acme")).toMatch(/events are not those over which a head was signed$/u);
  });

  it("is taken as it is once somebody says why: recorded, and under another name from then on", async () => {
    const { embedded, folder } = await setBack();
    const before = new HeadFiles(folder).last("acme");
    const { checkpoints, keys } = await ledgerOf(embedded, folder);
    await checkpoints.acceptRestore("acme", "the disk failed");
    expect(headOf(checkpoints.latest("acme")).origin).toBe(`${origin}/2`);
    const [accepted, signed] = (await ledgerStream(embedded)).map(({ envelope }) => JSON.parse(envelope));
    expect(accepted).toMatchObject({
      type: "RestoreAccepted",
      data: { epoch: 2, reason: "the disk failed", behind: before },
    });
    expect(verifyNote(parseNote(accepted.data.note), keys.verifiers(`${origin}/2`))).toHaveLength(1);
    expect(signed).toMatchObject({ type: "CheckpointSigned", data: { epoch: 2 } });
    const again = (await ledgerOf(embedded, folder)).checkpoints;
    expect(again.failures.size).toBe(0);
    await client(embedded).createUser({ userName: "ada" });
    await again.sign("acme");
    expect(headOf(again.latest("acme")).origin).toBe(`${origin}/2`);
    await expect(again.acceptRestore("acme", "again")).rejects.toThrow("is not behind");
  });

  it("may have nothing left at all: then the head of an empty tree follows, and others follow that", async () => {
    const { embedded: ahead, folder } = await started();
    await client(ahead).createUser({ userName: "ada" });
    await (await ledgerOf(ahead, folder)).checkpoints.sign("acme");
    const embedded = await startEmbedded({ tenants: ["other"] });
    open.push(embedded);
    await (await ledgerOf(embedded, folder)).checkpoints.acceptRestore("acme", "all is lost");
    const { checkpoints } = await ledgerOf(embedded, folder);
    expect(checkpoints.failures.size).toBe(0);
    expect(headOf(checkpoints.latest("acme"))).toMatchObject({ origin: `${origin}/2`, size: 0 });
    await embedded.service.tenants.create("acme", "Acme", context("acme"));
    await client(embedded).createUser({ userName: "ada" });
    await checkpoints.sign("acme");
    expect(headOf(checkpoints.latest("acme"))).toMatchObject({ origin: `${origin}/2`, size: 3 });
  });

  it("is told from tiles that are damaged", async () => {
    const { embedded, folder } = await started();
    await client(embedded).createUser({ userName: "ada" });
    await (await ledgerOf(embedded, folder)).checkpoints.sign("acme");
    await embedded.restart((data) => {
      using views = new DatabaseSync(viewsFile(data));
      views.exec("UPDATE ledger_tiles SET level = 7");
    });
    expect((await ledgerOf(embedded, folder)).checkpoints.failure("acme")).toBeDefined();
  });

  it("is known by a head that somebody else signed, too", async () => {
    const { embedded, folder } = await started();
    await client(embedded).createUser({ userName: "ada" });
    await (await ledgerOf(embedded, folder)).checkpoints.sign("acme");
    const heads = new HeadFiles(folder);
    heads.keep("acme", heads.last("acme")!.replace(/\n\d+\n/u, "\n1\n"));
    const { checkpoints } = await ledgerOf(embedded, folder);
    expect(checkpoints.failure("acme")).toMatch(/does not fit the note/u);
  });
});
