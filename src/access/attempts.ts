// Rejected writes and failed authentications on their way to the log: bounded, limited per credential, written in
// batches behind the requests' back. What had no room is counted, and the count is an event of its own.
import { AttemptRejected, AttemptsDropped, AuthenticationFailed } from "../domain/record-events.ts";
import { TooLarge } from "../eventlog/event-log.ts";
import type { Actor } from "../eventlog/provisioning.ts";
import { type Recorder, type Recording, systemActor } from "./recorder.ts";
import { SYSTEM_TENANT } from "./tenant-name.ts";

/** A write that was refused. `detail` is kept encrypted. */
export interface Attempt {
  readonly tenant: string;
  readonly actor: Actor;
  readonly requestId: string;
  readonly client?: string;
  /** The credential's profile, and the normalisation rules by which the request was read. */
  readonly profile?: string;
  readonly rules?: readonly string[];
  readonly method: string;
  readonly resourceType?: string;
  readonly resource?: string;
  readonly status: number;
  readonly scimType?: string;
  readonly detail: string;
}

export interface AttemptLimits {
  /** Attempts that may wait. */
  readonly capacity: number;
  /** How many of them may be one credential's. */
  readonly perCredential: number;
  /** Events in one call of the recorder. */
  readonly batch: number;
  /** Sources that are counted separately within one minute. */
  readonly sources: number;
}

const ATTEMPT_LIMITS: AttemptLimits = { capacity: 1_000, perCredential: 250, batch: 200, sources: 1_000 };

/** UTF-16 units. A longer detail is cut, so that a whole batch fits into one append. */
const LONGEST_DETAIL = 1_000;
const DRAIN_AFTER_MS = 100;
const RETRY_AFTER_MS = 2_000;
const MINUTE_MS = 60_000;
/** The source under which the sources beyond the limit are counted together. */
const OTHER_SOURCES = "other";

export interface AttemptsOptions {
  readonly limits?: AttemptLimits;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** Told how many were dropped, each time. */
  readonly onDropped?: (count: number) => void;
  /** Told why a batch could not be written; it is tried again. */
  readonly onFailure?: (error: unknown) => void;
}

const minuteOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`;

export class Attempts {
  readonly #recorder: Recorder;
  readonly #limits: AttemptLimits;
  readonly #clock: () => number;
  readonly #onDropped: (count: number) => void;
  readonly #onFailure: (error: unknown) => void;
  #waiting: Attempt[] = [];
  readonly #perCredential = new Map<string, number>();
  /** Tenant → what had no room since the last batch. */
  readonly #dropped = new Map<string, number>();
  /** Source → failures within `#minute`. */
  #failures = new Map<string, number>();
  #minute = "";
  /** Counts of minutes that are over. */
  #closed: Recording[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** When the timer ends. */
  #due = 0;
  #draining: Promise<void> | undefined;

  constructor(recorder: Recorder, options: AttemptsOptions = {}) {
    this.#recorder = recorder;
    this.#limits = options.limits ?? ATTEMPT_LIMITS;
    this.#clock = options.clock ?? Date.now;
    this.#onDropped = options.onDropped ?? (() => {});
    this.#onFailure = options.onFailure ?? (() => {});
  }

  /** Never waits, never throws. */
  offer(attempt: Attempt): void {
    const { credential } = attempt.actor;
    const own = this.#perCredential.get(credential) ?? 0;
    if (this.#waiting.length >= this.#limits.capacity || own >= this.#limits.perCredential) this.#drop(attempt);
    else {
      this.#waiting.push(attempt);
      this.#perCredential.set(credential, own + 1);
    }
    this.#schedule(DRAIN_AFTER_MS);
  }

  #drop({ tenant }: Attempt): void {
    this.#dropped.set(tenant, (this.#dropped.get(tenant) ?? 0) + 1);
    this.#onDropped(1);
  }

  /** Counts a failed authentication of this client address. */
  noteFailedAuthentication(source: string): void {
    const minute = minuteOf(this.#clock());
    if (minute !== this.#minute) this.#closeMinute(minute);
    const counted = this.#failures.has(source) || this.#failures.size < this.#limits.sources ? source : OTHER_SOURCES;
    this.#failures.set(counted, (this.#failures.get(counted) ?? 0) + 1);
    this.#schedule(MINUTE_MS);
  }

  #closeMinute(next: string): void {
    const minute = this.#minute;
    for (const [source, count] of this.#failures) {
      const event = AuthenticationFailed({ minute, count }, { source });
      if (this.#closed.length < this.#limits.capacity)
        this.#closed.push({ event, actor: systemActor, requestId: minute });
    }
    this.#failures = new Map();
    this.#minute = next;
  }

  #schedule(afterMs: number): void {
    const due = this.#clock() + afterMs;
    if (this.#draining !== undefined || (this.#timer !== undefined && this.#due <= due)) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => void this.#drain(), afterMs).unref();
  }

  #drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#draining ??= this.#drainAll()
      .then(
        () => DRAIN_AFTER_MS,
        (error: unknown) => {
          this.#onFailure(error);
          return RETRY_AFTER_MS;
        },
      )
      .then((afterMs) => {
        this.#draining = undefined;
        if (this.#waiting.length + this.#dropped.size + this.#closed.length > 0) this.#schedule(afterMs);
        else if (this.#failures.size > 0) this.#schedule(MINUTE_MS);
      });
    return this.#draining;
  }

  async #drainAll(): Promise<void> {
    const now = minuteOf(this.#clock());
    if (now !== this.#minute) this.#closeMinute(now);
    while (this.#waiting.length > 0) await this.#drainBatch(this.#waiting.slice(0, this.#limits.batch));
    for (const [tenant, count] of [...this.#dropped]) {
      await this.#recorder.record(tenant, "attempt", [
        { event: AttemptsDropped({ count }), actor: systemActor, requestId: "" },
      ]);
      this.#forgetDropped(tenant, count);
    }
    while (this.#closed.length > 0) {
      const closed = this.#closed.slice(0, this.#limits.batch);
      await this.#recorder.record(SYSTEM_TENANT, "attempt", closed);
      this.#closed = this.#closed.slice(closed.length);
    }
  }

  /** A tenant's part leaves the queue when it is durable. */
  async #drainBatch(batch: readonly Attempt[]): Promise<void> {
    for (const [tenant, attempts] of Map.groupBy(batch, (attempt) => attempt.tenant))
      await this.#record(tenant, attempts);
  }

  /** An attempt that is too large for the log must not block those after it: it is found by halving the batch, and dropped. */
  async #record(tenant: string, attempts: readonly Attempt[]): Promise<void> {
    try {
      await this.#recorder.record(tenant, "attempt", attempts.map(recordingOf));
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      if (attempts.length > 1) {
        const half = attempts.length >> 1;
        await this.#record(tenant, attempts.slice(0, half));
        return this.#record(tenant, attempts.slice(half));
      }
      this.#drop(attempts[0] as Attempt);
    }
    this.#settle(attempts);
  }

  #settle(attempts: readonly Attempt[]): void {
    const done = new Set(attempts);
    this.#waiting = this.#waiting.filter((attempt) => !done.has(attempt));
    for (const { actor } of attempts) this.#release(actor.credential);
  }

  #release(credential: string): void {
    const left = (this.#perCredential.get(credential) ?? 1) - 1;
    if (left > 0) this.#perCredential.set(credential, left);
    else this.#perCredential.delete(credential);
  }

  #forgetDropped(tenant: string, written: number): void {
    const left = (this.#dropped.get(tenant) ?? 0) - written;
    if (left > 0) this.#dropped.set(tenant, left);
    else this.#dropped.delete(tenant);
  }

  /** Writes whatever waits, the current minute's failures too; for the end of the process. */
  async close(): Promise<void> {
    await this.#draining;
    this.#closeMinute("");
    await this.#drain();
    clearTimeout(this.#timer);
  }
}

const cut = (detail: string): string =>
  detail.length > LONGEST_DETAIL ? `${detail.slice(0, LONGEST_DETAIL).toWellFormed()}…` : detail;

const recordingOf = ({ actor, requestId, profile, rules, method, status, detail, ...rest }: Attempt): Recording => ({
  event: AttemptRejected(
    {
      method,
      status,
      ...(rest.resourceType === undefined ? {} : { resourceType: rest.resourceType }),
      ...(rest.resource === undefined ? {} : { resource: rest.resource }),
      ...(rest.scimType === undefined ? {} : { scimType: rest.scimType }),
    },
    { detail: cut(detail) },
  ),
  actor,
  requestId,
  ...(rest.client === undefined ? {} : { client: rest.client }),
  ...(profile === undefined ? {} : { profile }),
  ...(rules === undefined ? {} : { rules }),
});
