// A tenant's tree of any size in the read models, without the events: leaves that were never hashed from anything.
import { randomFillSync } from "node:crypto";
import { growLedgers } from "../../src/projections/ledger/grow-ledgers.ts";
import { SqliteViewWriter } from "../../src/readstore/sqlite/writing/sqlite-view-writer.ts";
import type { ViewBatch } from "../../src/readstore/view-writer.ts";

const BATCH = 4_096;
const NOTHING: Omit<ViewBatch, "from" | "to" | "ledgers"> = {
  resources: [],
  index: [],
  versions: [],
  rewritten: [],
  forgotten: [],
  grants: [],
  activity: [],
  ticks: [],
  tallies: [],
  definitions: [],
  pending: { added: [], dropped: [] },
  heads: [],
};

/** Where the event of a leaf stands in the log: others are in between. */
export const placeOf = (index: number): number => 3 * index + 1;
export const indexOfPlace = (place: number): number => (place - 1) / 3;

/** Begins with the leaf's number, scattered by a multiplication that never meets the same twice. */
export const eventIdOf = (index: number): string => {
  const scattered = (Math.imul(index, 0x9e37_79b1) >>> 0).toString(16).padStart(8, "0");
  return `${scattered}-0000-5000-8000-${index.toString(16).padStart(12, "0")}`;
};

/** Grows a tenant's tree in an empty folder of read models. */
export function growTree(folder: string, tenant: string, leaves: number): void {
  const writer = new SqliteViewWriter(folder);
  const endCatchUp = writer.beginCatchUp();
  const random = new Uint8Array(BATCH * 32);
  for (let first = 0; first < leaves; first += BATCH) {
    randomFillSync(random);
    const count = Math.min(BATCH, leaves - first);
    const events = Array.from({ length: count }, (_, at) => ({
      place: placeOf(first + at),
      leaf: { tenant, eventId: eventIdOf(first + at), hash: random.slice(at * 32, at * 32 + 32) },
    }));
    const loaded = writer.load({ resources: [], pendingOf: [], pastOf: [], definitionsOf: [], ledgers: [tenant] });
    const from = writer.checkpoint();
    const to = { place: placeOf(first + count - 1), effectiveAt: 0, events: first + count - 1 };
    writer.stage({ ...NOTHING, from, to, ledgers: growLedgers(events, loaded.ledgers) });
    writer.show();
  }
  endCatchUp();
  writer.close();
}
