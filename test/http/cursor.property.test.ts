import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { positionOf } from "../../src/eventlog/event-log.ts";
import { type CursorContents, Cursors } from "../../src/http/scim/cursor.ts";
import { cursorKeys } from "../../src/vault/cursor-key.ts";

const keyOf = async (tenant: string) => createHash("sha256").update(tenant).digest();
let now = 1_800_000_000_000;
const cursors = new Cursors({ keyOf, seconds: 60, clock: () => now });

const place = fc.nat({ max: Number.MAX_SAFE_INTEGER }).map(positionOf);
const contents: fc.Arbitrary<CursorContents> = fc
  .tuple(place, place, fc.array(place, { maxLength: 3 }), fc.nat(10_000), fc.option(fc.nat(10 ** 9)))
  .map(([position, began, passed, count, total]) => ({
    position,
    place: { began, passed },
    count,
    ...(total === null ? {} : { total }),
  }));
const INVALID = expect.objectContaining({ status: 400, scimType: "invalidCursor" });

describe("a cursor", () => {
  it("says what was put into it, in unreserved characters, and short enough for any URL", () =>
    fc.assert(
      fc.asyncProperty(contents, fc.string(), async (given, asked) => {
        const cursor = await cursors.seal("acme", asked, given);
        expect(cursor).toMatch(/^[A-Za-z0-9\-._~]{1,128}$/);
        expect(await cursors.open("acme", asked, cursor)).toEqual(given);
      }),
    ));

  it("is of one tenant, one query and this service: anything else is refused in the same words", () =>
    fc.assert(
      fc.asyncProperty(contents, fc.string(), fc.string(), fc.nat(), fc.nat(), async (given, asked, other, at, to) => {
        const cursor = await cursors.seal("acme", asked, given);
        const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~=+/ %";
        const index = at % cursor.length;
        const forged = cursor.slice(0, index) + alphabet[to % alphabet.length] + cursor.slice(index + 1);
        const attempts: [string, string, string][] = [
          ["other", asked, cursor],
          ["acme", `${asked}x`, cursor],
          ["acme", asked, cursor.slice(0, index)],
          ["acme", asked, `${cursor}A`],
          ["acme", asked, cursor + cursor],
          ["acme", asked, other],
          ...(forged === cursor ? [] : [["acme", asked, forged] as [string, string, string]]),
        ];
        const details = new Set<string>();
        for (const [tenant, query, text] of attempts) {
          const refused = await cursors.open(tenant, query, text).catch((error: Error) => error);
          expect(refused).toEqual(INVALID);
          details.add((refused as Error).message);
        }
        expect(details.size).toBe(1);
      }),
    ));

  it("is good for as long as is advertised, from when it was made, and no longer", async () => {
    const given = { position: positionOf(7), place: { began: positionOf(7), passed: [positionOf(3)] }, count: 10 };
    const cursor = await cursors.seal("acme", "q", given);
    now += 60_000 - (now % 1_000);
    expect(await cursors.open("acme", "q", cursor)).toEqual(given);
    now += 1_001;
    await expect(cursors.open("acme", "q", cursor)).rejects.toThrow(
      expect.objectContaining({ status: 400, scimType: "expiredCursor" }),
    );
    now -= 61_001;
  });

  it("is never the same text twice, so that nobody learns from two of them", async () => {
    const given = { position: positionOf(7), place: { began: positionOf(7), passed: [] }, count: 10 };
    expect(await cursors.seal("acme", "q", given)).not.toBe(await cursors.seal("acme", "q", given));
  });

  it("is opened by every node that has the tenant's keys, and its key is no other key of the tenant", async () => {
    const claimKey = (tenant: string) => createHash("sha256").update(`claims of ${tenant}`).digest();
    const [one, another] = [cursorKeys({ claimKey }), cursorKeys({ claimKey })];
    expect(await one("acme")).toEqual(await another("acme"));
    expect(await one("acme")).not.toEqual(await one("other"));
    expect(Buffer.from(await one("acme")).equals(claimKey("acme"))).toBe(false);
  });
});
