// Hands queries to a thread of their own, which is started with the first.
import { Worker } from "node:worker_threads";
import { ScimError, type ScimType } from "../../scim/errors.ts";
import type { MembershipAnswer, MembershipPage, MembershipQuery, MembershipWalk } from "../memberships.ts";
import type { Query, QueryAnswer, Walk, WalkPage } from "../read-store.ts";
import { FairQueue } from "./fair-queue.ts";
import type { ReadingOptions } from "./views-reader.ts";

export interface ThreadData {
  readonly folder: string;
  readonly options: ReadingOptions;
  /** Milliseconds a query may take. */
  readonly deadline: number;
}
/** What the thread is asked, by kind. */
interface Questions {
  readonly resources: { readonly query: Query; readonly answer: QueryAnswer };
  readonly walk: { readonly query: Walk; readonly answer: WalkPage };
  readonly memberships: { readonly query: MembershipQuery; readonly answer: MembershipAnswer };
  readonly membershipWalk: { readonly query: MembershipWalk; readonly answer: MembershipPage };
}
type Kind = keyof Questions;
export type Question = { [K in Kind]: { readonly kind: K; readonly query: Questions[K]["query"] } }[Kind];
type Answer = Questions[Kind]["answer"];

export interface Asked {
  readonly number: number;
  readonly question: Question;
}
export interface Answered {
  readonly number: number;
  readonly answer?: Answer;
  readonly refused?: { readonly status: number; readonly scimType: ScimType | undefined; readonly detail: string };
  readonly failed?: string;
}

const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./reader-worker.ts" : "./reader-worker.js", import.meta.url);

interface Waiting extends PromiseWithResolvers<Answer> {
  readonly question: Question;
}

/** Queries of one tenant that may wait. */
const PLACES = 32;

export class QueryThread {
  readonly #data: ThreadData;
  readonly #queue = new FairQueue<Waiting>(PLACES);
  #running: Waiting | undefined;
  #worker: Worker | undefined;
  #asked = 0;
  #isClosing = false;

  constructor(data: ThreadData) {
    this.#data = data;
  }

  /** Throws ScimError: tooMany where the query takes too long, 503 where too many of the tenant's wait. */
  async ask<K extends Kind>(kind: K, query: Questions[K]["query"]): Promise<Questions[K]["answer"]> {
    const waiting = { ...Promise.withResolvers<Answer>(), question: { kind, query } as Question };
    this.#queue.add(query.tenant, waiting);
    if (this.#running === undefined) this.#next();
    return waiting.promise as Promise<Questions[K]["answer"]>;
  }

  #next(): void {
    this.#running = this.#queue.take();
    // An idle thread keeps no process alive, but for one whose end is waited for.
    if (this.#running === undefined) {
      if (!this.#isClosing) this.#worker?.unref();
    } else {
      this.#worker ??= this.#start();
      this.#worker.ref();
      this.#worker.postMessage({ number: ++this.#asked, question: this.#running.question } satisfies Asked);
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    for (let waiting = this.#queue.take(); waiting !== undefined; waiting = this.#queue.take())
      waiting.reject(new Error("the read store is closed"));
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
    worker.on("error", (error) => this.#fail(worker, error));
    worker.on("exit", () => this.#fail(worker, new Error("the thread of queries ended")));
    return worker;
  }

  #settle({ number, answer, refused, failed }: Answered): void {
    const running = this.#running;
    if (running === undefined || number !== this.#asked) return;
    this.#next();
    if (answer !== undefined) running.resolve(answer);
    else if (refused !== undefined) running.reject(new ScimError(refused.status, refused.scimType, refused.detail));
    else running.reject(new Error(failed));
  }

  /** The next query starts the thread anew. */
  #fail(worker: Worker, error: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#running?.reject(error);
    this.#next();
  }
}
