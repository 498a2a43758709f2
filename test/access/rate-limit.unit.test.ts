import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { SourceLimit, TokenBucket } from "../../src/access/rate-limit.ts";

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
