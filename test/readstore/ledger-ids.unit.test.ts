// Leaves by the ids and the positions of their events, in a tree with sorted runs of ids and tiles beyond them.
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventIdOf, growTree, placeOf } from "../../bench/ledger/synthetic-tree.ts";
import { positionOf } from "../../src/eventlog/event-log.ts";
import { SqliteReadStore } from "../../src/readstore/sqlite/sqlite-read-store.ts";
import { temporaryFolder } from "../support/embedded.ts";

/** Two runs of 65 536, a full tile and a part of one. */
const LEAVES = 2 * 65_536 + 256 + 17;
const INDEXES = [0, 1, 255, 256, 65_279, 65_535, 65_536, 131_071, 131_072, 131_327, 131_328, LEAVES - 1];

describe("in a tree of two runs and more", () => {
  const folder = temporaryFolder();
  let store: SqliteReadStore;
  beforeAll(() => {
    growTree(folder, "acme", LEAVES);
    store = new SqliteReadStore(folder);
  });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it("every leaf is found by the id of its event", () => {
    expect(store.ledger.ledgerSize("acme")).toBe(LEAVES);
    for (let index = 0; index < LEAVES; index += 97)
      expect(store.ledger.ledgerCandidates("acme", eventIdOf(index))).toEqual([
        { index, position: positionOf(placeOf(index)) },
      ]);
    for (const index of INDEXES)
      expect(store.ledger.ledgerCandidates("acme", eventIdOf(index))).toContainEqual({
        index,
        position: positionOf(placeOf(index)),
      });
  });

  it("what is no id, or nobody's, is found nowhere", () => {
    expect(store.ledger.ledgerCandidates("acme", eventIdOf(LEAVES))).toEqual([]);
    expect(store.ledger.ledgerCandidates("acme", "no id")).toEqual([]);
    expect(store.ledger.ledgerCandidates("nobody", eventIdOf(0))).toEqual([]);
  });

  it("every leaf is found by the position of its event, and no other position is a leaf's", () => {
    for (const index of [...INDEXES, 70_000]) {
      expect(store.ledger.ledgerIndexAt("acme", positionOf(placeOf(index)))).toBe(index);
      expect(store.ledger.ledgerIndexAt("acme", positionOf(placeOf(index) + 1))).toBeUndefined();
    }
    expect(store.ledger.ledgerIndexAt("acme", positionOf(0))).toBeUndefined();
    expect(store.ledger.ledgerIndexAt("acme", positionOf(placeOf(LEAVES)))).toBeUndefined();
    expect(store.ledger.ledgerIndexAt("nobody", positionOf(1))).toBeUndefined();
  });
});
