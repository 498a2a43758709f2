import type { SQLInputValue } from "node:sqlite";

/** The parameters of a statement in the making: numbered, so that a text may use one more than once. */
export class Bindings {
  readonly values: SQLInputValue[] = [];

  /** The placeholder that stands for a value. */
  bind(value: string | number | bigint | boolean): string {
    const plain = typeof value === "boolean" ? Number(value) : value;
    return `?${this.values.push(plain)}`;
  }
}

/** Text in SQL, from a schema or from this program; what a client sent is bound. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A path into JSON: `$."urn:…:User"."manager"`. */
export const jsonPath = (names: readonly string[]): string => quoted(`$${names.map((name) => `."${name}"`).join("")}`);
