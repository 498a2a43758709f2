// `ledger`: one Merkle tree a tenant, grown in log order. Pure: from the right edges that are stored to what a batch adds.
import { grow, type Tree } from "../../ledger/growth.ts";
import { TILE_WIDTH } from "../../ledger/tiles.ts";
import type { LedgerEdge, LedgerEntries, LedgerGrowth } from "../../readstore/view-writer.ts";
import type { Leaf } from "./leaf-of.ts";

interface WithLeaf {
  readonly place: number;
  readonly leaf?: Leaf;
}

export const tenantsOf = (events: readonly WithLeaf[]): readonly string[] => [
  ...new Set(events.flatMap(({ leaf }) => (leaf === undefined ? [] : [leaf.tenant]))),
];

/** Where the events' leaves come to stand, each in its tenant's tree; -1 for an event without one. */
export function leafIndexes(events: readonly WithLeaf[], edges: readonly LedgerEdge[]): readonly number[] {
  const next = new Map(edges.map(({ tenant, size }) => [tenant, size]));
  return events.map(({ leaf }) => {
    if (leaf === undefined) return -1;
    const index = next.get(leaf.tenant) ?? 0;
    next.set(leaf.tenant, index + 1);
    return index;
  });
}

/** What the events' leaves make of their tenants' trees. */
export function growLedgers(events: readonly WithLeaf[], edges: readonly LedgerEdge[]): readonly LedgerGrowth[] {
  const byTenant = new Map<string, { place: number; leaf: Leaf }[]>();
  for (const { place, leaf } of events) {
    if (leaf === undefined) continue;
    const leaves = byTenant.get(leaf.tenant);
    if (leaves === undefined) byTenant.set(leaf.tenant, [{ place, leaf }]);
    else leaves.push({ place, leaf });
  }
  return edges.flatMap((edge) => {
    const leaves = byTenant.get(edge.tenant);
    return leaves === undefined ? [] : [growth(edge, leaves)];
  });
}

function growth(edge: LedgerEdge, leaves: readonly { place: number; leaf: Leaf }[]): LedgerGrowth {
  const before: Tree = { size: edge.size, edge: edge.tiles };
  const { tree, tiles } = grow(
    before,
    leaves.map(({ leaf }) => leaf.hash),
  );
  const entries = appendEntries(edge.entries, leaves);
  return {
    edge: { tenant: edge.tenant, size: tree.size, tiles: tree.edge, entries: next(entries.at(-1)!) },
    tiles,
    entries,
  };
}

const PLACE_BYTES = 6;
const ID_BYTES = 4;

const NONE = new Uint8Array(0);

/** Memory for a full tile's entries that begins with these; the same memory, where they lie in such. */
function withRoom(entries: Uint8Array, bytesEach: number): Buffer {
  const size = TILE_WIDTH * bytesEach;
  if (entries.byteOffset === 0 && entries.buffer.byteLength === size) return Buffer.from(entries.buffer);
  const room = Buffer.from(new ArrayBuffer(size));
  room.set(entries);
  return room;
}

/** The entries that are new or longer, the last of which may be full. */
function appendEntries(
  last: LedgerEntries,
  leaves: readonly { place: number; leaf: Leaf }[],
): readonly LedgerEntries[] {
  const all: LedgerEntries[] = [];
  let [n, width] = [last.n, last.ids.length / ID_BYTES];
  for (let at = 0; at < leaves.length; ) {
    const some = leaves.slice(at, at + TILE_WIDTH - width);
    const places = withRoom(width === 0 ? NONE : last.places, PLACE_BYTES);
    const ids = withRoom(width === 0 ? NONE : last.ids, ID_BYTES);
    for (const { place, leaf } of some) {
      places.writeUIntBE(place, width * PLACE_BYTES, PLACE_BYTES);
      ids.write(leaf.eventId, width * ID_BYTES, ID_BYTES, "hex");
      width += 1;
    }
    all.push({ n, places: places.subarray(0, width * PLACE_BYTES), ids: ids.subarray(0, width * ID_BYTES) });
    at += some.length;
    [n, width] = [n + 1, 0];
  }
  return all.length === 0 ? [last] : all;
}

/** What the next leaves are appended to. */
const next = (entries: LedgerEntries): LedgerEntries =>
  entries.ids.length === TILE_WIDTH * ID_BYTES ? { n: entries.n + 1, places: NONE, ids: NONE } : entries;
