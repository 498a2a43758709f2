// What happened many times, said once with a count.
import type { DatabaseSync } from "node:sqlite";

export interface Note {
  readonly note: string;
  readonly count: number;
}

/** Sentences of one kind that are kept apart; a source with more of them has all others counted together. */
const MOST = 200;
const OTHERS = "further attributes that the target does not have";

export class Notes {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  add(kind: NoteKind, note: string, count = 1): void {
    if (count === 0) return;
    const isKnown = this.#database.prepare("SELECT 1 FROM notes WHERE kind = ? AND note = ?").get(kind, note);
    const kept = isKnown !== undefined || this.#size(kind) < MOST ? note : OTHERS;
    this.#database
      .prepare(
        "INSERT INTO notes (kind, note, count) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
      )
      .run(kind, kept, count);
  }

  /** The most frequent first. */
  all(kind: NoteKind): readonly Note[] {
    return this.#database
      .prepare("SELECT note, count FROM notes WHERE kind = ? ORDER BY count DESC, note")
      .all(kind)
      .map((row) => ({ note: String(row["note"]), count: Number(row["count"]) }));
  }

  #size(kind: NoteKind): number {
    return Number(this.#database.prepare("SELECT count(*) AS n FROM notes WHERE kind = ?").get(kind)!["n"]);
  }
}

/** `attribute`: not written. `member`: missing. `membership`: added, present, removed. `line`: no resource. */
export type NoteKind = "attribute" | "member" | "membership" | "line";
