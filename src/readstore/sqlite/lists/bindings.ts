// The parameters of a statement that is made once and run for many queries of the same shape.
import type { SQLInputValue } from "node:sqlite";
import type { Comparable, Comparison, Filter } from "../../../scim/filter/filter.ts";
import { comparisonsOf } from "../../../scim/filter/terms.ts";

/** What a statement's parameters are taken from. */
export interface Inputs {
  readonly tenantName: string;
  /** Numbers of the tenant and of the resource type. */
  readonly tenant: number;
  readonly type: number;
  /** Present where the statement asks as of a place. */
  readonly place?: number;
  /** Present where a walk goes on: the place at which it began. */
  readonly began?: number;
  /** Of the filter, in its order. */
  readonly comparisons: readonly Comparison[];
  /** The number of a name; undefined where nothing bears it. */
  readonly number: (name: string) => number | undefined;
  /** The last place whose effective time is at or before an instant (microseconds). */
  readonly placeAt: (instant: number) => number;
}

/** A statement that is made for one question, with its values. */
export interface BoundStatement {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** The values of a statement in the making: numbered, so that a text may use one more than once. */
export class Values {
  readonly values: SQLInputValue[] = [];

  /** The placeholder that stands for a value. */
  bind(value: string | number): string {
    return `?${this.values.push(value)}`;
  }
}

/** How a parameter follows from the inputs. */
export type Source = (inputs: Inputs) => SQLInputValue;

/** The parameters of a statement in the making: numbered, so that a text may use one more than once. */
export class Bindings {
  readonly sources: Source[] = [];
  readonly #orders: ReadonlyMap<Comparison, number>;

  constructor(filter: Filter | undefined) {
    const comparisons = filter === undefined ? [] : comparisonsOf(filter);
    this.#orders = new Map(comparisons.map((comparison, order) => [comparison, order]));
  }

  /** The placeholder that stands for what comes of the inputs. */
  bind(source: Source): string {
    return `?${this.sources.push(source)}`;
  }

  /** The placeholder of a comparison's value, or of what follows from it. */
  valueOf(comparison: Comparison, derive: (value: Comparable) => SQLInputValue = plain): string {
    const order = this.#orders.get(comparison);
    if (order === undefined) throw new Error(`${comparison.path.text} is not compared by the filter`);
    return this.bind(({ comparisons }) => derive((comparisons[order] as Comparison).value));
  }
}

const plain = (value: Comparable): SQLInputValue => (typeof value === "boolean" ? Number(value) : value);

/** Text in SQL, from a schema or from this program; what a client sent is bound. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A path into JSON: `$."urn:…:User"."manager"`. */
export const jsonPath = (names: readonly string[]): string => quoted(`$${names.map((name) => `."${name}"`).join("")}`);
