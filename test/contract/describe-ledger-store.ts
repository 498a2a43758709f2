// What the read side of the ledger promises: every event of a tenant but the ledger's own is a leaf, in the order of the log.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readEnvelope } from "../../src/eventlog/envelope.ts";
import type { RecordedEvent } from "../../src/eventlog/event-log.ts";
import { encodeLeaf } from "../../src/ledger/leaf.ts";
import { leafRecordOf } from "../../src/projections/ledger/leaf-of.ts";
import type { LedgerStore } from "../../src/readstore/ledger-store.ts";
import { NaiveTree } from "../ledger/naive-tree.ts";
import { arbitraryHistory } from "../projections/arbitrary-history.ts";
import { ELSEWHERE, GAP, History } from "../projections/history.ts";

export interface OpenedLedger extends AsyncDisposable {
  readonly ledger: LedgerStore;
  /** Projects what was added to the history since. */
  catchUp(): void | Promise<void>;
}
/** Read models of a history, projected in batches of `size` events. */
export type OpenLedger = (history: History, size?: number) => OpenedLedger | Promise<OpenedLedger>;

const HASH = 32;
const TILE = 256;

const leavesOf = ({ events }: History, tenant: string): RecordedEvent[] =>
  events.filter(({ stream, envelope }) => {
    const of = (JSON.parse(envelope) as { tenant: string }).tenant;
    return of === tenant && !stream.startsWith("scim.ledger-");
  });
const treeOf = (events: readonly RecordedEvent[]): NaiveTree =>
  new NaiveTree(events.map((event) => encodeLeaf(leafRecordOf(event, readEnvelope(event)))));

/** Every hash of a level, tile after tile; each tile but the last is full. */
async function hashesOf(ledger: LedgerStore, tenant: string, level: number): Promise<Buffer[]> {
  const hashes: Buffer[] = [];
  for (let n = 0; ; n++) {
    const tile = await ledger.ledgerTile(tenant, level, n);
    if (tile === undefined || tile.length === 0) return hashes;
    expect(hashes.length).toBe(n * TILE);
    for (let at = 0; at < tile.length; at += HASH) hashes.push(Buffer.from(tile.subarray(at, at + HASH)));
  }
}

export function describeLedgerStore(name: string, open: OpenLedger): void {
  const users = (count: number, history = new History({ gap: GAP })): History => {
    for (let n = 0; n < count; n++) history.createUser({ userName: `user ${history.users.length}` });
    return history;
  };

  describe(`${name}: a tenant's tree`, () => {
    it("has every event as a leaf, in the order of the log, in whatever batches they came", () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(40), fc.integer({ min: 1, max: 50 }), async (history, size) => {
          await using opened = await open(history, size);
          const { ledger } = opened;
          for (const tenant of ["acme", ELSEWHERE, "nobody"]) {
            const leaves = leavesOf(history, tenant);
            const tree = treeOf(leaves);
            expect(await ledger.ledgerSize(tenant)).toBe(leaves.length);
            expect(await hashesOf(ledger, tenant, 0)).toEqual(leaves.map((_, index) => tree.leaf(index)));
            expect(await ledger.ledgerPositions(tenant, 0)).toEqual(
              leaves.slice(0, TILE).map(({ position }) => position),
            );
            for (const [index, { id, position }] of leaves.entries())
              expect(await ledger.ledgerCandidates(tenant, id)).toContainEqual({ index, position });
          }
          const tenants = ["acme", ELSEWHERE].filter((tenant) => leavesOf(history, tenant).length > 0);
          expect([...(await ledger.ledgerTenants())].sort()).toEqual(tenants);
        }),
        { numRuns: 15, endOnFailure: true },
      ));

    it("grows over full tiles into the next level, also where a batch ends in the middle of one", async () => {
      const history = users(250);
      await using opened = await open(history, 100);
      const { ledger } = opened;
      users(350, history);
      await opened.catchUp();
      const leaves = leavesOf(history, "acme");
      const tree = treeOf(leaves);
      expect(await ledger.ledgerSize("acme")).toBe(600);
      expect(await hashesOf(ledger, "acme", 0)).toEqual(leaves.map((_, index) => tree.leaf(index)));
      expect((await hashesOf(ledger, "acme", 1))[0]).toEqual(tree.root(TILE));
      expect(await ledger.ledgerPositions("acme", 2)).toEqual(leaves.slice(2 * TILE).map(({ position }) => position));
      for (const index of [0, 255, 256, 599]) {
        const { id, position } = leaves[index]!;
        expect(await ledger.ledgerCandidates("acme", id)).toContainEqual({ index, position });
      }
      const newestFirst = (await ledger.ledgerCandidates("acme", leaves[7]!.id)).map(({ index }) => index);
      expect(newestFirst).toEqual(newestFirst.toSorted((a, b) => b - a));
    });

    it("knows the last head that the log has, and has no leaf for it", async () => {
      const history = users(3);
      await using opened = await open(history);
      const { ledger } = opened;
      expect(await ledger.ledgerHead("acme")).toBeUndefined();
      history.signHead("first");
      history.signHead("second");
      await opened.catchUp();
      expect(await ledger.ledgerSize("acme")).toBe(3);
      expect(await ledger.ledgerHead("acme")).toEqual({ tenant: "acme", revision: 1, epoch: 1, note: "second" });
      expect(await ledger.ledgerHead(ELSEWHERE)).toBeUndefined();
    });

    it("is empty where nobody ever wrote, and finds nothing by what is no id", async () => {
      await using opened = await open(users(1));
      const { ledger } = opened;
      expect(await ledger.ledgerSize("nobody")).toBe(0);
      expect(await ledger.ledgerTile("nobody", 0, 0)).toBeUndefined();
      expect(await ledger.ledgerPositions("nobody", 0)).toEqual([]);
      expect(await ledger.ledgerCandidates("acme", "no id")).toEqual([]);
      expect(await ledger.ledgerTile("acme", 0, 1)).toBeUndefined();
      expect(await ledger.ledgerTile("acme", 1, 0)).toBeUndefined();
    });
  });
}
