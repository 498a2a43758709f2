// Whoever holds the database, and whoever holds the keys too: what they can do, and how it is found.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openLedger } from "../../src/embedded/open-ledger.ts";
import { openStores } from "../../src/embedded/stores.ts";
import { systemClock } from "../../src/eventlog/clock.ts";
import { parseCheckpoint } from "../../src/ledger/checkpoint.ts";
import { HeadFiles } from "../../src/ledger/file/head-files.ts";
import { proveConsistency } from "../../src/ledger/prove.ts";
import { formatNote, parseNote } from "../../src/ledger/signed-note.ts";
import { noteSigner } from "../../src/ledger/signing.ts";
import { discardViews, viewsFile } from "../../src/readstore/sqlite/views-file.ts";
import { runHere } from "../cli/command.ts";
import { startEmbedded } from "../support/embedded.ts";
import { client } from "../support/requests.ts";

const root = mkdtempSync(join(tmpdir(), "scim-ledger-attacks-"));
const baseUrl = "https://id.example.com";
const origin = join(root, "origin");
let key = "";
let copies = 0;

/** A data folder whose ledger was signed, with events beyond the head. */
beforeAll(async () => {
  const embedded = await startEmbedded({ tenants: ["acme", "other"] });
  for (let n = 0; n < 150; n++) await client(embedded).createUser({ userName: `user ${n}`, active: true });
  await client(embedded, "other").createUser({ userName: "ada" });
  const { checkpoints } = await openLedger(embedded.stores, {
    folder: join(embedded.folder, "ledger"),
    clock: systemClock(),
    baseUrl,
  });
  await checkpoints.signAll();
  await client(embedded).createUser({ userName: "late" });
  await embedded.restart((folder) => cpSync(folder, origin, { recursive: true }));
  await embedded[Symbol.asyncDispose]();
  key = (await runHere(["ledger", "vkey", "--data", origin, "--tenant", "acme"])).stdout.trim();
});
afterAll(() => rmSync(root, { recursive: true }));

/** A copy in an attacker's hands. */
function stolen(): string {
  const folder = join(root, `copy-${++copies}`);
  cpSync(origin, folder, { recursive: true });
  return folder;
}

function inLog(folder: string, sql: string): void {
  using log = new DatabaseSync(join(folder, "log.db"));
  log.exec(sql);
}

const sizeOf = (note: string) => parseCheckpoint(parseNote(note).text).size;
const check = (folder: string) => runHere(["ledger", "check", "--data", folder]);

/** Read models that agree with whatever the log is now. */
async function rebuild(folder: string, work?: Parameters<typeof openLedger>[1]): Promise<void> {
  discardViews(folder);
  const stores = await openStores(folder);
  if (work !== undefined) await (await openLedger(stores, work)).checkpoints.signAll();
  await stores[Symbol.asyncDispose]();
}

async function exported(folder: string): Promise<string> {
  const out = `${folder}-export`;
  expect(await runHere(["ledger", "export", "--data", folder, "--tenant", "acme", "--out", out])).toMatchObject({
    code: 0,
  });
  return out;
}

const verify = (out: string, ...more: string[]) => runHere(["verify", out, "--key", key, ...more]);

/** Streams that never were leave no trace. */
const CUT = "DELETE FROM events WHERE position > 101; DELETE FROM streams WHERE id NOT IN (SELECT stream FROM events)";

const ATTACKS: readonly (readonly [string, string])[] = [
  [
    "edits an event",
    `UPDATE events SET envelope = replace(envelope, '"active":true', '"active":false') WHERE position IN (101, 102)`,
  ],
  [
    "turns the clock of an event",
    `UPDATE events SET envelope = replace(envelope, '"at":1', '"at":2') WHERE position = 101`,
  ],
  ["edits a ciphertext", "UPDATE events SET ciphertext = zeroblob(length(ciphertext)) WHERE position = 101"],
  ["drops one in the middle", "DELETE FROM events WHERE position = 101"],
  ["drops the tail", CUT],
  ["drops everything", "DELETE FROM events; DELETE FROM streams"],
  [
    "swaps two",
    `UPDATE events SET position = -1 WHERE position = 101; UPDATE events SET position = 101 WHERE position = 103;
     UPDATE events SET position = 103 WHERE position = -1`,
  ],
  [
    "swaps the tenants of two",
    `UPDATE events SET envelope = replace(envelope, '"tenant":"acme"', '"tenant":"other"') WHERE position = 101`,
  ],
];

describe("whoever writes the log", () => {
  it("and changes nothing is not accused", async () => {
    const { code, stdout } = await check(stolen());
    expect(stdout).toMatch(/acme: .* log, head and tiles say the same/u);
    expect(code).toBe(0);
  });

  it.each(ATTACKS)("and %s is found", async (_, sql) => {
    const folder = stolen();
    inLog(folder, sql);
    const { code, stdout } = await check(folder);
    expect(stdout).toMatch(/acme: FAILED, /u);
    expect(code).toBe(1);
  });

  it("and takes the kept heads away as well is found by those in the log", async () => {
    for (const [says, sql] of ATTACKS.filter(([says]) => says !== "drops everything" && says !== "drops the tail")) {
      const folder = stolen();
      inLog(folder, sql);
      rmSync(join(folder, "ledger", "heads"), { recursive: true });
      // As if the read models had been made anew from this log.
      {
        using views = new DatabaseSync(viewsFile(folder));
        views.exec("DELETE FROM ledger_tiles");
      }
      const { code, stdout } = await check(folder);
      expect([says, stdout]).toEqual([says, expect.stringMatching(/^acme: FAILED, /mu)]);
      expect(code).toBe(1);
    }
  });

  it("and signs a head of the log with another key is found, too", async () => {
    const folder = stolen();
    {
      using log = new DatabaseSync(join(folder, "log.db"));
      const where = `envelope LIKE '%"tenant":"acme","type":"CheckpointSigned"%'`;
      const { envelope } = log.prepare(`SELECT envelope FROM events WHERE ${where}`).get() as { envelope: string };
      const event = JSON.parse(envelope) as { data: { note: string } };
      const { text } = parseNote(event.data.note);
      const thief = noteSigner(parseCheckpoint(text).origin, Buffer.alloc(32, 9));
      event.data.note = formatNote({ text, signatures: [thief.sign(text)] });
      log.prepare(`UPDATE events SET envelope = ? WHERE ${where}`).run(JSON.stringify(event));
    }
    rmSync(join(folder, "ledger", "heads"), { recursive: true });
    expect((await check(folder)).stdout).toMatch(/^acme: FAILED, a head in the log, at \d+: no known key has signed/mu);
  });

  it("is not accused by heads of keys that were lost, once somebody has answered for that", async () => {
    const folder = stolen();
    rmSync(join(folder, "ledger"), { recursive: true });
    await rebuild(folder, { folder: join(folder, "ledger"), clock: systemClock(), baseUrl });
    expect((await check(folder)).stdout).toMatch(/^acme: FAILED, a head in the log/mu);
    for (const tenant of ["acme", "other"])
      expect(
        await runHere(["ledger", "accept-restore", "--data", folder, "--tenant", tenant, "--reason", "keys were lost"]),
      ).toMatchObject({ code: 0 });
    expect(await check(folder)).toMatchObject({ code: 0 });
  });

  it("is told at which leaf", async () => {
    const folder = stolen();
    inLog(folder, ATTACKS[0]![1]);
    const { stdout } = await check(folder);
    const leaf = Number(/\(leaf (\d+)\)/u.exec(stdout)?.[1]);
    // Of the other tenant's events, some stand before this one.
    expect([98, 99, 100, 101]).toContain(leaf);
  });

  it("and rebuilds the read models as well is found by the signed head", async () => {
    const folder = stolen();
    inLog(folder, ATTACKS[0]![1]);
    // What is encrypted does not open under another envelope: the read models cannot even be built.
    await expect(rebuild(folder)).rejects.toThrow("altered");
    const dropped = stolen();
    inLog(dropped, ATTACKS[4]![1]);
    await rebuild(dropped);
    expect((await check(dropped)).stdout).toMatch(
      /acme: FAILED, its log has \d+ events and a head over \d+ was signed/u,
    );
    expect((await runHere(["ledger", "status", "--data", dropped])).code).toBe(1);
  });

  it("and a tile of the tree is found", async () => {
    const folder = stolen();
    {
      using views = new DatabaseSync(viewsFile(folder));
      views.exec("UPDATE ledger_tiles SET hashes = zeroblob(length(hashes)) WHERE level = 0 AND n = 0");
    }
    expect((await check(folder)).stdout).toContain("the event is not the one over which the tree grew (leaf 0)");
  });
});

describe("whoever holds the keys as well", () => {
  const signAnew = (folder: string) => ({ folder: join(folder, "ledger"), clock: systemClock(), baseUrl });

  it("and makes a new key is found by whoever pinned the old one", async () => {
    const folder = stolen();
    inLog(folder, CUT);
    rmSync(join(folder, "ledger"), { recursive: true });
    await rebuild(folder, signAnew(folder));
    expect((await check(folder)).code).toBe(0);
    const { code, stdout } = await verify(await exported(folder));
    expect(stdout).toContain("FAILED: no known key has signed the note");
    expect(code).toBe(1);
  });

  it("and signs with the stolen one is found by whoever holds a head, and by nobody else", async () => {
    const folder = stolen();
    const head = join(root, "held.checkpoint");
    writeFileSync(head, new HeadFiles(join(origin, "ledger")).last("acme")!);
    inLog(folder, CUT);
    rmSync(join(folder, "ledger", "heads"), { recursive: true });
    await rebuild(folder, signAnew(folder));
    const out = await exported(folder);
    const alone = await verify(out);
    expect(alone.stdout).toMatch(/^SIGNED: by the log's own key alone/u);
    expect(alone.code).toBe(0);
    const { stdout, code } = await verify(out, "--head", head);
    expect(stdout).toMatch(/is held, beyond this export/u);
    expect(code).toBe(2);
  });
});

describe("an export", () => {
  let out = "";
  beforeAll(async () => {
    out = await exported(stolen());
  });
  const tampered = (name: string, edit: (bytes: Buffer) => Uint8Array): string => {
    const copy = join(root, `export-${++copies}`);
    cpSync(out, copy, { recursive: true });
    writeFileSync(join(copy, name), edit(readFileSync(join(copy, name))));
    return copy;
  };

  it("is SIGNED under the log's key, ANCHORED by a head held elsewhere, UNANCHORED without any", async () => {
    expect((await verify(out)).stdout).toMatch(/^SIGNED/u);
    const kept = join(root, "kept.checkpoint");
    writeFileSync(kept, readFileSync(join(out, "checkpoint")));
    const held = await verify(out, "--head", kept);
    expect(held.stdout).toMatch(/^ANCHORED: agrees with a head held elsewhere, over/u);
    const alone = await runHere(["verify", out]);
    expect(alone.stdout).toMatch(/^UNANCHORED/u);
    expect([held.code, alone.code]).toEqual([0, 2]);
  });

  it("of another log than the trusted one fails", async () => {
    const other = (await runHere(["ledger", "vkey", "--data", origin, "--tenant", "other"])).stdout.trim();
    const { code, stdout } = await runHere(["verify", out, "--key", other]);
    expect(stdout).toContain("of which no key is trusted");
    expect(code).toBe(1);
  });

  it.each([17, 40, 300, 5_000, 40_001, 100_000])("with a bit changed %i bytes from its start fails", async (at) => {
    const copy = tampered("events.bin", (bytes) => {
      bytes[at % bytes.length]! ^= 4;
      return bytes;
    });
    const { code, stdout } = await verify(copy);
    expect(stdout).toMatch(/^FAILED: /u);
    expect(code).toBe(1);
  });

  it.each([
    ["cut short", (bytes: Buffer) => bytes.subarray(0, -1)],
    ["without its last events", (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
    ["with more than its head is over", (bytes: Buffer) => Buffer.concat([bytes, bytes])],
    ["empty", () => Buffer.alloc(0)],
  ])("%s fails", async (_, edit) => {
    expect((await verify(tampered("events.bin", edit))).code).toBe(1);
  });

  it.each([
    ["another tenant", { tenant: "other" }],
    ["another kind", { kind: "scim-ledger evidence" }],
    ["another format", { format: 2 }],
    ["another size", { size: 7 }],
    ["another origin", { origin: "id.example.com/ledger/v1/other" }],
    ["more than there is to say", { approved: "by the auditor" }],
  ])("that says %s of itself fails", async (_, said) => {
    const copy = tampered("export.json", (bytes) => {
      const about = { ...JSON.parse(bytes.toString()), ...said };
      return Buffer.from(`${JSON.stringify(about, null, 2)}\n`);
    });
    const { code, stdout } = await verify(copy);
    expect(stdout).toMatch(/^FAILED: /u);
    expect(code).toBe(1);
  });

  it.each(["", "not JSON", "[", "null", '{"tenant":"acme","tenant":"acme"}'])(
    "with “%s” for export.json fails",
    async (text) => {
      const { code, stdout, stderr } = await verify(tampered("export.json", () => Buffer.from(text)));
      expect(stdout).toMatch(/^FAILED: export.json/u);
      expect([code, stderr]).toEqual([1, ""]);
    },
  );

  it("with a file that belongs to none, or with one that is no file, fails", async () => {
    const more = tampered("checkpoint", (bytes) => bytes);
    writeFileSync(join(more, "summary.csv"), "all is well");
    expect((await verify(more)).stdout).toContain("FAILED: “summary.csv” is in the folder and belongs to no export");
    for (const put of [(path: string) => symlinkSync(join(out, "events.bin"), path), mkdirSync]) {
      const copy = tampered("checkpoint", (bytes) => bytes);
      rmSync(join(copy, "events.bin"));
      put(join(copy, "events.bin"));
      expect((await verify(copy)).stdout).toContain("FAILED: events.bin is not a file");
    }
  });

  it("is held to no head that came with it, nor to what is no head", async () => {
    const own = await verify(out, "--head", join(out, "checkpoint"));
    expect(own).toMatchObject({ code: 3, stderr: expect.stringContaining("came with what is to be judged") });
    const link = join(root, "link.checkpoint");
    symlinkSync(join(out, "checkpoint"), link);
    expect((await verify(out, "--head", link)).code).toBe(3);
    const windows = join(root, "windows.checkpoint");
    writeFileSync(windows, readFileSync(join(out, "checkpoint"), "utf8").replaceAll("\n", "\r\n"));
    for (const none of [join(out, "..", "origin", "log.db"), windows])
      expect(await verify(out, "--head", none)).toMatchObject({
        code: 3,
        stderr: expect.stringContaining("is no head"),
      });
  });

  it("is less than was asked for where only heads of other logs are held", async () => {
    const other = join(root, "other.checkpoint");
    writeFileSync(other, new HeadFiles(join(origin, "ledger")).last("other")!);
    const { code, stdout } = await verify(out, "--head", other);
    expect(stdout).toMatch(/^SIGNED: .*; none of the heads that are held is of this log/u);
    expect(code).toBe(2);
  });

  it("agrees with a head that was held though the key that signed it is not among those of now", async () => {
    const folder = stolen();
    const before = join(root, "before.checkpoint");
    writeFileSync(before, new HeadFiles(join(folder, "ledger")).last("acme")!);
    await runHere(["ledger", "rotate-keys", "--data", folder, "--days", "0"]);
    await rebuild(folder, { folder: join(folder, "ledger"), clock: systemClock(), baseUrl });
    const now = (await runHere(["ledger", "vkey", "--data", folder, "--tenant", "acme"])).stdout.split("\n")[0]!;
    const { code, stdout } = await runHere(["verify", await exported(folder), "--key", now, "--head", before]);
    expect(stdout).toMatch(/^ANCHORED: agrees with a head held elsewhere/u);
    expect(code).toBe(0);
  });

  it("agrees with a later head that is shown to continue it", async () => {
    const folder = stolen();
    const early = await exported(folder);
    await rebuild(folder, { folder: join(folder, "ledger"), clock: systemClock(), baseUrl });
    const later = join(root, "later.checkpoint");
    writeFileSync(later, new HeadFiles(join(folder, "ledger")).last("acme")!);
    const [from, to] = [join(early, "checkpoint"), later].map((path) => sizeOf(readFileSync(path, "utf8"))) as [
      number,
      number,
    ];
    expect(to).toBeGreaterThan(from);
    const stores = await openStores(folder);
    const path = await proveConsistency(from, to, ({ level, n }) => stores.ledger.ledgerTile("acme", level, n));
    await stores[Symbol.asyncDispose]();
    const growth = join(root, "growth.json");
    const hashes = path.map((hash) => Buffer.from(hash).toString("base64"));
    writeFileSync(growth, JSON.stringify({ tenant: "acme", from, to, hashes }));
    expect(await verify(early, "--head", later)).toMatchObject({
      code: 2,
      stdout: expect.stringContaining("beyond this export"),
    });
    expect(await verify(early, "--head", later, "--consistency", growth)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ANCHORED: is the beginning of a head over \d+ leaves that was held elsewhere/u),
    });
    writeFileSync(growth, JSON.stringify({ tenant: "acme", from, to, hashes: hashes.toReversed() }));
    expect(await verify(early, "--head", later, "--consistency", growth)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("the log has two histories"),
    });
  });

  it("with an altered head fails", async () => {
    const copy = tampered("checkpoint", (bytes) => Buffer.from(bytes.toString().replace(/\n\d+\n/u, "\n5\n")));
    expect((await verify(copy)).stdout).toContain("does not fit the note");
  });

  it("that is asked about wrongly is no verdict", async () => {
    expect((await runHere(["verify", out, "--key", "nonsense"])).code).toBe(3);
    expect((await runHere(["verify", join(root, "nothing"), "--key", key])).code).toBe(3);
    expect((await runHere(["verify"])).code).toBe(3);
  });
});

describe("a proof", () => {
  it("stands alone, and fails for any bit that changes", async () => {
    const file = join(root, "e.tlog-proof");
    const made = await runHere([
      "ledger",
      "prove",
      "--data",
      origin,
      "--tenant",
      "acme",
      "--index",
      "17",
      "--out",
      file,
    ]);
    expect(made.code).toBe(0);
    const good = await verify(file);
    expect(good.stdout).toMatch(/^SIGNED: [^\n]*\nThe leaf is revision \d+ of scim\./u);
    const bytes = readFileSync(file);
    for (let at = 0; at < bytes.length; at += 7) {
      const copy = Buffer.from(bytes);
      copy[at]! ^= 1;
      writeFileSync(`${file}-bad`, copy);
      const { code, stdout } = await verify(`${file}-bad`);
      if (code !== 1) throw new Error(`a bit at ${at} passes: ${stdout}`);
    }
  });

  it("of an event by its id is that of the event's leaf; there is none beyond the head", async () => {
    const proved = await runHere(["ledger", "prove", "--data", origin, "--tenant", "acme", "--index", "100000"]);
    expect(proved.stderr).toContain("has no leaf 100000");
    const late = await runHere(["ledger", "status", "--data", origin, "--json"]);
    const { size } = JSON.parse(late.stdout).find(({ tenant }: { tenant: string }) => tenant === "acme");
    const unsigned = await runHere([
      "ledger",
      "prove",
      "--data",
      origin,
      "--tenant",
      "acme",
      "--index",
      String(size - 1),
    ]);
    expect(unsigned.stderr).toContain("is not under a signed head yet");
  });
});
