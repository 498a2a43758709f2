// Looks up many rows that lie far from each other on a thread of its own: meanwhile the thread that asked makes use of what it
// has.
import type { SQLInputValue } from "node:sqlite";
import type { CacheSize } from "../views-file.ts";
import { LazyWorker, programBeside } from "./lazy-worker.ts";

export interface RowsThreadData {
  readonly folder: string;
  readonly cache: CacheSize;
}
/** A statement's text and its values. */
export interface Lookup {
  readonly number: number;
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}
export interface LookedUp {
  readonly number: number;
  /** As arrays; absent where the statement failed. */
  readonly rows?: readonly unknown[];
  readonly failed?: string;
}

/** Rows that are looked up are seldom asked for again. */
const CACHE_MEGABYTES = 8;

export class RowsThread {
  readonly #worker: LazyWorker<Lookup, LookedUp>;
  readonly #waiting = new Map<number, PromiseWithResolvers<readonly unknown[]>>();
  #asked = 0;

  constructor(folder: string) {
    this.#worker = new LazyWorker({
      program: programBeside(import.meta.url, "rows-worker"),
      data: { folder, cache: { cacheMegabytes: CACHE_MEGABYTES } } satisfies RowsThreadData,
      onAnswer: (found) => this.#settle(found),
      onFailed: (error) => this.#fail(error),
    });
  }

  /** The rows of a statement that reads. */
  all(sql: string, values: readonly SQLInputValue[]): Promise<readonly unknown[]> {
    if (this.#worker.isClosing) return Promise.reject(new Error("the read store is closed"));
    const waiting = Promise.withResolvers<readonly unknown[]>();
    const number = ++this.#asked;
    this.#waiting.set(number, waiting);
    this.#worker.post({ number, sql, values });
    return waiting.promise;
  }

  /** What was asked before is answered first. */
  close(): Promise<void> {
    return this.#worker.close();
  }

  #settle({ number, rows, failed }: LookedUp): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (this.#waiting.size === 0) this.#worker.rest();
    if (rows === undefined) waiting?.reject(new Error(failed));
    else waiting?.resolve(rows);
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
