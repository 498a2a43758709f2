// What happened many times, said once with a count.
import type { DatabaseSync } from "node:sqlite";
import { statementsOf } from "../pull/statements.ts";

export interface Note {
  readonly note: string;
  readonly count: number;
}

/** Sentences of one kind that are kept apart; a source with more of them has all others counted together. */
const MOST = 200;
const OTHERS = "further attributes that the target does not have";

export class Notes {
  readonly #statement: ReturnType<typeof statementsOf>;

  constructor(database: DatabaseSync) {
    this.#statement = statementsOf(database);
  }

  add(kind: NoteKind, note: string, count = 1): void {
    if (count === 0) return;
    const isKnown = this.#statement("SELECT 1 FROM notes WHERE kind = ? AND note = ?").get(kind, note);
    const kept = isKnown !== undefined || this.#size(kind) < MOST ? note : OTHERS;
    this.#statement(
      "INSERT INTO notes (kind, note, count) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
    ).run(kind, kept, count);
  }

  /** The most frequent first. */
  all(kind: NoteKind): readonly Note[] {
    return this.#statement("SELECT note, count FROM notes WHERE kind = ? ORDER BY count DESC, note")
      .all(kind)
      .map((row) => ({ note: String(row["note"]), count: Number(row["count"]) }));
  }

  #size(kind: NoteKind): number {
    return Number(this.#statement("SELECT count(*) AS n FROM notes WHERE kind = ?").get(kind)!["n"]);
  }
}

/** `attribute`: not written. `member`: missing. `membership`: added, present, removed. `line`: no resource. */
export type NoteKind = "attribute" | "member" | "membership" | "line";
