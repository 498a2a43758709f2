// Statements that look up many resources at once, which another thread may run.
import type { SQLInputValue } from "node:sqlite";
import type { Statements } from "../statements.ts";
import type { RowsThread } from "./rows-thread.ts";

/** A thread that takes over lookups of so many resources or more. */
export interface HandingOver {
  readonly thread: RowsThread;
  readonly from: number;
}

export class Lookups {
  readonly #statements: Statements;
  readonly #handingOver: HandingOver | undefined;

  constructor(statements: Statements, handingOver?: HandingOver) {
    this.#statements = statements;
    this.#handingOver = handingOver;
  }

  /** The rows of a statement about so many resources, as arrays. */
  async all<Row>(many: number, sql: string, ...values: SQLInputValue[]): Promise<readonly Row[]> {
    const { thread, from } = this.#handingOver ?? { from: Number.POSITIVE_INFINITY };
    return (thread !== undefined && many >= from
      ? await thread.all(sql, values)
      : this.#statements.get(sql).all(...values)) as unknown as readonly Row[];
  }
}
