// Evidence folders of worlds: written as a service writes them, under a key of the test's own, and judged.
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FILES } from "../../../src/audit/evidence/files.ts";
import { type Judged, judgeEvidence } from "../../../src/audit/evidence/judge.ts";
import { type Asking, digestOf } from "../../../src/audit/evidence/manifest.ts";
import { type Written, writeEvidence } from "../../../src/audit/evidence/write.ts";
import { machinery } from "../../../src/embedded/own-views.ts";
import { readEnvelope } from "../../../src/eventlog/envelope.ts";
import { formatCheckpoint } from "../../../src/ledger/checkpoint.ts";
import { emptyTree, grow, rootOf } from "../../../src/ledger/growth.ts";
import { leafHash } from "../../../src/ledger/hash.ts";
import type { LedgerKeys } from "../../../src/ledger/keys.ts";
import { encodeLeaf } from "../../../src/ledger/leaf.ts";
import { type Policy, policyOfKeys } from "../../../src/ledger/policy.ts";
import { formatNote } from "../../../src/ledger/signed-note.ts";
import { noteSigner } from "../../../src/ledger/signing.ts";
import { TILE_WIDTH } from "../../../src/ledger/tiles.ts";
import { leafRecordOf } from "../../../src/projections/ledger/leaf-of.ts";
import { questionNamed } from "../asking.ts";
import { TENANT, type World } from "../world.ts";

export const BASE = "https://scim.example.com/scim/v2";
export const signer = noteSigner(`log.example.com/${TENANT}`, Buffer.alloc(32, 7));
export const policy: Policy = policyOfKeys([signer.key]);
const keys: LedgerKeys = {
  name: "log.example.com",
  signers: () => [signer],
  verifiers: () => [signer.key],
};

/** Signs the head of a tree with these leaf records. */
export function headOver(records: readonly Uint8Array[]): string {
  const { tree } = grow(emptyTree, records.map(leafHash));
  const text = formatCheckpoint({ origin: signer.key.name, size: records.length, root: rootOf(tree) });
  return formatNote({ text, signatures: [signer.sign(text)] });
}

export const recordsOf = (world: World): Uint8Array[] =>
  world.entries.map(({ recorded }) => encodeLeaf(leafRecordOf(recorded, readEnvelope(recorded))));

export const emptyFolder = (): string => mkdtempSync(join(tmpdir(), "scim-ledger-case-"));

/** Writes evidence for a question about the first `size` events of a world; the caller removes it. */
export async function written(
  world: World,
  question: string,
  parameters: Readonly<Record<string, string>>,
  size = world.entries.length,
): Promise<{ readonly folder: string; readonly written: Written }> {
  const folder = emptyFolder();
  const asking: Asking = {
    question: questionNamed(question),
    parameters,
    tenant: TENANT,
    namespace: "scim",
    base: BASE,
  };
  const result = await writeEvidence(folder, asking, headOver(recordsOf(world).slice(0, size)), {
    ledgers: {
      ledgerPositions: (_, n) =>
        world.entries.slice(n * TILE_WIDTH, (n + 1) * TILE_WIDTH).map(({ position }) => position),
    },
    log: {
      readAt: async (positions) =>
        positions.map((at) => world.entries.find(({ position }) => position === at)!.recorded),
    },
    findKey: world.openKey,
    keys,
    machinery,
  });
  writeFileSync(join(folder, FILES.run), "{}\n");
  return { folder, written: result };
}

export const judged = (folder: string, trusted: Policy | undefined = policy): Promise<Judged> =>
  judgeEvidence(folder, { policy: trusted, machinery });

/** Works with the evidence for a question, and removes it. */
export async function withEvidence<T>(
  world: World,
  question: string,
  parameters: Readonly<Record<string, string>>,
  work: (folder: string, result: Written) => Promise<T>,
  size?: number,
): Promise<T> {
  const { folder, written: result } = await written(world, question, parameters, size);
  try {
    return await work(folder, result);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Judges a copy of a folder in which something was changed. */
export async function judgedAfter(folder: string, change: (copy: string) => void, trusted?: Policy): Promise<Judged> {
  const copy = emptyFolder();
  try {
    cpSync(folder, copy, { recursive: true });
    change(copy);
    return await judged(copy, trusted);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** As a forger would: the manifest lists the files as they now are. */
export function relist(folder: string): void {
  const path = join(folder, FILES.manifest);
  const { digest: _, ...manifest } = JSON.parse(readFileSync(path, "utf8")) as {
    files: { name: string }[];
    digest: string;
  };
  const files = manifest.files.map(({ name }) => {
    const bytes = readFileSync(join(folder, name));
    return { name, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  });
  const listed = { ...manifest, files };
  writeFileSync(path, `${JSON.stringify({ ...listed, digest: digestOf(listed) }, null, 2)}\n`);
}

/** Name → bytes of every file. */
export const filesOf = (folder: string): ReadonlyMap<string, string> =>
  new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "latin1")]));
