import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readEnvelope } from "../../src/eventlog/envelope.ts";
import type { RecordedEvent } from "../../src/eventlog/event-log.ts";
import { rootOf } from "../../src/ledger/growth.ts";
import { commitsTo, decodeLeaf, encodeLeaf } from "../../src/ledger/leaf.ts";
import { leafRecordOf } from "../../src/projections/ledger/leaf-of.ts";
import { NaiveTree } from "../ledger/naive-tree.ts";
import { type Views, viewsOf } from "../readstore/views.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { arbitraryHistory } from "./arbitrary-history.ts";
import { History } from "./history.ts";

const newFolder = temporaryFolders();
const recordOf = (event: RecordedEvent) => leafRecordOf(event, readEnvelope(event));
const naiveOf = (events: readonly RecordedEvent[]): NaiveTree =>
  new NaiveTree(events.map((event) => encodeLeaf(recordOf(event))));
const sha256 = (data: string | Uint8Array): Buffer => createHash("sha256").update(data).digest();

function hashesOf({ store }: Views, tenant: string): Buffer[] {
  const size = Number(store.ledger.ledgerSize(tenant));
  return Array.from({ length: size }, (_, index) => {
    const tile = store.ledger.ledgerTile(tenant, 0, index >> 8) as Uint8Array;
    return Buffer.from(tile.subarray((index & 255) * 32, ((index & 255) + 1) * 32));
  });
}

describe("the ledger", () => {
  it("has every event of a tenant as a leaf, in log order, in whatever batches they come", () =>
    fc.assert(
      fc.property(arbitraryHistory(40), fc.integer({ min: 1, max: 50 }), (history, size) => {
        using views = viewsOf(history, newFolder(), { size });
        const naive = naiveOf(history.events);
        expect(hashesOf(views, "acme")).toEqual(history.events.map((_, index) => naive.leaf(index)));
        expect(views.store.ledger.ledgerPositions("acme", 0)).toEqual(
          history.events.slice(0, 256).map(({ position }) => position),
        );
      }),
      { numRuns: 15 },
    ));

  it("goes on from its right edge after a start, beyond a full tile", () => {
    const history = new History();
    for (let n = 0; n < 300; n++) history.createUser({ userName: `user ${n}` });
    const folder = newFolder();
    viewsOf({ ...history, events: history.events.slice(0, 256), openKey: history.openKey } as never, folder)[
      Symbol.dispose
    ]();
    using views = viewsOf(history, folder, { size: 7 });
    const { writer } = views;
    const edge = writer.load({ resources: [], pendingOf: [], pastOf: [], definitionsOf: [], ledgers: ["acme"] })
      .ledgers[0]!;
    const naive = naiveOf(history.events);
    expect(edge.size).toBe(history.events.length);
    expect(rootOf({ size: edge.size, edge: edge.tiles })).toEqual(naive.root(edge.size));
    expect(Buffer.from(views.store.ledger.ledgerTile("acme", 1, 0) as Uint8Array).subarray(0, 32)).toEqual(
      naive.root(256),
    );
  });

  it("finds the leaf of an event by the event's id", () => {
    const history = new History();
    for (let n = 0; n < 270; n++) history.createUser({ userName: `user ${n}` });
    using views = viewsOf(history, newFolder());
    for (const index of [0, 255, 256, 269]) {
      const { id, position } = history.events[index]!;
      expect(views.store.ledger.ledgerCandidates("acme", id)).toContainEqual({ index, position });
    }
    expect(views.store.ledger.ledgerCandidates("acme", "no id")).toEqual([]);
    expect(views.store.ledger.ledgerCandidates("nobody", history.events[0]!.id)).toEqual([]);
    expect(views.store.ledger.ledgerSize("nobody")).toBe(0);
  });
});

it("a leaf commits to the bytes of its event, and to its place", () =>
  fc.assert(
    fc.property(arbitraryHistory(10), (history) => {
      for (const event of history.events) {
        const leaf = decodeLeaf(encodeLeaf(recordOf(event)));
        expect(leaf).toMatchObject({
          tenant: "acme",
          stream: event.stream,
          revision: event.revision,
          type: event.type,
        });
        const { ciphertext } = event;
        const parts = {
          envelope: sha256(event.envelope),
          // Format, then the commitment of 32 bytes.
          ...(ciphertext === null ? {} : { ciphertext: sha256(ciphertext), commitment: ciphertext.slice(1, 33) }),
        };
        expect(commitsTo(leaf, parts)).toBe(true);
        expect(commitsTo(leaf, { ...parts, envelope: sha256(`${event.envelope} `) })).toBe(false);
        expect(commitsTo(leaf, { ...parts, ciphertext: sha256("other") })).toBe(false);
      }
    }),
    { numRuns: 20 },
  ));
