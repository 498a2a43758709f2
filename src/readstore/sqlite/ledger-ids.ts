// Finds leaves by the beginnings of their events' ids. An index would cost each commit pages of its own, for ids are random.
// Instead the ids of 256 full tiles are sorted into buckets when the last of those is full, a run of 65 536 leaves at once:
// by the first byte of the id, so that one row of each run is looked at. What is beyond the last run is looked for in the
// entries themselves.
import type { Statements } from "./statements.ts";

/** Bytes of an id that `ledger_entries` has of each leaf. */
const ID_BYTES = 4;
const WIDTH = 256;
const TILES_A_RUN = 256;
const BUCKETS = 256;
/** In a bucket: the three bytes of the id after the first, and the leaf's place in its run. */
const REST_BYTES = 3;
const ENTRY_BYTES = REST_BYTES + 2;

/** Makes the run that ends with these entries, where they end one. */
export function indexIds(
  statements: Statements,
  tenant: number,
  { n, ids }: { readonly n: number; readonly ids: Uint8Array },
): void {
  if ((n + 1) % TILES_A_RUN !== 0 || ids.length < WIDTH * ID_BYTES) return;
  const first = n + 1 - TILES_A_RUN;
  const rows = statements
    .get("SELECT ids FROM ledger_entries WHERE tenant = ? AND n >= ? AND n <= ? ORDER BY n")
    .all(tenant, first, n) as unknown as [Uint8Array][];
  const insert = statements.get("INSERT OR REPLACE INTO ledger_ids VALUES (?, ?, ?, ?)");
  for (const [bucket, leaves] of sorted(rows.map(([tile]) => tile)).entries())
    if (leaves.length > 0) insert.run(tenant, bucket, first / TILES_A_RUN, leaves);
}

/** The leaves of a run, by the first byte of the id. */
function sorted(tiles: readonly Uint8Array[]): readonly Uint8Array[] {
  const ids = Buffer.concat(tiles);
  const counts = new Uint32Array(BUCKETS);
  for (let at = 0; at < ids.length; at += ID_BYTES) counts[ids[at]!]! += 1;
  const buckets = Array.from(counts, (count) => new Uint8Array(count * ENTRY_BYTES));
  const filled = new Uint32Array(BUCKETS);
  for (let at = 0; at < ids.length; at += ID_BYTES) {
    const bucket = ids[at]!;
    const leaf = at / ID_BYTES;
    buckets[bucket]!.set([ids[at + 1]!, ids[at + 2]!, ids[at + 3]!, leaf >> 8, leaf & 255], filled[bucket]!);
    filled[bucket]! += ENTRY_BYTES;
  }
  return buckets;
}

/** The leaves whose events' ids begin as this one does; none for what is no id. */
export function leavesOfId(statements: Statements, tenant: number, eventId: string): number[] {
  const wanted = Buffer.from(eventId.slice(0, 2 * ID_BYTES), "hex");
  if (wanted.length !== ID_BYTES) return [];
  const rest = wanted.subarray(1);
  const runs = statements
    .get("SELECT run, leaves FROM ledger_ids WHERE tenant = ? AND bucket = ? AND instr(leaves, ?) > 0")
    .all(tenant, wanted[0]!, rest) as unknown as [number, Uint8Array][];
  const [last] = statements
    .get("SELECT max(run) FROM ledger_ids WHERE tenant = ? AND bucket = ?")
    .get(tenant, wanted[0]!) as unknown as [number | null];
  // A bucket may be empty in the last run: then some tiles are looked at that need not be.
  const tail = statements
    .get("SELECT n, ids FROM ledger_entries WHERE tenant = ? AND n >= ? AND instr(ids, ?) > 0")
    .all(tenant, ((last ?? -1) + 1) * TILES_A_RUN, wanted) as unknown as [number, Uint8Array][];
  return [
    ...runs.flatMap(([run, leaves]) =>
      placesOf(rest, leaves, ENTRY_BYTES).map((at) => {
        const leaf = at * ENTRY_BYTES + REST_BYTES;
        return run * TILES_A_RUN * WIDTH + leaves[leaf]! * 256 + leaves[leaf + 1]!;
      }),
    ),
    ...tail.flatMap(([n, ids]) => placesOf(wanted, ids, ID_BYTES).map((at) => n * WIDTH + at)),
  ];
}

/** Which entries of a list begin with these bytes. */
function placesOf(wanted: Buffer, list: Uint8Array, bytesEach: number): number[] {
  const places: number[] = [];
  for (let at = 0; at < list.length; at += bytesEach)
    if (wanted.equals(list.subarray(at, at + wanted.length))) places.push(at / bytesEach);
  return places;
}
