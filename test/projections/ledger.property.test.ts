import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readEnvelope } from "../../src/eventlog/envelope.ts";
import type { RecordedEvent } from "../../src/eventlog/event-log.ts";
import { rootOf } from "../../src/ledger/growth.ts";
import { commitsTo, decodeLeaf, encodeLeaf } from "../../src/ledger/leaf.ts";
import { leafRecordOf } from "../../src/projections/ledger/leaf-of.ts";
import { NaiveTree } from "../ledger/naive-tree.ts";
import { viewsOf } from "../readstore/views.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { arbitraryHistory } from "./arbitrary-history.ts";
import { History } from "./history.ts";

const newFolder = temporaryFolders();
const recordOf = (event: RecordedEvent) => leafRecordOf(event, readEnvelope(event));
const naiveOf = (events: readonly RecordedEvent[]): NaiveTree =>
  new NaiveTree(events.map((event) => encodeLeaf(recordOf(event))));
const sha256 = (data: string | Uint8Array): Buffer => createHash("sha256").update(data).digest();

describe("the ledger", () => {
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
});

it("a leaf commits to the bytes of its event, and to its place", () =>
  fc.assert(
    fc.property(arbitraryHistory(10), (history) => {
      for (const event of history.events) {
        const leaf = decodeLeaf(encodeLeaf(recordOf(event)));
        expect(leaf).toMatchObject({
          tenant: readEnvelope(event).tenant,
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
