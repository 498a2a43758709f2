// A copy of a log is that log: whatever it holds, wherever the copy breaks off, in both directions.
import { afterAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { appendsOf, type CopyTarget, compared, copyLog } from "../../src/eventlog/copy-log.ts";
import { readEnvelope } from "../../src/eventlog/envelope.ts";
import {
  type Append,
  type EventLog,
  MAX_APPEND_BYTES,
  type RecordedEvent,
  START,
} from "../../src/eventlog/event-log.ts";
import { EventStoreEventLog } from "../../src/eventlog/eventstoredb/event-store-log.ts";
import { SqliteLogReader } from "../../src/eventlog/sqlite/reader.ts";
import { SqliteLogWriter } from "../../src/eventlog/sqlite/writer.ts";
import { emptyTree, grow, rootOf } from "../../src/ledger/growth.ts";
import { leafHash } from "../../src/ledger/hash.ts";
import { entryOf } from "../../src/projections/ledger/entry-of.ts";
import { EventStoreDouble } from "../support/event-store/double.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { appendOf, sealed, userStream } from "./sealed-events.ts";

const folder = temporaryFolders();
const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

function sqlite(): CopyTarget {
  const where = folder();
  const writer = new SqliteLogWriter(where);
  const reader = new SqliteLogReader(where);
  closing.push(
    () => writer.close(),
    () => reader.close(),
  );
  return {
    readAll: async (after, limit) => reader.readAll(after, limit),
    head: async () => reader.head(),
    appendInOrder: async (appends) => {
      const { outcomes } = writer.commit([appends]);
      for (const outcome of outcomes) if (typeof outcome !== "string") throw outcome;
      await writer.flush();
    },
  };
}

const inOrder = (log: EventLog): CopyTarget => ({
  readAll: (after, limit) => log.readAll(after, limit),
  head: () => log.head(),
  appendInOrder: async (appends) => {
    for (const append of appends) await log.append(append);
  },
});

async function eventStore(): Promise<CopyTarget> {
  const double = await new EventStoreDouble().start();
  double.log.noise = 1;
  const log = await EventStoreEventLog.open(double.address);
  closing.push(
    () => double.stop(),
    () => log.close(),
  );
  return inOrder(log);
}

const everything = (log: CopyTarget) => log.readAll(START, 100_000);
const bare = ({ position: _, ciphertext, ...event }: RecordedEvent) => ({
  ...event,
  ciphertext: ciphertext && Buffer.from(ciphertext).toString("hex"),
});

/** The root of the one tenant's tree. */
function rootOfLog(events: readonly RecordedEvent[]): string {
  const leaves = events.map((event) => leafHash(entryOf("acme", event, readEnvelope(event))));
  return Buffer.from(rootOf(grow(emptyTree, leaves).tree)).toString("hex");
}

const history = fc.array(
  fc.record({
    stream: fc.nat({ max: 3 }),
    count: fc.integer({ min: 1, max: 3 }),
    clear: fc.boolean(),
    text: fc.string({ unit: "binary" }),
  }),
  { maxLength: 30 },
);

/** Writes a history as commands would: to several streams in turn. */
async function write(log: CopyTarget, steps: readonly Step[]): Promise<void> {
  const streams = Array.from({ length: 4 }, () => userStream());
  const revisions = [-1, -1, -1, -1];
  for (const { stream, count, clear, text } of steps) {
    const first = revisions[stream]! + 1;
    const events = Array.from({ length: count }, (_, index) =>
      sealed(streams[stream]!, first + index, { text: text.toWellFormed() }, clear ? null : { userName: "é" }),
    );
    const expected = first === 0 ? ("none" as const) : first - 1;
    await log.appendInOrder([{ stream: streams[stream]!, expected, events } satisfies Append]);
    revisions[stream]! += count;
  }
}
interface Step {
  readonly stream: number;
  readonly count: number;
  readonly clear: boolean;
  readonly text: string;
}

describe("a copied log", () => {
  it("has the same events in the same order, and the same root, there and back", async () => {
    const property = fc.asyncProperty(history, async (steps) => {
      const [original, middle, back] = [sqlite(), await eventStore(), sqlite()];
      await write(original, steps);
      await copyLog(original, middle);
      await copyLog(middle, back);
      const events = await everything(original);
      for (const copy of [await everything(middle), await everything(back)]) {
        expect(copy.map(bare)).toEqual(events.map(bare));
        expect(rootOfLog(copy)).toBe(rootOfLog(events));
      }
      expect(await copyLog(original, middle)).toEqual({ found: events.length, added: 0 });
    });
    await fc.assert(property, { numRuns: 15 });
  }, 60_000);

  it("is whole though the copy broke off anywhere, any number of times, and the log grew meanwhile", async () => {
    const property = fc.asyncProperty(
      history,
      history,
      fc.array(fc.nat({ max: 20 }), { maxLength: 5 }),
      async (first, second, breaks) => {
        const [original, copy] = [sqlite(), await eventStore()];
        await write(original, first);
        for (const [index, after] of breaks.entries()) {
          let left = after;
          const breaking: CopyTarget = {
            ...copy,
            appendInOrder: async (appends) => {
              const some = appends.slice(0, left);
              await copy.appendInOrder(some);
              left -= some.length;
              if (some.length < appends.length) throw new Error("broken off");
            },
          };
          await copyLog(original, breaking).catch((error: Error) => expect(error.message).toBe("broken off"));
          if (index === 0) await write(original, second);
        }
        const { found, added } = await copyLog(original, copy);
        const events = await everything(original);
        expect(found + added).toBe(events.length);
        expect((await everything(copy)).map(bare)).toEqual(events.map(bare));
      },
    );
    await fc.assert(property, { numRuns: 15 });
  }, 60_000);

  it("stops between two batches at its signal, and says how far it is", async () => {
    const [original, copy] = [sqlite(), sqlite()];
    for (let i = 0; i < 3; i++)
      await original.appendInOrder(Array.from({ length: 600 }, () => appendOf(userStream(), "none")));
    const stop = new AbortController();
    const told: string[] = [];
    const { added } = await copyLog(original, copy, {
      signal: stop.signal,
      onProgress: (position) => {
        told.push(position);
        stop.abort();
      },
    });
    expect([added, told]).toEqual([1_024, ["0000000000001024"]]);
    expect(await copyLog(original, copy)).toEqual({ found: 1_024, added: 776 });
  });
});

describe("a log that is not the beginning of the other", () => {
  it("is left alone, and the first difference is named", async () => {
    const [original, other] = [sqlite(), sqlite()];
    const append = appendOf(userStream(), "none", 3);
    await original.appendInOrder([append]);
    await other.appendInOrder([{ ...append, events: [append.events[0]!, sealed(append.stream, 1)] }]);
    await expect(copyLog(original, other)).rejects.toThrow("event 2 differs");
    expect(await everything(other)).toHaveLength(2);
    const longer = sqlite();
    await longer.appendInOrder([append, appendOf(userStream(), "none")]);
    await expect(compared(original, longer)).rejects.toThrow("event 4 differs: UserCreated");
  });
});

it("events that follow each other in one stream are appended together, below the limit of an append", async () => {
  const stream = userStream();
  const recorded = (count: number, size: number): RecordedEvent[] =>
    appendOf(stream, "none", count, { text: "x".repeat(size) }).events.map((event, revision) => ({
      ...event,
      stream,
      revision,
      position: START,
    }));
  expect(appendsOf(recorded(500, 10)).map(({ expected, events }) => [expected, events.length])).toEqual([
    ["none", 256],
    [255, 244],
  ]);
  for (const { events } of appendsOf(recorded(9, 300_000)))
    expect(events.reduce((sum, { envelope }) => sum + envelope.length, 0)).toBeLessThan(MAX_APPEND_BYTES);
  expect(() => appendsOf([recorded(3, 1)[0]!, recorded(3, 1)[2]!])).toThrow("do not follow");
});
