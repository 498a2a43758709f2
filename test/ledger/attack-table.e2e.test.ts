// Attacks with the database in hand, a row each: what is found by the heads that the service keeps itself, and by an export with
// and without a head that was held elsewhere, where the attacker signs anew with a key of their own or with the stolen one.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openLedger } from "../../src/embedded/open-ledger.ts";
import { openStores } from "../../src/embedded/stores.ts";
import { systemClock } from "../../src/eventlog/clock.ts";
import { HeadFiles } from "../../src/ledger/file/head-files.ts";
import { discardViews, viewsFile } from "../../src/readstore/sqlite/views-file.ts";
import { runHere } from "../cli/command.ts";
import { holdAndStart, startEmbedded } from "../support/embedded.ts";
import { addMembers, client } from "../support/requests.ts";

const root = mkdtempSync(join(tmpdir(), "scim-ledger-table-"));
const baseUrl = "https://id.example.com";
/** As it was at the held head, and as it was later, at the last head. */
const [earlier, origin] = [join(root, "earlier"), join(root, "origin")];
const held = join(root, "held.checkpoint");
const last = join(root, "last.checkpoint");
let key = "";
let copies = 0;

const ledgerIn = (folder: string) => ({ folder: join(folder, "ledger"), clock: systemClock(), baseUrl });

beforeAll(async () => {
  const embedded = await startEmbedded({ tenants: ["acme", "other"] });
  const grow = async (): Promise<void> => {
    for (const tenant of ["acme", "other"]) {
      const { createUser, createGroup, patchGroup } = client(embedded, tenant);
      const users: string[] = [];
      for (let n = 0; n < 6; n++) users.push(await createUser({ userName: crypto.randomUUID() }));
      for (let n = 0; n < 3; n++) {
        const id = await createGroup(`group ${crypto.randomUUID()}`);
        await patchGroup(id, addMembers(users[n]!));
        await patchGroup(id, addMembers(users[n + 1]!));
      }
    }
    await (await openLedger(embedded.stores, ledgerIn(embedded.folder))).checkpoints.signAll();
  };
  await grow();
  await embedded.restart((folder) => cpSync(folder, earlier, { recursive: true }));
  await grow();
  await embedded.restart((folder) => cpSync(folder, origin, { recursive: true }));
  await embedded[Symbol.asyncDispose]();
  writeFileSync(held, new HeadFiles(join(earlier, "ledger")).last("acme")!);
  writeFileSync(last, new HeadFiles(join(origin, "ledger")).last("acme")!);
  key = (await runHere(["ledger", "vkey", "--data", origin, "--tenant", "acme"])).stdout.trim();
});
afterAll(() => rmSync(root, { recursive: true }));

function copied(from: string): string {
  const folder = join(root, `copy-${++copies}`);
  cpSync(from, folder, { recursive: true });
  return folder;
}

/** Members' events of a tenant's groups in the earlier half: nothing in them is encrypted. The last one of a stream. */
const ADDED = (tenant: string, skip = 0) => `(SELECT max(position) FROM events e JOIN streams s ON s.id = e.stream
  WHERE s.name LIKE 'scim.group-${tenant}:%' AND e.envelope LIKE '%GroupMembersAdded%'
  GROUP BY s.id ORDER BY 1 LIMIT 1 OFFSET ${skip})`;
const RENUMBER = "UPDATE events SET position = -position WHERE position < 0;";
const swap = (one: string, other: string) => `
  CREATE TEMP TABLE pair AS SELECT ${one} AS a, ${other} AS b;
  UPDATE events SET position = -1 WHERE position = (SELECT a FROM pair);
  UPDATE events SET position = (SELECT a FROM pair) WHERE position = (SELECT b FROM pair);
  UPDATE events SET position = (SELECT b FROM pair) WHERE position = -1;`;
const FORGET = "DELETE FROM streams WHERE id NOT IN (SELECT stream FROM events)";

type Verdict = "FAILED" | "SIGNED" | "ANCHORED" | "beyond" | "nothing";
interface Attack {
  readonly does: string;
  /** On the log; the read models are then made anew. */
  readonly sql?: string;
  /** Or from which copy it starts, with its ledger's folder. */
  readonly from?: () => string;
  /** Anything else. */
  readonly by?: (folder: string) => void | Promise<void>;
  /** By the heads that the service keeps beside its keys. */
  readonly kept: "FAILED" | "fine";
  /** Of an export that the attacker signs with the stolen key: without a held head, with one, and with the last one. */
  readonly stolen: readonly [alone: Verdict, held: Verdict, last: Verdict];
}

const ATTACKS: readonly Attack[] = [
  { does: "changes nothing", kept: "fine", stolen: ["SIGNED", "ANCHORED", "ANCHORED"] },
  {
    does: "edits an event",
    sql: `UPDATE events SET envelope = replace(envelope, '"members":["', '"members":["01a2029e-835a-7d1f-97ce-399a572f0bcd","') WHERE position = ${ADDED("acme")}`,
    kept: "FAILED",
    stolen: ["SIGNED", "FAILED", "FAILED"],
  },
  {
    does: "turns the clock",
    sql: `UPDATE events SET envelope = replace(envelope, '"at":17', '"at":18') WHERE position = ${ADDED("acme")}`,
    kept: "FAILED",
    stolen: ["SIGNED", "FAILED", "FAILED"],
  },
  {
    does: "drops one in the middle and closes the gap",
    sql: `CREATE TEMP TABLE dropped AS SELECT ${ADDED("acme")} AS position;
      DELETE FROM events WHERE position = (SELECT position FROM dropped);
      UPDATE events SET position = 1 - position WHERE position > (SELECT position FROM dropped); ${RENUMBER}`,
    kept: "FAILED",
    stolen: ["SIGNED", "FAILED", "beyond"],
  },
  {
    does: "inserts one and moves the others on",
    sql: `CREATE TEMP TABLE twin AS SELECT * FROM events WHERE position = ${ADDED("acme")};
      UPDATE events SET position = -1 - position WHERE position > (SELECT position FROM twin); ${RENUMBER}
      INSERT INTO events SELECT position + 1, stream, revision + 1,
        replace(replace(envelope, '"revision":' || revision, '"revision":' || (revision + 1)), '"id":"', '"id":"f'), ciphertext FROM twin`,
    kept: "FAILED",
    stolen: ["SIGNED", "FAILED", "FAILED"],
  },
  {
    does: "swaps two",
    sql: swap(ADDED("acme"), `${ADDED("acme")} + 1`),
    kept: "FAILED",
    stolen: ["SIGNED", "FAILED", "FAILED"],
  },
  {
    does: "swaps rows of two tenants",
    sql: swap(ADDED("acme"), ADDED("other", 2)),
    kept: "FAILED",
    stolen: ["SIGNED", "FAILED", "FAILED"],
  },
  {
    does: "drops the tail",
    sql: `DELETE FROM events WHERE position > ${ADDED("acme", 1)}; ${FORGET}`,
    kept: "FAILED",
    stolen: ["SIGNED", "beyond", "beyond"],
  },
  {
    does: "drops everything",
    sql: `DELETE FROM events; ${FORGET}`,
    kept: "FAILED",
    stolen: ["nothing", "nothing", "nothing"],
  },
  {
    does: "restores an old copy with its heads",
    from: () => earlier,
    kept: "fine",
    stolen: ["SIGNED", "ANCHORED", "beyond"],
  },
  {
    does: "forks an old copy",
    from: () => earlier,
    by: fork,
    kept: "fine",
    stolen: ["SIGNED", "ANCHORED", "FAILED"],
  },
  {
    does: "edits a read model alone",
    by: (folder) => {
      using views = new DatabaseSync(viewsFile(folder));
      views.exec(`UPDATE resources SET body = replace(body, '"userName":"', '"userName":"x')`);
    },
    // The history is as it was: what is made from it is held to it by another command.
    kept: "fine",
    stolen: ["SIGNED", "ANCHORED", "ANCHORED"],
  },
];

/** Another history after an old copy, longer than the true one. */
async function fork(folder: string): Promise<void> {
  const running = await holdAndStart(folder, { tenants: ["acme", "other"] });
  for (let n = 0; n < 60; n++) await client(running as never).createUser({ userName: crypto.randomUUID() });
  await running.stop();
}

async function attacked({ sql, from, by }: Attack): Promise<string> {
  const folder = copied(from?.() ?? origin);
  if (sql !== undefined) {
    const log = new DatabaseSync(join(folder, "log.db"));
    log.exec(sql);
    log.close();
    discardViews(folder);
    await (await openStores(folder))[Symbol.asyncDispose]();
  }
  await by?.(folder);
  return folder;
}

/** Signs what is there now, as if nothing had ever been signed. */
async function signAnew(folder: string): Promise<void> {
  {
    using log = new DatabaseSync(join(folder, "log.db"));
    log.exec("DELETE FROM events WHERE stream IN (SELECT id FROM streams WHERE name LIKE '%.ledger-%')");
    log.exec(FORGET);
  }
  rmSync(join(folder, "ledger", "heads"), { recursive: true, force: true });
  discardViews(folder);
  await goOn(folder);
}

/** Signs what is new since the last head. */
async function goOn(folder: string): Promise<void> {
  const stores = await openStores(folder);
  await (await openLedger(stores, ledgerIn(folder))).checkpoints.signAll();
  await stores[Symbol.asyncDispose]();
}

/** What whoever gets an export of the folder finds. */
async function verdictOf(folder: string, ...heads: readonly string[]): Promise<Verdict> {
  const out = join(root, `export-${++copies}`);
  const exported = await runHere(["ledger", "export", "--data", folder, "--tenant", "acme", "--out", out]);
  if (exported.code !== 0) return "nothing";
  const { code, stdout } = await runHere(["verify", out, "--key", key, ...heads.flatMap((head) => ["--head", head])]);
  if (code === 2 && stdout.includes("beyond this export")) return "beyond";
  const word = /^[A-Z]+/u.exec(stdout)![0] as Verdict;
  expect(code).toBe(word === "FAILED" ? 1 : 0);
  return word;
}

describe("whoever holds the database", () => {
  it.each(ATTACKS)("and $does: the kept heads say $kept", async (attack) => {
    const folder = await attacked(attack);
    // The last head is kept apart from the database, unless it came with the copy.
    const { code, stdout } = await runHere(["ledger", "check", "--data", folder]).catch((error) => ({
      code: 1,
      stdout: `acme: FAILED, ${error}`,
    }));
    expect([stdout.match(/^acme: FAILED/mu) === null ? "fine" : "FAILED", code === 0]).toEqual([
      attack.kept,
      attack.kept === "fine",
    ]);
  });

  it("and edits a read model alone is found by “replay check”", async () => {
    expect(await runHere(["replay", "check", "--data", origin, "--tenant", "acme"])).toMatchObject({ code: 0 });
    const folder = await attacked(ATTACKS.at(-1)!);
    expect((await runHere(["replay", "check", "--data", folder, "--tenant", "acme"])).code).toBe(1);
  });
});

describe("whoever holds the database and the key", () => {
  it.each(ATTACKS)("and $does: $stolen without a held head, with one, and with the last one", async (attack) => {
    const folder = await attacked(attack);
    await (attack.sql === undefined ? goOn(folder) : signAnew(folder));
    expect([await verdictOf(folder), await verdictOf(folder, held), await verdictOf(folder, last)]).toEqual(
      attack.stolen,
    );
  });
});

describe("whoever holds the database and makes a new key", () => {
  it.each(ATTACKS.filter(({ stolen }) => stolen[0] !== "nothing"))(
    "and $does: FAILED for whoever pinned the old one",
    async (attack) => {
      const folder = await attacked(attack);
      rmSync(join(folder, "ledger"), { recursive: true });
      await signAnew(folder);
      expect([await verdictOf(folder), await verdictOf(folder, held)]).toEqual(["FAILED", "FAILED"]);
    },
  );
});
