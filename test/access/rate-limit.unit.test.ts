import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { networkOf, SourceLimit, TokenBucket } from "../../src/access/rate-limit.ts";

describe("a token bucket", () => {
  it("never admits more than its burst and its rate together, and says truly when it will", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.array(fc.nat(5_000), { maxLength: 200 }), (perMinute, gaps) => {
        const bucket = new TokenBucket(perMinute, 0);
        let now = 0;
        let admitted = 0;
        for (const gap of gaps) {
          now += gap;
          const wait = bucket.take(now);
          if (wait === 0) admitted += 1;
          else expect(Number.isInteger(wait) && wait <= 60).toBe(true);
        }
        expect(admitted).toBeLessThanOrEqual(perMinute + (now * perMinute) / 60_000 + 1e-6);
      }),
    );
    const bucket = new TokenBucket(2, 0);
    expect([bucket.take(0), bucket.take(0)]).toEqual([0, 0]);
    expect(bucket.take(0)).toBe(30);
    expect(bucket.take(30_000)).toBe(0);
  });

  it("does not run backwards with the clock", () => {
    const bucket = new TokenBucket(1, 1_000);
    bucket.take(1_000);
    expect(bucket.take(0)).toBeGreaterThan(0);
  });
});

it("sources are bounded, each with its own bucket", () => {
  const limit = new SourceLimit(1, 3);
  expect(limit.take("a", 0)).toBe(0);
  expect(limit.take("a", 0)).toBe(60);
  expect(limit.take("b", 0)).toBe(0);
  for (let i = 0; i < 100; i++) limit.take(`s${i}`, 0);
  expect(limit.size).toBe(3);
});

describe("the network of an address", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:db8::2:3:4:5:6", "2001:db8:0:2::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["1:2:3::", "1:2:3:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
    ["1:2:3:4:5:6:192.0.2.1", "1:2:3:4::/64"],
    ["unknown", "unknown"],
    ["", ""],
  ])("of “%s” is “%s”", (address, network) => expect(networkOf(address)).toBe(network));

  it("is the same for addresses that share their first 64 bits, however they are written, and for no others", () => {
    const half = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 });
    const text = (groups: readonly number[]) => groups.map((group) => group.toString(16)).join(":");
    const shortest = (address: string) => new URL(`http://[${address}]`).hostname.slice(1, -1);
    fc.assert(
      fc.property(half, half, half, half, (network, host, other, otherHost) => {
        const [one, same] = [text([...network, ...host]), shortest(text([...network, ...otherHost]))];
        expect(networkOf(same)).toBe(networkOf(one));
        const stranger = shortest(text([...other, ...host]));
        expect(networkOf(stranger) === networkOf(one)).toBe(text(network) === text(other));
      }),
    );
  });
});
