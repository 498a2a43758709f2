// Holds a copied set of files to its promises: each is sound, the log has no gap, the read models are not ahead of it, and the
// vault opens what its last events sealed.
import { ordinalOf, type Position, positionOf } from "../../eventlog/event-log.ts";
import { SqliteLogReader } from "../../eventlog/sqlite/reader.ts";
import {
  checkpointOf,
  complaintsOf,
  extentOf,
  looking,
  openWithVault,
  STORE_FILES,
  type StoreFile,
} from "../inspect.ts";
import { Problem } from "../problem.ts";

/** The last events whose keys must open: those that a copy taken in the wrong order would lack. */
const EVENTS_OPENED = 1_000;

export interface Positions {
  readonly log: Position;
  readonly views: Position | null;
}

/** Throws a Problem that says what does not hold. */
export function verifySet(folder: string, files: readonly StoreFile[]): Positions {
  for (const file of files) {
    const complaints = looking(folder, file, complaintsOf);
    if (complaints.length > 0)
      throw new Problem(`the copy of ${STORE_FILES[file].name} is damaged: ${complaints.join("; ")}`);
  }
  const { events, head } = looking(folder, "log", extentOf);
  if (events !== head) throw new Problem(`the log has ${events} events and ends at ${head}: it has gaps`);
  const views = files.includes("views") ? looking(folder, "views", checkpointOf) : null;
  if (views !== null && ordinalOf(views) > head)
    throw new Problem(`the read models are at ${ordinalOf(views)}, ahead of the log at ${head}`);
  verifyKeys(folder, head);
  return { log: positionOf(head), views };
}

function verifyKeys(folder: string, head: number): void {
  const reader = new SqliteLogReader(folder);
  try {
    const events = reader.readAll(positionOf(Math.max(0, head - EVENTS_OPENED)), EVENTS_OPENED);
    const { unknown } = openWithVault(folder, events);
    if (unknown > 0) throw new Problem(`the vault lacks ${unknown} keys that the log's last events name`);
  } finally {
    reader.close();
  }
}
