// Which resource of the target each resource of the source is; it stays from pass to pass.
import type { DatabaseSync } from "node:sqlite";
import { statementsOf } from "../pull/statements.ts";
import type { Kind } from "../scim-client/discovery.ts";

export interface Link {
  readonly sourceId: string;
  readonly targetId: string;
}

/** `links.gone` of a user who was disabled because nobody at the source was it any more. */
const DISABLED = 1;

export class Links {
  readonly #statement: ReturnType<typeof statementsOf>;

  constructor(database: DatabaseSync) {
    this.#statement = statementsOf(database);
  }

  targetOf(kind: Kind, sourceId: string): string | undefined {
    const sql = "SELECT target_id FROM links WHERE kind = ? AND source_id = ?";
    const id = this.#statement(sql).get(kind, sourceId)?.["target_id"];
    return id === undefined ? undefined : String(id);
  }

  /** The resources of the source that are this one of the target; more than one only while one of them is gone. */
  sourcesOf(kind: Kind, targetId: string): readonly string[] {
    const sql = "SELECT source_id FROM links WHERE kind = ? AND target_id = ?";
    return this.#statement(sql)
      .all(kind, targetId)
      .map((row) => String(row["source_id"]));
  }

  /** Links the two; whichever resource of the source was linked to this target before is unlinked. A mark `gone` stays. */
  link(kind: Kind, sourceId: string, targetId: string): void {
    const gone = this.wasDisabled(kind, targetId) ? DISABLED : 0;
    this.#run("DELETE FROM links WHERE kind = ? AND target_id = ? AND source_id <> ?", kind, targetId, sourceId);
    const sql = "INSERT OR REPLACE INTO links (kind, source_id, target_id, gone) VALUES (?, ?, ?, ?)";
    this.#run(sql, kind, sourceId, targetId, gone);
  }

  /** Forgets that the user was disabled for being missing: the source has them again. */
  markPresent(kind: Kind, targetId: string): void {
    this.#run("UPDATE links SET gone = 0 WHERE kind = ? AND target_id = ?", kind, targetId);
  }

  unlink(kind: Kind, sourceId: string): void {
    this.#run("DELETE FROM links WHERE kind = ? AND source_id = ?", kind, sourceId);
  }

  /** Whether this user of the target was disabled because nobody at the source was it any more. */
  wasDisabled(kind: Kind, targetId: string): boolean {
    const sql = "SELECT 1 FROM links WHERE kind = ? AND target_id = ? AND gone = ?";
    return this.#statement(sql).get(kind, targetId, DISABLED) !== undefined;
  }

  count(kind: Kind): number {
    const sql = "SELECT count(*) AS n FROM links WHERE kind = ? AND gone <> ?";
    return Number(this.#statement(sql).get(kind, DISABLED)!["n"]);
  }

  /** Whom an earlier pass saw and this one did not, less who was disabled for it already. */
  missing(kind: Kind): readonly Link[] {
    return this.#statement(
      `SELECT source_id, target_id FROM links WHERE kind = ? AND gone <> ? AND NOT EXISTS
         (SELECT 1 FROM resources WHERE resources.kind = links.kind AND resources.source_id = links.source_id)
         ORDER BY source_id`,
    )
      .all(kind, DISABLED)
      .map((row) => ({ sourceId: String(row["source_id"]), targetId: String(row["target_id"]) }));
  }

  markDisabled(kind: Kind, sourceId: string): void {
    this.#run("UPDATE links SET gone = ? WHERE kind = ? AND source_id = ?", DISABLED, kind, sourceId);
  }

  #run(sql: string, ...values: (string | number)[]): void {
    this.#statement(sql).run(...values);
  }
}
