// Writes a tenant's events with their leaves and the last signed head: all that “verify” needs.
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Checkpoint, parseCheckpoint } from "../../ledger/checkpoint.ts";
import { writeExported } from "../../ledger/export-file.ts";
import { parseNote } from "../../ledger/signed-note.ts";
import { TILE_WIDTH } from "../../ledger/tiles.ts";
import { formatVerifierKey } from "../../ledger/verifier-key.ts";
import { entryOf } from "../../projections/ledger/entry-of.ts";
import { namesIn } from "../files.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode, Problem } from "../problem.ts";
import { ProgressLine } from "../progress.ts";
import { sayCount } from "../units.ts";
import type { OfflineLedger } from "./offline-ledger.ts";

export const EXPORT_FILES = { head: "checkpoint", events: "events.bin", about: "export.json" } as const;

/** What an export says of itself; all of it follows from its head. */
export const aboutText = (tenant: string, { origin, size }: Pick<Checkpoint, "origin" | "size">): string =>
  `${JSON.stringify({ kind: "scim-ledger export", format: 1, tenant, origin, size }, null, 2)}\n`;

export async function exportLedger(open: OfflineLedger, tenant: string, out: string, io: Io): Promise<ExitCode> {
  const checkpoint = open.ledger.checkpoint(tenant);
  if (checkpoint === undefined) throw new Problem(`no head of the ledger of “${tenant}” was signed yet`);
  if (namesIn(out).length > 0) throw new Problem(`${out} is not empty: name a folder of its own for each export`);
  mkdirSync(out, { recursive: true, mode: 0o700 });
  const { size, origin } = parseCheckpoint(parseNote(checkpoint).text);
  const file = openSync(join(out, EXPORT_FILES.events), "wx", 0o600);
  const progress = new ProgressLine(io, { what: "Exporting", say: sayCount });
  try {
    for (let n = 0; n * TILE_WIDTH < size; n++) {
      const positions = (await open.ledgers.ledgerPositions(tenant, n)).slice(0, size - n * TILE_WIDTH);
      const events = open.log.readAt(positions).map((event) => {
        const { ciphertext } = event;
        return writeExported({
          leaf: entryOf(tenant, event),
          envelope: Buffer.from(event.envelope),
          ...(ciphertext === null ? {} : { ciphertext }),
        });
      });
      writeSync(file, Buffer.concat(events));
      progress.at(Math.min(size, (n + 1) * TILE_WIDTH), size);
    }
  } finally {
    progress.end();
    closeSync(file);
  }
  writeFileSync(join(out, EXPORT_FILES.head), checkpoint, { mode: 0o600, flag: "wx" });
  // Last: a folder without it is no finished export.
  writeFileSync(join(out, EXPORT_FILES.about), aboutText(tenant, { origin, size }), { mode: 0o600, flag: "wx" });
  const [key] = open.ledger.keys(tenant);
  io.out(`${out} holds ${sayCount(size)} events. Verify it with a key that you did not get from here:`);
  io.out(`  scim-ledger verify ${out} --key ${formatVerifierKey(key!)}`);
  return EXIT.ok;
}
