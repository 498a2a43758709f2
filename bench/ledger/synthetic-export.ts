// An export of any number of events of an ordinary size, under a head that a key of its own has signed.
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { aboutText, EXPORT_FILES } from "../../src/cli/ledger/export.ts";
import { formatCheckpoint } from "../../src/ledger/checkpoint.ts";
import { writeExported } from "../../src/ledger/export-file.ts";
import { emptyTree, grow, rootOf } from "../../src/ledger/growth.ts";
import { leafHash, sha256 } from "../../src/ledger/hash.ts";
import { encodeLeaf } from "../../src/ledger/leaf.ts";
import type { ExportedEvent } from "../../src/ledger/replay.ts";
import { formatNote } from "../../src/ledger/signed-note.ts";
import { noteSigner } from "../../src/ledger/signing.ts";
import type { VerifierKey } from "../../src/ledger/verifier-key.ts";
import { eventIdOf } from "./synthetic-tree.ts";

const BATCH = 4_096;
const TENANT = "acme";
const ORIGIN = `bench.example/${TENANT}`;
const CIPHERTEXT_BYTES = 260;
/** Events of one stream. */
const A_STREAM = 3;

/** Writes the export; returns the key under which it verifies. */
export function writeExport(folder: string, events: number): VerifierKey {
  mkdirSync(folder, { recursive: true });
  const file = openSync(join(folder, EXPORT_FILES.events), "w");
  let tree = emptyTree;
  for (let first = 0; first < events; first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, events - first) }, (_, at) => eventAt(first + at));
    writeSync(file, Buffer.concat(batch.map(writeExported)));
    tree = grow(
      tree,
      batch.map(({ leaf }) => leafHash(leaf)),
    ).tree;
  }
  closeSync(file);
  const signer = noteSigner(ORIGIN, Buffer.alloc(32, 1));
  const text = formatCheckpoint({ origin: ORIGIN, size: events, root: rootOf(tree) });
  writeFileSync(join(folder, EXPORT_FILES.head), formatNote({ text, signatures: [signer.sign(text)] }));
  writeFileSync(join(folder, EXPORT_FILES.about), aboutText(TENANT, { origin: ORIGIN, size: events }));
  return signer.key;
}

/** As the service writes a change of one attribute. */
function eventAt(index: number): ExportedEvent {
  const place = {
    tenant: TENANT,
    stream: `scim.user-${TENANT}:01a2029e-835a-7d1f-97ce-${Math.floor(index / A_STREAM)
      .toString(16)
      .padStart(12, "0")}`,
    revision: index % A_STREAM,
    type: "UserAttributesChanged",
    at: 1_795_340_273_672_000 + index,
  };
  const { at, revision, stream, tenant, type } = place;
  const data = { cleared: [], granted: [], paths: ["title"], revoked: [] };
  const envelope = Buffer.from(
    JSON.stringify({
      at,
      data,
      id: eventIdOf(index),
      key: KEY,
      metadata: METADATA,
      revision,
      stream,
      tenant,
      type,
      version: 1,
    }),
  );
  const ciphertext = randomBytes(CIPHERTEXT_BYTES);
  const sealed = { ciphertext: sha256(ciphertext), commitment: ciphertext.subarray(1, 33) };
  return { leaf: encodeLeaf({ ...place, envelope: sha256(envelope), ...sealed }), envelope, ciphertext };
}

const KEY = "eJ4KZ-Fmw6JNxn-5gt5Rmg";
const METADATA = {
  $causationId: "ccab3652-904d-4189-9d27-03d21eb110db",
  $correlationId: "522cf712-e7a0-4ae5-90b6-37d1e47afe6a",
  actor: "e6yUir63YHHX",
  actorKind: "provisioning",
  actorName: "first provisioning",
  commandId: "ccab3652-904d-4189-9d27-03d21eb110db",
  profile: "lenient",
  rules: "op-case boolean-string",
};
