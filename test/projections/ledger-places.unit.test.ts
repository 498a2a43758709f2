import { expect, it } from "@jest/globals";
import { growLedgers } from "../../src/projections/ledger/grow-ledgers.ts";

const NONE = new Uint8Array(0);
const edge = { tenant: "acme", size: 0, tiles: [], entries: { n: 0, places: NONE, ids: NONE } };
const grown = (place: number) =>
  growLedgers([{ place, leaf: { tenant: "acme", eventId: "0a1b2c3d-0000", hash: new Uint8Array(32) } }], [edge]);

it("the ledger keeps an event's place to the last of 2^48, and refuses one beyond rather than keep a wrong one", () => {
  const last = 2 ** 48 - 1;
  const { places } = grown(last)[0]!.entries[0]!;
  expect(Buffer.from(places).readUIntBE(0, 6)).toBe(last);
  for (const place of [last + 1, Number.MAX_SAFE_INTEGER]) expect(() => grown(place)).toThrow(/out of range/u);
});
