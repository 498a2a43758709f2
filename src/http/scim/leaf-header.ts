// Where the ledger has what a request wrote: the index of its last event's leaf, by which a proof is asked for.

const LEAF_HEADER = "SCIM-Ledger-Index";

/** A write, as far as the ledger is concerned. */
export interface Leafed {
  /** Absent where nothing was written, and where the engine cannot say so at once. */
  readonly leaf?: number;
}

export const leafHeader = ({ leaf }: Leafed): readonly string[] =>
  leaf === undefined ? [] : [LEAF_HEADER, String(leaf)];

/** Of several writes the last leaf: a head over more leaves than this covers them all. */
export const lastLeaf = (writes: readonly Leafed[]): Leafed =>
  writes.reduce<Leafed>((last, one) => ((one.leaf ?? -1) > (last.leaf ?? -1) ? one : last), {});
