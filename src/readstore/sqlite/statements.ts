import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/** Prepared statements by their text, the least recently used dropped beyond a limit. Rows come as arrays. */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #limit: number;
  readonly #prepared = new Map<string, StatementSync>();
  /** By what they were made of, as long as that is kept. */
  readonly #ofSources = new WeakMap<{ readonly sql: string }, StatementSync>();

  constructor(database: DatabaseSync, limit = 256) {
    this.#database = database;
    this.#limit = limit;
  }

  get(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement !== undefined) this.#prepared.delete(sql);
    else {
      statement = this.#database.prepare(sql);
      statement.setReturnArrays(true);
      if (this.#prepared.size >= this.#limit) this.#prepared.delete(this.#prepared.keys().next().value!);
    }
    this.#prepared.set(sql, statement);
    return statement;
  }

  /** Rows one by one. A statement that was ended by an error fails when it is iterated the next time: it is made anew. */
  *rows<Row>(sql: string, values: readonly SQLInputValue[]): Generator<Row, void> {
    try {
      yield* this.get(sql).iterate(...values) as unknown as Iterable<Row>;
    } catch (error) {
      this.#prepared.delete(sql);
      throw error;
    }
  }

  /** As `get`, without a look at the text, for what is asked for again and again. */
  of(source: { readonly sql: string }): StatementSync {
    let statement = this.#ofSources.get(source);
    if (statement === undefined) {
      statement = this.get(source.sql);
      this.#ofSources.set(source, statement);
    }
    return statement;
  }
}
