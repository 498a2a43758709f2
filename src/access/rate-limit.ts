// Token buckets: a rate per minute, with a burst of as much. Times are milliseconds, handed in.
import { isIPv6 } from "node:net";

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

/** Groups of an IPv6 address that name a network; whoever has one has all addresses in it (RFC 4291 §2.5.4, RFC 6177). */
const NETWORK_GROUPS = 4;

/** The network of one subscriber: of an IPv4 address the address itself, of an IPv6 address its /64. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [before = "", after] = address.split("::");
  const groups = before === "" ? [] : before.split(":");
  // What “::” stands for reaches into the network only where it begins within it.
  const rest = after === undefined || after === "" ? 0 : groupsIn(after);
  while (after !== undefined && groups.length < 8 - rest) groups.push("0");
  if (after !== undefined && after !== "") groups.push(...after.split(":"));
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(":")}::/64`;
}

/** Sixteen-bit groups in a part of an address; an IPv4 address at its end is two. */
const groupsIn = (part: string): number => part.split(":").length + (part.includes(".") ? 1 : 0);

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
