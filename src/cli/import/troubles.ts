// What was skipped or failed in a pass, all of it or by reason.
import type { DatabaseSync } from "node:sqlite";
import type { Outcome } from "../pull/snapshot.ts";
import type { Kind } from "../scim-client/discovery.ts";

export interface Trouble {
  readonly id: string;
  readonly outcome: Outcome;
  readonly reason: string;
}

export interface TroubleKind extends Omit<Trouble, "id"> {
  readonly count: number;
  /** An id of the source. */
  readonly example: string;
}

const WHERE = "FROM resources WHERE kind = ? AND outcome IN ('skipped', 'failed')";

/** By reason, the most frequent first. */
export const troublesByReason = (database: DatabaseSync, kind: Kind, limit: number): readonly TroubleKind[] =>
  database
    .prepare(
      `SELECT outcome, reason, count(*) AS n, min(source_id) AS example ${WHERE}
       GROUP BY outcome, reason ORDER BY n DESC, reason LIMIT ?`,
    )
    .all(kind, limit)
    .map((row) => ({
      outcome: row["outcome"] as Outcome,
      reason: String(row["reason"]),
      count: Number(row["n"]),
      example: String(row["example"]),
    }));

/** Every single one, in the order of the source. */
export function* troublesOf(database: DatabaseSync, kind: Kind): Generator<Trouble> {
  for (const row of database.prepare(`SELECT source_id, outcome, reason ${WHERE} ORDER BY ordinal`).iterate(kind))
    yield { id: String(row["source_id"]), outcome: row["outcome"] as Outcome, reason: String(row["reason"]) };
}
