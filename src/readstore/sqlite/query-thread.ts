// Hands queries to a thread of their own, which is started with the first.
import { Worker } from "node:worker_threads";
import { ScimError, type ScimType } from "../../scim/errors.ts";
import type { Query, QueryAnswer } from "../read-store.ts";
import type { ReadingOptions } from "./views-reader.ts";

export interface ThreadData {
  readonly folder: string;
  readonly options: ReadingOptions;
  /** Milliseconds a query may take. */
  readonly deadline: number;
}
export interface Asked {
  readonly number: number;
  readonly query: Query;
}
export interface Answered {
  readonly number: number;
  readonly answer?: QueryAnswer;
  readonly refused?: { readonly status: number; readonly scimType: ScimType | undefined; readonly detail: string };
  readonly failed?: string;
}

const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./reader-worker.ts" : "./reader-worker.js", import.meta.url);

type Waiting = PromiseWithResolvers<QueryAnswer>;

export class QueryThread {
  readonly #data: ThreadData;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #asked = 0;

  constructor(data: ThreadData) {
    this.#data = data;
  }

  /** Throws ScimError tooMany where the query takes too long. */
  ask(query: Query): Promise<QueryAnswer> {
    const waiting = Promise.withResolvers<QueryAnswer>();
    const number = ++this.#asked;
    this.#waiting.set(number, waiting);
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage({ number, query } satisfies Asked);
    return waiting.promise;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const gone = new Promise((resolve) => worker.once("exit", resolve));
    worker.ref();
    worker.postMessage("close");
    await gone;
  }

  #start(): Worker {
    const worker = new Worker(WORKER, { workerData: this.#data });
    worker.on("message", (answered: Answered) => this.#settle(answered));
    worker.on("error", (error) => this.#fail(error));
    worker.on("exit", () => this.#fail(new Error("the thread of queries ended")));
    return worker;
  }

  #settle({ number, answer, refused, failed }: Answered): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    // An idle thread keeps no process alive.
    if (this.#waiting.size === 0) this.#worker?.unref();
    if (answer !== undefined) waiting?.resolve(answer);
    else if (refused !== undefined) waiting?.reject(new ScimError(refused.status, refused.scimType, refused.detail));
    else waiting?.reject(new Error(failed));
  }

  #fail(error: unknown): void {
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const each of waiting) each.reject(error);
  }
}
