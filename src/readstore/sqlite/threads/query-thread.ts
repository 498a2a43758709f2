// Hands queries to a thread of their own, one at a time.
import { ScimError, type ScimType } from "../../../scim/errors.ts";
import type { MembershipAnswer, MembershipPage, MembershipQuery, MembershipWalk } from "../../memberships.ts";
import type { Query, QueryAnswer, Walk, WalkPage } from "../../read-store.ts";
import type { ReadingOptions } from "../reading/views-reader.ts";
import { FairQueue } from "./fair-queue.ts";
import { LazyWorker, programBeside } from "./lazy-worker.ts";

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

interface Waiting extends PromiseWithResolvers<Answer> {
  readonly question: Question;
}

/** Queries of one tenant that may wait. */
const PLACES = 32;

export class QueryThread {
  readonly #worker: LazyWorker<Asked, Answered>;
  readonly #queue = new FairQueue<Waiting>(PLACES);
  #running: Waiting | undefined;
  #asked = 0;

  constructor(data: ThreadData) {
    this.#worker = new LazyWorker({
      program: programBeside(import.meta.url, "reader-worker"),
      data,
      onAnswer: (answered) => this.#settle(answered),
      onFailed: (error) => this.#fail(error),
    });
  }

  /** Throws ScimError: tooMany where the query takes too long, 503 where too many of the tenant's wait. */
  async ask<K extends Kind>(kind: K, query: Questions[K]["query"]): Promise<Questions[K]["answer"]> {
    const waiting = { ...Promise.withResolvers<Answer>(), question: { kind, query } as Question };
    this.#queue.add(query.tenant, waiting);
    if (this.#running === undefined) this.#next();
    return waiting.promise as Promise<Questions[K]["answer"]>;
  }

  close(): Promise<void> {
    for (let waiting = this.#queue.take(); waiting !== undefined; waiting = this.#queue.take())
      waiting.reject(new Error("the read store is closed"));
    return this.#worker.close();
  }

  #next(): void {
    this.#running = this.#queue.take();
    if (this.#running === undefined) this.#worker.rest();
    else this.#worker.post({ number: ++this.#asked, question: this.#running.question });
  }

  #settle({ number, answer, refused, failed }: Answered): void {
    const running = this.#running;
    if (running === undefined || number !== this.#asked) return;
    this.#next();
    if (answer !== undefined) running.resolve(answer);
    else if (refused !== undefined) running.reject(new ScimError(refused.status, refused.scimType, refused.detail));
    else running.reject(new Error(failed));
  }

  #fail(error: unknown): void {
    this.#running?.reject(error);
    this.#next();
  }
}
