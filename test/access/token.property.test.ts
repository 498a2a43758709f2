import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { hashOf, isHash, issueToken, newId, parseToken, TOKEN_LENGTH } from "../../src/access/token.ts";

describe("tokens", () => {
  it("come back in their parts, and the hash is that of the secret", () => {
    for (let i = 0; i < 200; i++) {
      const credential = newId();
      const { token, hash } = issueToken(credential);
      expect(token).toHaveLength(TOKEN_LENGTH);
      expect(token).toMatch(/^scl_[0-9A-Za-z]{12}_[0-9A-Za-z]{36}$/);
      const parsed = parseToken(token)!;
      expect(parsed.credential).toBe(credential);
      expect(isHash(hashOf(parsed.secret), hash)).toBe(true);
      expect(token).not.toContain(hash);
    }
  });

  it("with any one character changed are none", () => {
    const { token } = issueToken(newId());
    const characters = fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-. é");
    fc.assert(
      fc.property(fc.nat(TOKEN_LENGTH - 1), characters, (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        expect(parseToken(changed) !== undefined).toBe(changed === token);
      }),
      { numRuns: 1_000 },
    );
  });

  it("are not to be had from any other text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => parseToken(text) === undefined));
    for (const text of ["", "scl_", "__proto__", `scl_${"a".repeat(12)}_${"b".repeat(36)}`])
      expect(parseToken(text)).toBeUndefined();
  });

  it("use every character of the alphabet about as often", () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 2_000; i++)
      for (const character of parseToken(issueToken("0".repeat(12)).token)!.secret)
        counts.set(character, (counts.get(character) ?? 0) + 1);
    const expected = (2_000 * 30) / 62;
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - expected)).toBeLessThan(expected / 4);
  });
});
