// A witness: what it cosigns, what it never does, and what its cosignatures are worth.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { witnessServer } from "../../src/cli/witness/witness-server.ts";
import { toBase64 } from "../../src/ledger/base64.ts";
import { formatCheckpoint } from "../../src/ledger/checkpoint.ts";
import { WitnessFiles } from "../../src/ledger/file/witness-files.ts";
import { EMPTY_ROOT, leafHash } from "../../src/ledger/hash.ts";
import { witnessAnchor } from "../../src/ledger/http/witness-anchor.ts";
import { judgeProof } from "../../src/ledger/judge.ts";
import { parsePolicy } from "../../src/ledger/policy.ts";
import { TreeIncomplete } from "../../src/ledger/prove.ts";
import { formatNote, parseNote, verifyNote } from "../../src/ledger/signed-note.ts";
import { cosigner, noteSigner } from "../../src/ledger/signing.ts";
import { formatProof } from "../../src/ledger/tlog-proof.ts";
import { formatVerifierKey } from "../../src/ledger/verifier-key.ts";
import { addCheckpoint, formatRequest, type WitnessMemory } from "../../src/ledger/witness.ts";
import { startServer, tokensIn } from "../cli/command.ts";
import { entries, NaiveTree } from "./naive-tree.ts";

const ORIGIN = "log.example/acme";
const log = noteSigner(ORIGIN, Buffer.alloc(32, 1));
const signer = cosigner("witness.example/w1", Buffer.alloc(32, 2), () => 1_800_000_000);
const tree = new NaiveTree(entries(20));
const other = new NaiveTree(entries(20).map((entry) => Buffer.concat([entry, entry])));

function head(size: number, of: NaiveTree = tree, by = log): string {
  const text = formatCheckpoint({ origin: ORIGIN, size, root: of.root(size) });
  return formatNote({ text, signatures: [by.sign(text)] });
}
const proof = (from: number, to: number, of = tree): string[] => of.proof(from, to).map(toBase64);

function memory(): WitnessMemory {
  const kept = new Map<string, string>();
  return { last: (origin) => kept.get(origin), keep: (origin, note) => void kept.set(origin, note) };
}
const witness = () => {
  const options = { logs: [log.key], signer, memory: memory() };
  return {
    ...options,
    add: (old: number, path: string[], note: string) => addCheckpoint(formatRequest(old, path, note), options),
  };
};

describe("a witness", () => {
  it("cosigns what continues the last head, and keeps it with both signatures", () => {
    const { add, memory: kept } = witness();
    const first = add(0, [], head(5));
    expect(first.status).toBe(200);
    const cosigned = parseNote(`${head(5)}${first.body}`);
    expect(verifyNote(cosigned, [signer.key])).toEqual([{ key: signer.key, time: 1_800_000_000 }]);
    expect(kept.last(ORIGIN)).toBe(formatNote(cosigned));
    expect(add(5, proof(5, 12), head(12)).status).toBe(200);
    expect(add(12, [], head(12)).status).toBe(200);
  });

  it.each([
    ["another old size than its own", 409, (w: ReturnType<typeof witness>) => w.add(4, proof(4, 12), head(12))],
    ["a head that is behind", 409, (w: ReturnType<typeof witness>) => w.add(3, [], head(3))],
    ["another history", 422, (w: ReturnType<typeof witness>) => w.add(5, proof(5, 12, other), head(12, other))],
    ["another root of the same size", 409, (w: ReturnType<typeof witness>) => w.add(5, [], head(5, other))],
    ["no proof", 422, (w: ReturnType<typeof witness>) => w.add(5, [], head(12))],
    ["an old size beyond the head's", 400, (w: ReturnType<typeof witness>) => w.add(13, [], head(12))],
    [
      "a head that somebody else signed",
      403,
      (w: ReturnType<typeof witness>) =>
        w.add(5, proof(5, 12), head(12, tree, noteSigner(ORIGIN, Buffer.alloc(32, 9)))),
    ],
    [
      "a head whose signature is of another text",
      403,
      (w: ReturnType<typeof witness>) => w.add(5, proof(5, 12), head(12).replace("\n12\n", "\n11\n")),
    ],
    [
      "an unknown log",
      404,
      (w: ReturnType<typeof witness>) => w.add(5, proof(5, 12), head(12).replaceAll(ORIGIN, "log.example/x")),
    ],
    [
      "more lines than a proof has",
      400,
      (w: ReturnType<typeof witness>) => w.add(5, Array(64).fill(proof(5, 12)[0]), head(12)),
    ],
    ["nonsense", 400, (w: ReturnType<typeof witness>) => addCheckpoint("old 5\nnonsense", w)],
    ["a negative size", 400, (w: ReturnType<typeof witness>) => w.add(-5, [], head(12))],
  ])("refuses %s (%i), and remembers what it had", (_, status, ask) => {
    const asked = witness();
    asked.add(0, [], head(5));
    const answer = ask(asked);
    expect(answer.status).toBe(status);
    if (status === 409) expect(answer.body).toBe("5\n");
    expect(asked.add(5, proof(5, 12), head(12)).status).toBe(200);
  });

  it("takes an empty tree under the empty root alone, and no proof from nothing", () => {
    const text = formatCheckpoint({ origin: ORIGIN, size: 0, root: EMPTY_ROOT });
    const empty = formatNote({ text, signatures: [log.sign(text)] });
    expect(witness().add(0, [], empty).status).toBe(200);
    const wrong = formatCheckpoint({ origin: ORIGIN, size: 0, root: tree.root(1) });
    expect(witness().add(0, [], formatNote({ text: wrong, signatures: [log.sign(wrong)] })).status).toBe(422);
    expect(witness().add(0, proof(1, 5), head(5)).status).toBe(422);
  });
});

describe("over HTTP", () => {
  const root = mkdtempSync(join(tmpdir(), "scim-ledger-witness-"));
  let server: Server;
  let url = "";
  const faults: unknown[] = [];
  const files = new WitnessFiles(join(root, "witness"));
  const logs = [log.key];

  beforeAll(async () => {
    server = witnessServer({ logs, signer, memory: files, onFault: (error) => faults.push(error) });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(root, { recursive: true });
    expect(faults).toEqual([]);
  });

  it("a log gets its cosignature though it knows not how far the witness is, and verify says WITNESSED", async () => {
    let cosigned = "";
    const anchor = () =>
      witnessAnchor(
        { key: signer.key, url },
        {
          prove: async (_, from, to) => (from === 0 ? [] : tree.proof(from, to)),
          onCosigned: (_, text, cosignature) => {
            cosigned = formatNote({ text, signatures: [log.sign(text), cosignature] });
          },
        },
      );
    await anchor().hand("acme", head(5));
    await anchor().hand("acme", head(13));
    const policy = (quorum: string) =>
      parsePolicy(
        `log ${formatVerifierKey(log.key)}\nwitness W ${formatVerifierKey(signer.key)}\nwitness V ${formatVerifierKey(cosigner("v", Buffer.alloc(32, 7), () => 1).key)}\ngroup both all W V\nquorum ${quorum}\n`,
      );
    // The leaf's record is not one of ours: what is judged before it is the head.
    const text = formatProof({ extra: entries(8)[7]!, index: 7, path: tree.path(7, 13), checkpoint: cosigned });
    expect(leafHash(entries(8)[7]!)).toEqual(tree.leaf(7));
    expect(judgeProof(text, policy("W")).verdict.says).toMatch(/a leaf of version/u);
    expect(verifyNote(parseNote(cosigned), policy("W").witnesses)).toHaveLength(1);
    const kept = await fetch(
      `${url}/${Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(ORIGIN))).toString("hex")}/checkpoint`,
    );
    expect(await kept.text()).toBe(cosigned);
    // A witness that has seen more says so, and the head is let go.
    await anchor().hand("acme", head(9));
    const forked = witnessAnchor(
      { key: signer.key, url },
      { prove: async (_, from, to) => (from === 0 ? [] : other.proof(from, to)), onCosigned: () => {} },
    );
    await expect(forked.hand("acme", head(14, other))).rejects.toThrow("it answered 422");
  });

  const anchorTo = (of: NaiveTree, size: number) =>
    witnessAnchor(
      { key: signer.key, url },
      {
        prove: async (_, from, to) => {
          if (to > size) throw new TreeIncomplete();
          return from === 0 ? [] : of.proof(from, to);
        },
        onCosigned: () => {},
      },
    );

  it("is heard where it has seen what the log has no more, or another head over as many leaves", async () => {
    await anchorTo(tree, 14).hand("acme", head(14));
    await expect(anchorTo(tree, 9).hand("acme", head(9))).rejects.toThrow(
      "it has cosigned a head over 14 leaves, and this log has fewer",
    );
    await expect(anchorTo(other, 14).hand("acme", head(14, other))).rejects.toThrow(
      "it has cosigned another head over 14 leaves",
    );
  });

  it("is asked anew once the tree goes on under another name", async () => {
    const next = noteSigner(`${ORIGIN}/2`, Buffer.alloc(32, 4));
    const handTo = anchorTo(tree, 14);
    await handTo.hand("acme", head(14));
    const text = formatCheckpoint({ origin: next.key.name, size: 6, root: other.root(6) });
    const note = formatNote({ text, signatures: [next.sign(text)] });
    await expect(handTo.hand("acme", note)).rejects.toThrow("it answered 404");
    logs.push(next.key);
    await handTo.hand("acme", note);
  });

  it("tells what it does not serve", async () => {
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/${"0".repeat(64)}/checkpoint`)).status).toBe(404);
    expect((await fetch(`${url}/add-checkpoint`)).status).toBe(404);
    const long = await fetch(`${url}/add-checkpoint`, { method: "POST", body: "x".repeat(70_000) }).catch(() => ({
      status: 413,
    }));
    expect(long.status).toBe(413);
    const conflict = await fetch(`${url}/add-checkpoint`, {
      method: "POST",
      body: formatRequest(1, proof(1, 14), head(14)),
    });
    expect([conflict.status, conflict.headers.get("content-type")]).toEqual([409, "text/x.tlog.size"]);
  });

  it("a service asks its witnesses by itself, and its proofs are WITNESSED", async () => {
    const data = join(root, "data");
    const settings = { SCIM_LEDGER_CHECKPOINT_SECONDS: "1", SCIM_LEDGER_BASE_URL: "http://id.example.com" };
    const first = await startServer(data, settings);
    const { auditor } = tokensIn(data);
    const get = async (from: { url: string }, path: string): Promise<string> =>
      (
        await fetch(`${from.url}/ledger/v1/default/${path}`, { headers: { Authorization: `Bearer ${auditor}` } })
      ).text();
    await eventuallyText(() => get(first, "checkpoint"), "—");
    const vkey = (await get(first, "vkey")).trim();
    await first.stop();
    const { parseVerifierKey } = await import("../../src/ledger/verifier-key.ts");
    logs.push(parseVerifierKey(vkey));

    const second = await startServer(data, {
      ...settings,
      SCIM_LEDGER_WITNESSES: `${formatVerifierKey(signer.key)} ${url}`,
    });
    await eventuallyText(() => get(second, "checkpoint"), "witness.example/w1");
    const text = await get(second, "proof?index=0");
    await second.stop();
    const trusted = `log ${vkey}\nwitness W ${formatVerifierKey(signer.key)}\nquorum W\n`;
    writeFileSync(join(root, "p"), trusted);
    const { verdict } = judgeProof(text, parsePolicy(trusted));
    expect(verdict).toMatchObject({ word: "WITNESSED", enough: true });
    expect(verdict.says).toMatch(/^1\/1 witnesses, the last at 2027-01-15T08:00:00.000Z; size /u);
    const strict = `log ${vkey}\nwitness W ${formatVerifierKey(cosigner("v", Buffer.alloc(32, 7), () => 1).key)}\nquorum W\n`;
    expect(judgeProof(text, parsePolicy(strict)).verdict).toMatchObject({ word: "SIGNED", enough: false });
  }, 60_000);
});

async function eventuallyText(read: () => Promise<string>, part: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await read()).includes(part)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`“${part}” did not come`);
}
