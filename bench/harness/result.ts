// What the benchmark finds out: the shape of the JSON that it writes, and of what its goals and tables are made from.

/** One measurement of one contestant. */
export interface Sample {
  /** In the unit of the cell. */
  readonly value: number;
  /** CPU time that the server took for one answer, microseconds (whose: `CPU_SCOPE`). */
  readonly cpu?: number;
  /** Latency, milliseconds. */
  readonly p50?: number;
  readonly p99?: number;
  /** Share of one core that the load generator took: near 1, it was the limit and not the server. */
  readonly generatorLoad?: number;
  readonly failures?: number;
  readonly firstFailure?: string;
  readonly unanswered?: number;
}

export interface Measured {
  /** One a round, in order; fewer where the contestant was too slow to be asked again. */
  readonly rounds: readonly Sample[];
  readonly note?: string;
}

export type ContestantName =
  | "node:http"
  | "express"
  | "express tuned"
  | "raw SQLite"
  | "raw client"
  | "raw driver"
  | "scim-ledger"
  | "without the ledger"
  | "scimmy"
  | "scimgateway";

export interface CellResult {
  readonly name: string;
  /** Cells of one series differ in `size` alone: their goals may ask for the same figure at every size. */
  readonly series: string;
  readonly size: number;
  readonly unit: string;
  readonly contestants: Readonly<Partial<Record<ContestantName, Measured>>>;
  /** Why the cell could not be measured. */
  readonly failed?: string;
}

/** The values of one contestant, a round each; none where it took no part. */
export const valuesOf = (cell: CellResult, name: ContestantName): readonly number[] =>
  cell.contestants[name]?.rounds.map(({ value }) => value) ?? [];
