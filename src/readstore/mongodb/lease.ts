// The lease of the projector: who holds it renews it; who finds it expired, by the server's clock, takes it over under a
// higher epoch. The epoch fences: whatever an earlier holder still writes is refused (see `mongo-view-writer.ts`).
import { setTimeout as pause } from "node:timers/promises";
import type { Collection, Db, Document } from "mongodb";
import { controlOf, type LeaseDocument } from "./control.ts";

export interface LeaseOptions {
  /** Names the process, for whoever looks. */
  readonly owner: string;
  /** How long it lasts without being renewed, ms. */
  readonly ttl?: number;
  /** Told each time that it could not be renewed, as long as it has not expired. */
  readonly onTrouble?: (error: unknown) => void;
}

/** Milliseconds: a dead holder's work goes on elsewhere within TTL and one look. */
const TTL = 3_000;
/** Renewed so often within its time. */
const RENEWALS = 3;
/** Looked at so often within its time by those who wait for it. */
const LOOKS = 6;
const ID = "projector";

type Leases = Collection<LeaseDocument>;

const untilAfter = (ms: number) => ({ $dateAdd: { startDate: "$$NOW", unit: "millisecond", amount: ms } });
const isExpired = { $expr: { $lte: ["$expiresAt", "$$NOW"] } };
/** Of most members, so that no two holders have one epoch. */
const within = (ttl: number) => ({ maxTimeMS: ttl, writeConcern: { w: "majority", wtimeoutMS: ttl } }) as const;

export class Lease {
  readonly epoch: number;
  readonly #leases: Leases;
  readonly #owner: string;
  readonly #ttl: number;
  readonly #onTrouble: (error: unknown) => void;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();
  #expiry: NodeJS.Timeout;

  private constructor(leases: Leases, epoch: number, askedAt: number, options: Required<LeaseOptions>) {
    this.#leases = leases;
    this.epoch = epoch;
    this.#owner = options.owner;
    this.#ttl = options.ttl;
    this.#onTrouble = options.onTrouble;
    this.#expiry = this.#expireAfter(askedAt);
    void this.#renewAlways();
  }

  /** Aborted once the lease may be somebody else's: before it expires there, since our time began when we asked. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Waits until nobody holds the lease, and takes it. Rejects with the signal's reason. */
  static async take(database: Db, options: LeaseOptions, signal: AbortSignal): Promise<Lease> {
    const { owner, ttl = TTL, onTrouble = () => undefined } = options;
    const leases = controlOf<LeaseDocument>(database);
    await makeDocument(leases);
    for (;;) {
      signal.throwIfAborted();
      const askedAt = performance.now();
      const taken = await leases.findOneAndUpdate({ _id: ID, ...isExpired }, taking(owner, ttl), {
        returnDocument: "after",
        ...within(ttl),
      });
      if (taken !== null) return new Lease(leases, taken.epoch, askedAt, { owner, ttl, onTrouble });
      await pause(ttl / LOOKS, undefined, { signal });
    }
  }

  /** An epoch that no holder ever had or will have. */
  static async newEpoch(database: Db): Promise<number> {
    const leases = controlOf<LeaseDocument>(database);
    await makeDocument(leases);
    const found = await leases.findOneAndUpdate({ _id: ID }, { $inc: { lastEpoch: 1 } }, { returnDocument: "after" });
    return found!.lastEpoch;
  }

  /** Gives it up, unless it is somebody else's already. */
  async release(): Promise<void> {
    this.#ended.abort();
    this.#lose("it was given up");
    await this.#leases.updateOne(this.#mine(), { $set: { owner: "", expiresAt: new Date(0) } }, within(this.#ttl));
  }

  async #renewAlways(): Promise<void> {
    const either = AbortSignal.any([this.#ended.signal, this.lost]);
    while (!either.aborted) {
      await pause(this.#ttl / RENEWALS, undefined, { signal: either }).catch(() => undefined);
      if (!either.aborted) await this.#renew();
    }
  }

  async #renew(): Promise<void> {
    const askedAt = performance.now();
    try {
      const renewed = [{ $set: { expiresAt: untilAfter(this.#ttl) } }];
      const { matchedCount } = await this.#leases.updateOne(this.#mine(), renewed, within(this.#ttl));
      if (matchedCount === 0) this.#lose("another process took it over");
      else if (!this.lost.aborted) {
        clearTimeout(this.#expiry);
        this.#expiry = this.#expireAfter(askedAt);
      }
    } catch (error) {
      this.#onTrouble(error);
    }
  }

  #mine() {
    return { _id: ID, owner: this.#owner, epoch: this.epoch } as const;
  }

  #expireAfter(askedAt: number): NodeJS.Timeout {
    const left = askedAt + this.#ttl - performance.now();
    return setTimeout(() => this.#lose("it could not be renewed in time"), Math.max(0, left)).unref();
  }

  #lose(reason: string): void {
    clearTimeout(this.#expiry);
    this.#lost.abort(new Error(`the lease of the projector is lost: ${reason}`));
  }
}

/** A higher epoch than any before. */
const taking = (owner: string, ttl: number): Document[] => [
  { $set: { lastEpoch: { $add: ["$lastEpoch", 1] } } },
  { $set: { owner: { $literal: owner }, epoch: "$lastEpoch", expiresAt: untilAfter(ttl) } },
];

/** An upsert cannot compare with the server's time: the document must be there. */
async function makeDocument(leases: Leases): Promise<void> {
  const none = { owner: "", epoch: 0, lastEpoch: 0, expiresAt: new Date(0) };
  await leases.updateOne({ _id: ID }, { $setOnInsert: none }, { upsert: true });
}
