// The lease of the projector: who holds it renews it; who finds it expired, by the server's clock, takes it over under a
// higher epoch. The epoch fences: whatever an earlier holder still writes is refused (see `mongo-view-writer.ts`).
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Collection, Db, Document } from "mongodb";
import { inTime } from "../in-time.ts";
import { controlOf, type LeaseDocument } from "./control.ts";

export interface LeaseOptions {
  /** Names the process, for whoever looks. */
  readonly owner: string;
  /** How long it lasts without being renewed, ms. */
  readonly ttl?: number;
  /** Told each time that the server could not be asked; it goes on asking. */
  readonly onTrouble?: (error: unknown) => void;
}

/** Milliseconds: a dead holder's work goes on elsewhere within this and one look. */
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

export class MongoLease {
  readonly fences = true;
  readonly #leases: Leases;
  readonly #options: Required<LeaseOptions>;
  readonly #holder = randomUUID();
  #isMade = false;

  constructor(database: Db, { owner, ttl = TTL, onTrouble = () => undefined }: LeaseOptions) {
    this.#leases = controlOf<LeaseDocument>(database);
    this.#options = { owner, ttl, onTrouble };
  }

  /** Waits until nobody holds the lease, and takes it; undefined once the signal aborted. */
  async acquire(signal: AbortSignal): Promise<Term | undefined> {
    const { ttl, onTrouble } = this.#options;
    while (!signal.aborted) {
      const askedAt = performance.now();
      try {
        const epoch = await this.#take();
        if (epoch !== undefined) return new Term(this.#leases, epoch, askedAt, this.#options);
      } catch (error) {
        onTrouble(error);
      }
      await pause(ttl / LOOKS, undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  }

  async #take(): Promise<number | undefined> {
    const { owner, ttl } = this.#options;
    if (!this.#isMade) await inTime(makeDocument(this.#leases), ttl);
    this.#isMade = true;
    const options = { returnDocument: "after", ...within(ttl) } as const;
    // Nobody else has what this process took when the answer was lost, or renewed when it was too late: no need to wait for its end.
    const isFree = [isExpired, { holder: this.#holder }];
    const update = taking(owner, this.#holder, ttl);
    const taken = await inTime(this.#leases.findOneAndUpdate({ _id: ID, $or: isFree }, update, options), ttl);
    return taken?.epoch;
  }
}

/** An epoch that no holder of the lease ever had or will have. */
export async function newEpoch(database: Db): Promise<number> {
  const leases = controlOf<LeaseDocument>(database);
  await makeDocument(leases);
  const found = await leases.findOneAndUpdate({ _id: ID }, { $inc: { lastEpoch: 1 } }, { returnDocument: "after" });
  return found!.lastEpoch;
}

/** A time during which this process holds the lease. */
class Term {
  readonly epoch: number;
  readonly #leases: Leases;
  readonly #options: Required<LeaseOptions>;
  readonly #over = new AbortController();
  #expiry: NodeJS.Timeout;

  /** `askedAt`: when the lease was asked for, so that its time is over here before it is over there. */
  constructor(leases: Leases, epoch: number, askedAt: number, options: Required<LeaseOptions>) {
    this.#leases = leases;
    this.epoch = epoch;
    this.#options = options;
    this.#expiry = this.#expireAfter(askedAt);
    void this.#renewAlways(askedAt + options.ttl / RENEWALS);
  }

  /** Aborts once the lease may be somebody else's, or was given back. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Gives the lease back, unless it is somebody else's already. Never throws: it expires by itself. */
  async release(): Promise<void> {
    this.#end("it was given back");
    const { ttl, onTrouble } = this.#options;
    const nobody = { $set: { owner: "", expiresAt: new Date(0) }, $unset: { holder: "" } } as const;
    await inTime(this.#leases.updateOne(this.#mine(), nobody, within(ttl)), ttl).catch(onTrouble);
  }

  /** `first`: when the first time is due, which is at once where the lease was long in coming. */
  async #renewAlways(first: number): Promise<void> {
    const { signal } = this;
    for (let due = first; !signal.aborted; due = performance.now() + this.#options.ttl / RENEWALS) {
      const left = Math.max(0, due - performance.now());
      await pause(left, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.#renew();
    }
  }

  async #renew(): Promise<void> {
    const { ttl, onTrouble } = this.#options;
    const askedAt = performance.now();
    try {
      const renewed = [{ $set: { expiresAt: untilAfter(ttl) } }];
      const { matchedCount } = await inTime(this.#leases.updateOne(this.#mine(), renewed, within(ttl)), ttl);
      if (this.signal.aborted) return;
      if (matchedCount === 0) return this.#end("another process took it over");
      clearTimeout(this.#expiry);
      this.#expiry = this.#expireAfter(askedAt);
    } catch (error) {
      onTrouble(error);
    }
  }

  #mine() {
    return { _id: ID, owner: this.#options.owner, epoch: this.epoch } as const;
  }

  #expireAfter(askedAt: number): NodeJS.Timeout {
    const left = askedAt + this.#options.ttl - performance.now();
    return setTimeout(() => this.#end("it could not be renewed in time"), Math.max(0, left)).unref();
  }

  #end(reason: string): void {
    clearTimeout(this.#expiry);
    this.#over.abort(new Error(`the lease of the projector is over: ${reason}`));
  }
}

/** A higher epoch than any before. */
const taking = (owner: string, holder: string, ttl: number): Document[] => [
  { $set: { lastEpoch: { $add: ["$lastEpoch", 1] } } },
  { $set: { owner: { $literal: owner }, holder, epoch: "$lastEpoch", expiresAt: untilAfter(ttl) } },
];

/** An upsert cannot compare with the server's time: the document must be there. */
async function makeDocument(leases: Leases): Promise<void> {
  const none = { owner: "", epoch: 0, lastEpoch: 0, expiresAt: new Date(0) };
  await leases.updateOne({ _id: ID }, { $setOnInsert: none }, { upsert: true });
}
