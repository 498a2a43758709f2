// Hands signed heads to anchors, behind everybody's back: a slow or dead anchor slows nothing, and gets the newest head of
// each tenant once it is there again. A head says all that the heads before it said.
import { setTimeout as sleep } from "node:timers/promises";
import type { Anchor } from "../ledger/anchor.ts";

export interface AnchoringOptions {
  readonly anchors: readonly Anchor[];
  /** Told once of each outage. */
  readonly onFailure: (anchor: string, error: unknown) => void;
  /** Milliseconds between tries of an anchor that fails, at first and at most. */
  readonly retry?: readonly [first: number, most: number];
  /** Milliseconds that the end may take at most, however many tenants there are. */
  readonly endsWithin?: number;
}

const RETRY = [1_000, 60_000] as const;
const ENDS_WITHIN = 10_000;

export class Anchoring {
  readonly #lanes: readonly Lane[];
  readonly #end = new AbortController();
  readonly #over = new AbortController();
  readonly #endsWithin: number;

  constructor({ anchors, endsWithin = ENDS_WITHIN, ...options }: AnchoringOptions) {
    const signals = { signal: this.#end.signal, over: this.#over.signal };
    this.#lanes = anchors.map((anchor) => new Lane(anchor, { ...options, ...signals }));
    this.#endsWithin = endsWithin;
  }

  /** Takes a head; returns at once. */
  offer(tenant: string, note: string): void {
    for (const lane of this.#lanes) lane.offer(tenant, note);
  }

  /** By anchor: tenants whose newest head it does not have yet. */
  pending(): readonly { readonly anchor: string; readonly tenants: number }[] {
    return this.#lanes.map(({ name, pending }) => ({ anchor: name, tenants: pending }));
  }

  /** Resolves once every anchor has what it was offered, or failed at one more try, or the time is over. */
  async end(): Promise<void> {
    this.#end.abort();
    const done = Promise.all(this.#lanes.map((lane) => lane.running)).then(() => this.#over.abort());
    const over = sleep(this.#endsWithin, undefined, { signal: this.#over.signal }).catch(() => undefined);
    await Promise.race([done, over]);
    this.#over.abort();
  }
}

interface LaneOptions extends Omit<AnchoringOptions, "anchors" | "endsWithin"> {
  /** Aborted: an anchor that fails is not waited for. */
  readonly signal: AbortSignal;
  /** Aborted: nothing more is tried. */
  readonly over: AbortSignal;
}

/** What one anchor has still to get. */
class Lane {
  readonly #anchor: Anchor;
  readonly #options: LaneOptions;
  readonly #waiting = new Map<string, string>();
  running: Promise<void> | undefined;

  constructor(anchor: Anchor, options: LaneOptions) {
    this.#anchor = anchor;
    this.#options = options;
  }

  get name(): string {
    return this.#anchor.name;
  }

  get pending(): number {
    return this.#waiting.size;
  }

  offer(tenant: string, note: string): void {
    this.#waiting.set(tenant, note);
    this.running ??= this.#run().finally(() => {
      this.running = undefined;
    });
  }

  async #run(): Promise<void> {
    const { signal, over, onFailure, retry: [first, most] = RETRY } = this.#options;
    const failing = new Set<string>();
    let [pause, inARow] = [0, 0];
    for (let next = this.#next(); next !== undefined && !over.aborted; next = this.#next()) {
      const [tenant, note] = next;
      const isLast = signal.aborted;
      try {
        await this.#anchor.hand(tenant, note);
        // A newer head may have come meanwhile.
        if (this.#waiting.get(tenant) === note) this.#waiting.delete(tenant);
        failing.delete(tenant);
        [pause, inARow] = [0, 0];
      } catch (error) {
        if (failing.size === 0) onFailure(this.name, error);
        failing.add(tenant);
        this.#postpone(tenant);
        inARow += 1;
        // The anchor may refuse this one tenant: the others go before the pause.
        if (inARow < this.#waiting.size) continue;
        if (isLast) return;
        inARow = 0;
        pause = Math.min(most, Math.max(first, pause * 2));
        await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  #postpone(tenant: string): void {
    const note = this.#waiting.get(tenant);
    this.#waiting.delete(tenant);
    if (note !== undefined) this.#waiting.set(tenant, note);
  }

  #next(): [tenant: string, note: string] | undefined {
    return this.#waiting.entries().next().value;
  }
}
