// What one node alone does, while it holds the lease. The lease saves work and keeps an order; whatever is still under way when it
// is lost is right all the same.
import { setTimeout as pause } from "node:timers/promises";

/** The lease, held. */
export interface HeldLease {
  /** Greater than that of whoever held it before. */
  readonly epoch: number;
  /** Aborts as soon as another may hold it. */
  readonly signal: AbortSignal;
  /** Gives it back, so that another node need not wait for its end. */
  release(): Promise<void>;
}

export interface Lease {
  /** Whether what a duty still writes after its term is refused by the epoch: then the next term need not wait for it. */
  readonly fences?: boolean;
  /** Resolves once this node holds it; undefined once the signal aborted. */
  acquire(signal: AbortSignal): Promise<HeldLease | undefined>;
}

/** A time in which this node holds the lease. */
export interface Term {
  readonly epoch: number;
  /** Aborts when the term is over, for whatever reason. */
  readonly signal: AbortSignal;
  /** Aborts when another node may be in a term; until then there is time to finish something. */
  readonly lost: AbortSignal;
}

/** What is done in a term, until its signal or until there is nothing left to do. One that fails ends the term: soon. */
export type Duty = (term: Term) => Promise<void>;

export interface TermsOptions {
  readonly lease: Lease;
  /** Ends the last term: its duties finish, and the lease is given back. */
  readonly signal: AbortSignal;
  /** Told of each failure; the next term tries again. */
  readonly onFailure: (error: unknown) => void;
  /** Milliseconds that duties may take to end when the lease was lost, or one of them failed. */
  readonly patience?: number;
}

/** Milliseconds before the lease is asked for again: a node that fails in its duties leaves it to others first. */
const RETRY_AFTER = 500;
/** The longest that a term goes on whose duty failed, as one did in the terms before it, ms. */
const LONGEST_GRACE = 30_000;
/** Milliseconds that duties may take to end when their term ended untimely, so that one that hangs does not hold up the next term. */
const PATIENCE = 1_000;

/** Duties of a term that ended untimely have not ended in time; what they still do is as right as another node's. */
export class LateDuties extends Error {
  override readonly name = "LateDuties";
  constructor(count: number) {
    super(`${count} duties of a term that is over have not ended yet; the next term does not wait for them`);
  }
}

const NEVER = new AbortController().signal;

interface Running {
  readonly term: Term;
  readonly duties: Set<Promise<void>>;
  /** The term of what the duties rest on: it ends after them. */
  readonly ground: Term;
  readonly grounds: Set<Promise<void>>;
  readonly fail: () => void;
}

export class Terms {
  readonly #options: TermsOptions;
  readonly #duties: Duty[] = [];
  readonly #grounds: Duty[] = [];
  #running: Running | undefined;
  /** Terms one after the other that a failed duty ended. */
  #failed = 0;

  constructor(options: TermsOptions) {
    this.#options = options;
  }

  /** The term that this node is in; undefined while another holds the lease, or nobody. */
  get term(): Term | undefined {
    return this.#running?.term;
  }

  /** Adds a duty, to be begun now where a term is on, and with each that comes. */
  attend(duty: Duty): void {
    this.#duties.push(duty);
    const running = this.#running;
    if (running !== undefined) this.#begin(duty, running.term, running.duties, running.fail);
  }

  /** Adds a duty that the others rest on, before the first term: its signal aborts when all of them have ended. */
  attendBelow(duty: Duty): void {
    this.#grounds.push(duty);
  }

  /** One term after the other until the signal; resolves when every duty has ended and the lease is given back. */
  async run(): Promise<void> {
    const { lease, signal, onFailure } = this.#options;
    while (!signal.aborted) {
      try {
        const held = await lease.acquire(signal);
        if (held !== undefined) await this.#serve(held);
      } catch (error) {
        if (!signal.aborted) onFailure(error);
      }
      await pause(RETRY_AFTER, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #serve(held: HeldLease): Promise<void> {
    const { epoch, signal: lost } = held;
    const [failed, finished] = [new AbortController(), new AbortController()];
    const signal = AbortSignal.any([lost, this.#options.signal, failed.signal]);
    const ground = { epoch, lost, signal: AbortSignal.any([lost, finished.signal]) };
    const fail = () => failed.abort();
    const running: Running = { term: { epoch, lost, signal }, duties: new Set(), ground, grounds: new Set(), fail };
    this.#running = running;
    for (const duty of this.#grounds) this.#begin(duty, ground, running.grounds, fail);
    for (const duty of this.#duties) this.#begin(duty, running.term, running.duties, fail);
    await aborted(signal);
    this.#running = undefined;
    this.#failed = failed.signal.aborted ? this.#failed + 1 : 0;
    const patience = AbortSignal.any([lost, failed.signal]);
    await this.#ended(running.duties, patience);
    finished.abort();
    await this.#ended(running.grounds, patience);
    if (!lost.aborted) await held.release();
  }

  /**
   * Milliseconds that a term still goes on when a duty failed: none the first time, as another node may do better. What fails
   * wherever it is tried must not keep all others, the projection first, from ever getting a term to work in.
   */
  get #grace(): number {
    return this.#failed === 0 ? 0 : Math.min(LONGEST_GRACE, RETRY_AFTER * 2 ** this.#failed);
  }

  /** Resolves once all have ended, or after a while in a term that ended untimely. */
  async #ended(duties: ReadonlySet<Promise<void>>, untimely: AbortSignal): Promise<void> {
    const over = new AbortController();
    const { signal } = over;
    const late = aborted(this.#options.lease.fences === true ? untimely : NEVER)
      .then(() => pause(this.#options.patience ?? PATIENCE, undefined, { signal }))
      .catch(() => undefined);
    await Promise.race([Promise.all(duties), late]);
    over.abort();
    if (duties.size > 0) this.#options.onFailure(new LateDuties(duties.size));
  }

  #begin(duty: Duty, term: Term, under: Set<Promise<void>>, fail: () => void): void {
    const run = duty(term)
      .catch(async (error: unknown) => {
        if (term.lost.aborted) return;
        this.#options.onFailure(error);
        await pause(this.#grace, undefined, { signal: term.signal, ref: false }).catch(() => undefined);
        fail();
      })
      .finally(() => under.delete(run));
    under.add(run);
  }
}

/** The lease of a service that is one process: it holds it for life. */
export const lifelong: Lease = {
  acquire: async () => ({ epoch: 1, signal: new AbortController().signal, release: async () => {} }),
};

/** Resolves once the signal aborted. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
