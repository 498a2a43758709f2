// Looks up many rows that lie far from each other on a thread of its own, which is started with the first lookup: meanwhile
// the thread that asked makes use of what it has.

import type { SQLInputValue } from "node:sqlite";
import { Worker } from "node:worker_threads";
import type { CacheSize } from "./views-file.ts";

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

const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./rows-worker.ts" : "./rows-worker.js", import.meta.url);
/** Rows that are looked up are seldom asked for again. */
const CACHE_MEGABYTES = 8;

export class RowsThread {
  readonly #data: RowsThreadData;
  readonly #waiting = new Map<number, PromiseWithResolvers<readonly unknown[]>>();
  #worker: Worker | undefined;
  #asked = 0;
  #isClosing = false;

  constructor(folder: string) {
    this.#data = { folder, cache: { cacheMegabytes: CACHE_MEGABYTES } };
  }

  /** The rows of a statement that reads. */
  all(sql: string, values: readonly SQLInputValue[]): Promise<readonly unknown[]> {
    if (this.#isClosing) return Promise.reject(new Error("the read store is closed"));
    const waiting = Promise.withResolvers<readonly unknown[]>();
    const number = ++this.#asked;
    this.#waiting.set(number, waiting);
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage({ number, sql, values } satisfies Lookup);
    return waiting.promise;
  }

  /** What was asked before is answered first. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    const gone = new Promise((resolve) => worker.once("exit", resolve));
    worker.ref();
    worker.postMessage("close");
    await gone;
  }

  #start(): Worker {
    const worker = new Worker(WORKER, { workerData: this.#data });
    worker.on("message", (found: LookedUp) => this.#settle(found));
    worker.on("error", (error) => this.#fail(worker, error));
    worker.on("exit", () => this.#fail(worker, new Error("the thread of lookups ended")));
    return worker;
  }

  #settle({ number, rows, failed }: LookedUp): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    // An idle thread keeps no process alive, but for one whose end is waited for.
    if (this.#waiting.size === 0 && !this.#isClosing) this.#worker?.unref();
    if (rows === undefined) waiting?.reject(new Error(failed));
    else waiting?.resolve(rows);
  }

  /** The next lookup starts the thread anew. */
  #fail(worker: Worker, error: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
