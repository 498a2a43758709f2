// Token buckets: a rate per minute, with a burst of as much. Times are milliseconds, handed in.

/** Admits up to `perMinute` requests at once and refills evenly. */
export class TokenBucket {
  readonly perMinute: number;
  #tokens: number;
  #at: number;

  constructor(perMinute: number, now: number) {
    this.perMinute = perMinute;
    this.#tokens = perMinute;
    this.#at = now;
  }

  /** Takes one; 0 if there was one, else the whole seconds after which there will be. */
  take(now: number): number {
    const elapsed = Math.max(0, now - this.#at);
    this.#at = now;
    this.#tokens = Math.min(this.perMinute, this.#tokens + (elapsed * this.perMinute) / 60_000);
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.max(1, Math.ceil(((1 - this.#tokens) * 60) / this.perMinute));
  }
}

/** One bucket a source; the sources least recently seen are forgotten when there are too many. */
export class SourceLimit {
  readonly #perMinute: number;
  readonly #mostSources: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(perMinute: number, mostSources = 10_000) {
    this.#perMinute = perMinute;
    this.#mostSources = mostSources;
  }

  /** As `TokenBucket.take`, for this source. */
  take(source: string, now: number): number {
    const bucket = this.#buckets.get(source) ?? new TokenBucket(this.#perMinute, now);
    this.#buckets.delete(source);
    this.#buckets.set(source, bucket);
    if (this.#buckets.size > this.#mostSources) this.#forgetOldest();
    return bucket.take(now);
  }

  get size(): number {
    return this.#buckets.size;
  }

  #forgetOldest(): void {
    for (const source of this.#buckets.keys()) {
      this.#buckets.delete(source);
      return;
    }
  }
}
