// Tenants, types, actors and indexed paths stand in rows as numbers.
import type { Statements } from "./statements.ts";

/** How an indexed path of a tenant's resource type is named. */
export const pathName = (tenant: string, type: string, path: string): string => `${tenant}/${type}/${path}`;

/** Tables of names. Paths have one of their own, whose order is that of the log alone, however it was cut into batches. */
type Table = "names" | "paths";

/** Reads names; what is known never changes. */
export class Names {
  protected readonly statements: Statements;
  protected readonly table: Table;
  protected readonly numbers = new Map<string, number>();
  readonly #texts = new Map<number, string>();

  constructor(statements: Statements, table: Table = "names") {
    this.statements = statements;
    this.table = table;
  }

  /** The name's number; undefined where nothing of that name has been seen. */
  find(text: string): number | undefined {
    let number = this.numbers.get(text);
    if (number !== undefined) return number;
    const row = this.statements.get(`SELECT number FROM ${this.table} WHERE text = ?`).get(text) as unknown as
      | [number]
      | undefined;
    number = row?.[0];
    if (number !== undefined) this.numbers.set(text, number);
    return number;
  }

  text(number: number): string {
    let text = this.#texts.get(number);
    if (text !== undefined) return text;
    const row = this.statements.get(`SELECT text FROM ${this.table} WHERE number = ?`).get(number) as unknown as
      | [string]
      | undefined;
    if (row === undefined) throw new Error(`the read models have no name of number ${number}`);
    text = row[0];
    this.#texts.set(number, text);
    return text;
  }
}

/** Gives numbers to new names, within the transaction that uses them. */
export class WritableNames extends Names {
  number(text: string): number {
    const known = this.find(text);
    if (known !== undefined) return known;
    const number = Number(this.statements.get(`INSERT INTO ${this.table} (text) VALUES (?)`).run(text).lastInsertRowid);
    this.numbers.set(text, number);
    return number;
  }

  /** After a rollback. */
  forget(): void {
    this.numbers.clear();
  }
}
