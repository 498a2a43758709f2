// Writes what an evidence folder has of a tree: all leaves of a head, and the events behind them.
import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { readEnvelope } from "../../eventlog/envelope.ts";
import type { EventLog, RecordedEvent } from "../../eventlog/event-log.ts";
import { writeCarried } from "../../ledger/evidence-file.ts";
import { encodeLeaf } from "../../ledger/leaf.ts";
import { TILE_WIDTH, writeBundle } from "../../ledger/tiles.ts";
import { leafRecordOf } from "../../projections/ledger/leaf-of.ts";
import type { LedgerStore } from "../../readstore/ledger-store.ts";
import { Turns } from "../answers/turns.ts";
import { FILES, MODE } from "./files.ts";
import type { CarriedHistory } from "./history.ts";

export interface TreeSources {
  readonly ledgers: Pick<LedgerStore, "ledgerPositions">;
  readonly log: Pick<EventLog, "readAt">;
}

/** The first `size` leaves of a tenant, and all their events. */
export async function writeHistory(
  folder: string,
  tenant: string,
  size: number,
  { ledgers, log }: TreeSources,
): Promise<void> {
  const leaves = openSync(join(folder, FILES.leaves), "wx", MODE);
  const events = openSync(join(folder, FILES.events), "wx", MODE);
  const turns = new Turns();
  try {
    for (let n = 0; n * TILE_WIDTH < size; n++) {
      const first = n * TILE_WIDTH;
      const positions = (await ledgers.ledgerPositions(tenant, n)).slice(0, size - first);
      const recorded = await log.readAt(positions);
      await turns.pause();
      writeSync(leaves, writeBundle(recorded.map((event) => encodeLeaf(leafRecordOf(event, readEnvelope(event))))));
      writeSync(events, Buffer.concat(recorded.map((event, at) => bytesOf(event, first + at))));
    }
  } finally {
    closeSync(events);
    closeSync(leaves);
  }
}

const NARROWED = `${FILES.events}.narrowed`;

/** Keeps of the events those that are wanted alone; the history is to be opened again. */
export async function narrow(
  folder: string,
  history: CarriedHistory,
  isWanted: (index: number) => boolean,
): Promise<void> {
  const file = openSync(join(folder, NARROWED), "wx", MODE);
  const turns = new Turns();
  try {
    for (let index = 0; index < history.size; index++) {
      if (!isWanted(index)) continue;
      writeSync(file, bytesOf(history.event(index), index));
      await turns.pause();
    }
  } finally {
    closeSync(file);
  }
  renameSync(join(folder, NARROWED), join(folder, FILES.events));
}

const bytesOf = ({ envelope, ciphertext }: RecordedEvent, index: number): Uint8Array =>
  writeCarried({ index, envelope: Buffer.from(envelope), ...(ciphertext === null ? {} : { ciphertext }) });
