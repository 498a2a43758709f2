// What one node alone does, while it holds the lease. The lease saves work and keeps an order; whatever is still under way when a
// term ends is right all the same.
import { setTimeout as pause } from "node:timers/promises";

/** A time in which this node holds the lease. */
export interface Term {
  /** Greater than that of every term before. */
  readonly epoch: number;
  /** Aborts when the lease is lost, or given back. */
  readonly signal: AbortSignal;
  /** Gives the lease back, so that another node need not wait for its end. Never throws. */
  release(): Promise<void>;
}

export interface Lease {
  /** Resolves once this node holds the lease; undefined once the signal aborted. */
  acquire(signal: AbortSignal): Promise<Term | undefined>;
}

/** What is done in a term; ends with its signal. One that ends before gives the term up. */
export type Duty = (term: Term) => Promise<void>;

export interface TermsOptions {
  readonly lease: Lease;
  readonly signal: AbortSignal;
  /** Told of each failure; the next term tries again. */
  readonly onFailure: (error: unknown) => void;
}

/** Milliseconds before the lease is asked for again: a node that fails in its duties leaves it to others first. */
const RETRY_AFTER = 500;

export class Terms {
  readonly #options: TermsOptions;
  readonly #duties: Duty[] = [];
  readonly #running = new Set<Promise<void>>();
  #term: Term | undefined;

  constructor(options: TermsOptions) {
    this.#options = options;
  }

  /** The term that this node is in; undefined while another holds the lease, or nobody. */
  get term(): Term | undefined {
    return this.#term;
  }

  /** Adds a duty, to be begun now where a term is on, and with each that comes. */
  attend(duty: Duty): void {
    this.#duties.push(duty);
    if (this.#term !== undefined) this.#begin(duty, this.#term);
  }

  /** One term after the other until the signal; resolves when every duty has ended. */
  async run(): Promise<void> {
    const { lease, signal, onFailure } = this.#options;
    while (!signal.aborted) {
      try {
        const term = await lease.acquire(signal);
        if (term !== undefined) await this.#serve(term);
      } catch (error) {
        onFailure(error);
      }
      await pause(RETRY_AFTER, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #serve(term: Term): Promise<void> {
    this.#term = term;
    const over = Promise.withResolvers<void>();
    const release = () => void term.release();
    term.signal.addEventListener("abort", () => over.resolve(), { once: true });
    if (term.signal.aborted) over.resolve();
    this.#options.signal.addEventListener("abort", release, { once: true });
    for (const duty of this.#duties) this.#begin(duty, term);
    await over.promise;
    this.#term = undefined;
    this.#options.signal.removeEventListener("abort", release);
    await Promise.all(this.#running);
  }

  #begin(duty: Duty, term: Term): void {
    const run = duty(term)
      .catch((error: unknown) => {
        if (!term.signal.aborted) this.#options.onFailure(error);
      })
      .then(() => (term.signal.aborted ? undefined : term.release()))
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }
}

/** Resolves once the signal aborted. */
export const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
