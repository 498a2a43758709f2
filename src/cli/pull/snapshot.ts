// What was read from the source in this pass, on disk: memory stays flat however many there are.
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { JsonObject } from "../../scim/json.ts";
import { type Identity, identityOf } from "../import/core/match.ts";
import type { Kind } from "../scim-client/discovery.ts";
import type { Walk } from "./page-walk.ts";
import { statementsOf } from "./statements.ts";
import { transaction } from "./work-file.ts";

/** What became of a resource. `changed`, `matched`: it was at the target already. */
export type Outcome = "created" | "changed" | "matched" | "skipped" | "failed";

export interface Row extends Identity {
  readonly ordinal: number;
  readonly kind: Kind;
  readonly sourceId: string;
  readonly body: JsonObject;
  readonly outcome: Outcome | undefined;
}

export interface Sourced {
  readonly id: string;
  readonly body: JsonObject;
}

export class Snapshot {
  readonly #database: DatabaseSync;
  readonly #statement: ReturnType<typeof statementsOf>;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statement = statementsOf(database);
  }

  /** Puts away a page and where the walk goes on, together. Returns the next state of the walk. */
  putPage(kind: Kind, walk: Walk, page: readonly Sourced[], whole: boolean, next: (fresh: number) => Walk): Walk {
    return transaction(this.#database, () => {
      let fresh = 0;
      for (const one of page) fresh += this.#put(kind, one, walk.number, whole);
      const after = next(fresh);
      // An undisturbed walk saw all there is: what only an earlier one saw is gone.
      if (after.next === null && !after.disturbed)
        this.#run("DELETE FROM resources WHERE kind = ? AND walk < ?", kind, walk.number);
      this.keep(`walk ${kind}`, after);
      return after;
    });
  }

  /** Adds a resource that comes by itself; false where its id was there already. */
  add(kind: Kind, one: Sourced): boolean {
    return this.#put(kind, one, 1, true) === 1;
  }

  /** 1 where this walk had not seen it. The latest content counts. */
  #put(kind: Kind, { id, body }: Sourced, walk: number, whole: boolean): number {
    const seen = this.#get("SELECT walk FROM resources WHERE kind = ? AND source_id = ?", kind, id);
    const { name, externalId } = identityOf(kind, body);
    this.#run(
      `INSERT INTO resources (kind, source_id, walk, whole, body, name, external_id) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (kind, source_id) DO UPDATE SET walk = excluded.walk, whole = excluded.whole, body = excluded.body,
       name = excluded.name, external_id = excluded.external_id`,
      kind,
      id,
      walk,
      Number(whole),
      JSON.stringify(body),
      name ?? null,
      externalId ?? null,
    );
    return seen?.["walk"] === walk ? 0 : 1;
  }

  /** Resources of which only their place in a list is known, from `after` on. */
  unread(kind: Kind, after: number, limit: number): readonly { readonly ordinal: number; readonly sourceId: string }[] {
    return this.#all(
      "SELECT ordinal, source_id FROM resources WHERE kind = ? AND whole = 0 AND ordinal > ? ORDER BY ordinal LIMIT ?",
      kind,
      after,
      limit,
    ).map((row) => ({ ordinal: Number(row["ordinal"]), sourceId: String(row["source_id"]) }));
  }

  /** The whole of a resource; undefined where it is no more. */
  complete(kind: Kind, ordinal: number, body: JsonObject | undefined): void {
    if (body === undefined) {
      this.#run("DELETE FROM resources WHERE ordinal = ?", ordinal);
      return;
    }
    const { name, externalId } = identityOf(kind, body);
    this.#run(
      "UPDATE resources SET whole = 1, body = ?, name = ?, external_id = ? WHERE ordinal = ?",
      JSON.stringify(body),
      name ?? null,
      externalId ?? null,
      ordinal,
    );
  }

  /** Rows in the order of the source. `where` says which; it is ours, never text of anybody else. */
  rows(kind: Kind, where: "to do" | "deferred" | "to link", after: number, limit: number): readonly Row[] {
    const condition = CONDITIONS[where];
    return this.#all(
      `SELECT * FROM resources WHERE kind = ? AND ${condition} AND ordinal > ? ORDER BY ordinal LIMIT ?`,
      kind,
      after,
      limit,
    ).map(rowOf);
  }

  /** Bodies in the order of the ids, which does not depend on how they were read. */
  *sorted(kind: Kind): Generator<JsonObject> {
    const rows = this.#database.prepare("SELECT body FROM resources WHERE kind = ? ORDER BY source_id").iterate(kind);
    for (const row of rows) yield JSON.parse(String(row["body"])) as JsonObject;
  }

  has(kind: Kind, sourceId: string): boolean {
    return this.#get("SELECT 1 FROM resources WHERE kind = ? AND source_id = ?", kind, sourceId) !== undefined;
  }

  /** The name of a resource, as it is compared, and whether its outcome is known. */
  standing(
    kind: Kind,
    sourceId: string,
  ): { readonly name: string | undefined; readonly isDecided: boolean } | undefined {
    const row = this.#get("SELECT name, outcome FROM resources WHERE kind = ? AND source_id = ?", kind, sourceId);
    return row && { name: textOrNothing(row["name"]), isDecided: row["outcome"] !== null };
  }

  /** Whether a resource before this one has the same name or externalId. */
  hasTwin({ kind, ordinal, name, externalId }: Row, by: "name" | "externalId"): boolean {
    const [column, value] = by === "name" ? ["name", name] : ["external_id", externalId];
    if (value === undefined) return false;
    const sql = `SELECT 1 FROM resources WHERE kind = ? AND ${column} = ? AND ordinal < ? LIMIT 1`;
    return this.#get(sql, kind, value, ordinal) !== undefined;
  }

  /** Whether another resource, of another name, has this externalId and was not decided on yet. */
  hasUndecided({ kind, sourceId, name }: Row, externalId: string): boolean {
    const sql = `SELECT 1 FROM resources WHERE kind = ? AND external_id = ? AND source_id <> ? AND outcome IS NULL
      AND name IS NOT ? LIMIT 1`;
    return this.#get(sql, kind, externalId, sourceId, name ?? null) !== undefined;
  }

  settle(ordinal: number, outcome: Outcome, reason: string | undefined, linked: boolean): void {
    this.#run(
      "UPDATE resources SET outcome = ?, reason = ?, linked = ? WHERE ordinal = ?",
      outcome,
      reason ?? null,
      Number(linked),
      ordinal,
    );
  }

  defer(ordinal: number): void {
    this.#run("UPDATE resources SET deferred = 1 WHERE ordinal = ?", ordinal);
  }

  /** How many were put off, to be looked at once more. */
  deferred(kind: Kind): number {
    const sql = `SELECT count(*) AS n FROM resources WHERE kind = ? AND ${CONDITIONS.deferred}`;
    return Number(this.#get(sql, kind)!["n"]);
  }

  /** What refers to others is written: a resource that was only found is one that changed. */
  linked(ordinal: number, changed: boolean): void {
    this.#run(
      `UPDATE resources SET linked = 2, outcome = CASE WHEN ? AND outcome = 'matched' THEN 'changed' ELSE outcome END
       WHERE ordinal = ?`,
      Number(changed),
      ordinal,
    );
  }

  fail(ordinal: number, reason: string): void {
    this.#run("UPDATE resources SET linked = 2, outcome = 'failed', reason = ? WHERE ordinal = ?", reason, ordinal);
  }

  count(kind: Kind): number {
    return Number(this.#get("SELECT count(*) AS n FROM resources WHERE kind = ?", kind)!["n"]);
  }

  counts(kind: Kind): Readonly<Partial<Record<Outcome, number>>> {
    const rows = this.#all(
      "SELECT outcome, count(*) AS n FROM resources WHERE kind = ? AND outcome IS NOT NULL GROUP BY outcome",
      kind,
    );
    return Object.fromEntries(rows.map((row) => [row["outcome"], Number(row["n"])]));
  }

  /** Where a walk stood when it was put away. */
  walkOf(kind: Kind): Walk | undefined {
    return this.recall<Walk>(`walk ${kind}`);
  }

  keep(name: string, value: unknown): void {
    this.#run("INSERT OR REPLACE INTO about (name, value) VALUES (?, ?)", name, JSON.stringify(value));
  }

  recall<T>(name: string): T | undefined {
    const value = this.#get("SELECT value FROM about WHERE name = ?", name)?.["value"];
    return value === undefined ? undefined : (JSON.parse(String(value)) as T);
  }

  /** Forgets what was read, and overwrites it. */
  clear(): void {
    this.#database.exec("DELETE FROM resources; DELETE FROM notes; DELETE FROM about WHERE name LIKE 'walk %'");
    this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  #get(sql: string, ...values: (string | number | null)[]) {
    return this.#statement(sql).get(...values);
  }
  #all(sql: string, ...values: (string | number | null)[]) {
    return this.#statement(sql).all(...values);
  }
  #run(sql: string, ...values: (string | number | null)[]): void {
    this.#statement(sql).run(...values);
  }
}

const CONDITIONS = {
  "to do": "outcome IS NULL AND deferred = 0",
  deferred: "outcome IS NULL AND deferred = 1",
  "to link": "linked = 1",
} as const;

const rowOf = (row: Record<string, SQLOutputValue>): Row => ({
  ordinal: Number(row["ordinal"]),
  kind: row["kind"] as Kind,
  sourceId: String(row["source_id"]),
  body: JSON.parse(String(row["body"])) as JsonObject,
  name: textOrNothing(row["name"]),
  externalId: textOrNothing(row["external_id"]),
  outcome: (textOrNothing(row["outcome"]) as Outcome | undefined) ?? undefined,
});

const textOrNothing = (value: SQLOutputValue | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
