// The promises of the EventLog port; an adapter's test file calls this with a way to open a log by the name of a fresh folder.
import { afterEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  type Append,
  Conflict,
  type EventLog,
  MAX_APPEND_BYTES,
  type Position,
  type RecordedEvent,
  type SealedEvent,
  START,
  TooLarge,
  Unavailable,
} from "../../src/eventlog/event-log.ts";
import { appendOf, newId, sealed, userStream as streamOf } from "../eventlog/sealed-events.ts";
import { temporaryFolders } from "../temporary-folder.ts";

/** What a log keeps of an event. */
const kept = ({ id, type, envelope, ciphertext }: SealedEvent) => ({
  id,
  type,
  envelope,
  ciphertext: ciphertext && Buffer.from(ciphertext).toString("base64"),
});
const ids = (events: readonly SealedEvent[]) => events.map(({ id }) => id);

async function everything(log: EventLog): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (let page = await log.readAll(START, 7); page.length > 0; page = await log.readAll(events.at(-1)!.position, 7))
    events.push(...page);
  return events;
}

const outcomeOf = (appended: Promise<Position>) =>
  appended.then(
    () => "appended",
    (error: Error) => error.name,
  );

export interface LogUnderTest extends EventLog {
  /** The first part of its streams' names. */
  readonly namespace: string;
}

export function describeEventLog(name: string, open: (folder: string) => Promise<LogUnderTest>): void {
  describe(`${name} keeps the promises of an event log`, () => {
    const folder = temporaryFolders();
    let namespace = "scim";
    const userStream = () => streamOf(newId(), namespace);
    const opened: EventLog[] = [];
    const start = async (where = folder()) => {
      const log = await open(where);
      opened.push(log);
      namespace = log.namespace;
      return log;
    };
    afterEach(async () => {
      for (const log of opened.splice(0)) await log.close();
    });

    it("gives back what was appended, byte for byte", async () => {
      const log = await start();
      const stream = userStream();
      const event = sealed(stream, 0, {
        text: 'é 世 \u{1f600} \u2028 \0 \\ " ,"type":"no","id":"no"',
        list: [1, null],
      });
      const clear = sealed(stream, 1, { active: true }, null);
      const position = await log.append({ stream, expected: "none", events: [event, clear] });
      const events = await log.read(stream, -1);
      expect(events.map(kept)).toEqual([event, clear].map(kept));
      expect(events.map(({ stream, revision }) => [stream, revision])).toEqual([
        [stream, 0],
        [stream, 1],
      ]);
      expect(events[1]!.position).toBe(position);
      expect(await log.head()).toBe(position);
    });

    it("appends at exactly the expected revision", async () => {
      const log = await start();
      const stream = userStream();
      await expect(log.append(appendOf(stream, 0))).rejects.toBeInstanceOf(Conflict);
      await log.append(appendOf(stream, "none", 2));
      for (const wrong of ["none", 0, 2, 7] as const)
        await expect(log.append(appendOf(stream, wrong))).rejects.toMatchObject({ name: "Conflict", stream });
      await log.append(appendOf(stream, 1));
      expect(await log.read(stream, -1)).toHaveLength(3);
    });

    it("has one winner for each revision, whoever appends at once", async () => {
      const operation = fc.record({
        stream: fc.nat({ max: 2 }),
        revision: fc.integer({ min: -1, max: 3 }),
        count: fc.integer({ min: 1, max: 3 }),
      });
      const log = await start();
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(operation, { maxLength: 8 }), { maxLength: 5 }), async (rounds) => {
          const streams = [userStream(), userStream(), userStream()];
          const before = await log.head();
          const won: Append[] = [];
          for (const round of rounds)
            await Promise.all(
              round.map(async ({ stream, revision, count }) => {
                const append = appendOf(streams[stream]!, revision < 0 ? "none" : revision, count);
                const outcome = await outcomeOf(log.append(append));
                expect(["appended", "Conflict"]).toContain(outcome);
                if (outcome === "appended") won.push(append);
              }),
            );
          for (const stream of streams) {
            const expected = won
              .filter((append) => append.stream === stream)
              .sort((a, b) => Number(a.expected === "none" ? -1 : a.expected) - Number(b.expected))
              .flatMap(({ events }) => events);
            const found = await log.read(stream, -1);
            expect(ids(found)).toEqual(ids(expected));
            expect(found.map(({ revision }) => revision)).toEqual(found.map((_, index) => index));
          }
          const all = await log.readAll(before, 1_000);
          expect(all).toHaveLength(won.reduce((sum, { events }) => sum + events.length, 0));
          expect(all.map(({ position }) => position)).toEqual(all.map(({ position }) => position).sort());
        }),
        { numRuns: 25 },
      );
    });

    it("answers the repeat of an identical batch with its first position, whatever came after", async () => {
      const log = await start();
      const stream = userStream();
      const [first, second] = [appendOf(stream, "none", 2), appendOf(stream, 1, 2)];
      const position = await log.append(first);
      expect(await log.append(first)).toBe(position);
      const [later, again] = await Promise.all([log.append(second), log.append(second)]);
      expect(again).toBe(later);
      expect(await log.append(first)).toBe(position);
      expect(await log.read(stream, -1)).toHaveLength(4);
    });

    it("takes nothing else for a repeat", async () => {
      const log = await start();
      const stream = userStream();
      const [one, two] = appendOf(stream, "none", 2).events as [SealedEvent, SealedEvent];
      await log.append({ stream, expected: "none", events: [one, two] });
      const others = [[two, one], [one, two, sealed(stream, 2)], [one, sealed(stream, 1)], [two]];
      for (const events of others)
        await expect(log.append({ stream, expected: "none", events })).rejects.toBeInstanceOf(Conflict);
      await expect(log.append({ stream, expected: 1, events: [two] })).resolves.toBeDefined();
    });

    it("reads a stream and the whole log after a place, in order, as many as asked for", async () => {
      const log = await start();
      const [a, b] = [userStream(), userStream()];
      await log.append(appendOf(a, "none", 3));
      await log.append(appendOf(b, "none", 2));
      await log.append(appendOf(a, 2, 2));
      const all = await everything(log);
      expect(all.map(({ stream, revision }) => [stream, revision])).toEqual(
        [
          [a, 0],
          [a, 1],
          [a, 2],
          [b, 0],
          [b, 1],
          [a, 3],
          [a, 4],
        ].map((place) => [...place]),
      );
      expect(all.map(({ position }) => position)).toEqual(all.map(({ position }) => position).sort());
      expect(ids(await log.read(a, 1))).toEqual(
        ids(all.filter(({ stream, revision }) => stream === a && revision > 1)),
      );
      expect(ids(await log.read(a, 0, 2))).toEqual(ids(all.slice(1, 3)));
      expect(ids(await log.readAll(all[2]!.position, 2))).toEqual(ids(all.slice(3, 5)));
      expect(await log.readAll(await log.head(), 10)).toEqual([]);
      const some = [all[5]!, all[0]!, all[3]!];
      expect((await log.readAt(some.map(({ position }) => position))).map(kept)).toEqual(some.map(kept));
      expect(await log.read(userStream(), -1)).toEqual([]);
      expect(await log.read("constructor", -1)).toEqual([]);
    });

    it("starts empty", async () => {
      const log = await start();
      expect(await log.head()).toBe(START);
      expect(await log.readAll(START, 10)).toEqual([]);
    });

    it("keeps everything when it is opened again, and nothing personal in clear", async () => {
      const where = folder();
      const log = await start(where);
      for (let i = 0; i < 20; i++) await log.append(appendOf(userStream(), "none", 2));
      const before = await everything(log);
      await log.close();
      const again = await start(where);
      const after = await everything(again);
      expect(after.map(kept)).toEqual(before.map(kept));
      expect(after.some(({ personal }) => personal !== undefined)).toBe(false);
      await again.append(appendOf(before[0]!.stream, 1));
      expect((await again.head()) > before.at(-1)!.position).toBe(true);
    });

    it("refuses an append that is too large, and that one alone", async () => {
      const log = await start();
      const bytes = (size: number) => ({ text: "x".repeat(size) });
      const [large, small, full] = [userStream(), userStream(), userStream()];
      const appended = [
        log.append(appendOf(large, "none", 1, bytes(MAX_APPEND_BYTES))),
        log.append(appendOf(small, "none")),
        log.append(appendOf(full, "none", 1, bytes(MAX_APPEND_BYTES - 1_000))),
      ];
      await expect(appended[0]).rejects.toBeInstanceOf(TooLarge);
      await Promise.all(appended.slice(1));
      expect(await log.read(large, -1)).toEqual([]);
      await expect(log.append(appendOf(userStream(), "none", 9, { text: "世".repeat(40_000) }))).rejects.toThrow(
        "limit",
      );
    });

    it("refuses an append of nothing", async () => {
      const log = await start();
      await expect(log.append({ stream: userStream(), expected: "none", events: [] })).rejects.toThrow(RangeError);
    });

    it("shows a subscriber every event once, in order, while appends go on, and ends with its signal", async () => {
      const log = await start();
      for (let i = 0; i < 30; i++) await log.append(appendOf(userStream(), "none"));
      const from = (await log.readAll(START, 10)).at(-1)!.position;
      const stop = new AbortController();
      const seen: RecordedEvent[] = [];
      const reading = (async () => {
        for await (const events of log.subscribe(from, stop.signal)) {
          expect(events.length).toBeGreaterThan(0);
          seen.push(...events);
        }
      })();
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          const stream = userStream();
          for (let revision = -1; revision < 24; revision++)
            await log.append(appendOf(stream, revision < 0 ? "none" : revision));
        }),
      );
      const expected = await log.readAll(from, 10_000);
      while (seen.length < expected.length) await new Promise((resolve) => setTimeout(resolve, 5));
      stop.abort();
      await reading;
      expect(seen.map(({ position }) => position)).toEqual(expected.map(({ position }) => position));
    });

    it("shows a subscriber to some streams every event of theirs once, in order, and nothing else", async () => {
      const log = await start();
      const [one, two, other] = [userStream(), userStream(), userStream()];
      const wanted: SealedEvent[] = [];
      const write = async (stream: string, revision: number) => {
        const append = appendOf(stream, revision < 0 ? "none" : revision, 2);
        await log.append(append);
        if (stream !== other) wanted.push(...append.events);
      };
      await write(one, -1);
      const from = await log.head();
      wanted.splice(0);
      for (let revision = -1; revision < 40; revision += 2) {
        if (revision > 0) await write(one, revision);
        await write(other, revision);
      }
      const stop = new AbortController();
      const seen: RecordedEvent[] = [];
      const reading = (async () => {
        for await (const events of log.subscribe(from, stop.signal, [one, two])) seen.push(...events);
      })();
      for (let revision = -1; revision < 100; revision += 2) {
        await write(other, revision + 42);
        await write(two, revision);
      }
      while (seen.length < wanted.length) await new Promise((resolve) => setTimeout(resolve, 5));
      stop.abort();
      await reading;
      expect(seen.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
    });

    it("ends a subscription that waits, and one whose signal was given already", async () => {
      const log = await start();
      const stop = new AbortController();
      const waiting = log.subscribe(START, stop.signal)[Symbol.asyncIterator]().next();
      setTimeout(() => stop.abort(), 10);
      expect(await waiting).toEqual({ done: true, value: undefined });
      expect((await log.subscribe(START, stop.signal)[Symbol.asyncIterator]().next()).done).toBe(true);
    });

    it("settles what is on its way when it is closed, and refuses what comes later", async () => {
      const where = folder();
      const log = await start(where);
      const stream = userStream();
      const subscription = log.subscribe(START, new AbortController().signal)[Symbol.asyncIterator]();
      const appended = log.append(appendOf(stream, "none"));
      await log.close();
      await appended;
      await expect(log.append(appendOf(stream, 0))).rejects.toMatchObject({ name: "Unavailable", written: "no" });
      await expect(log.read(stream, -1)).rejects.toBeInstanceOf(Unavailable);
      await expect(log.head()).rejects.toBeInstanceOf(Unavailable);
      expect((await subscription.next()).done).toBe(true);
      await log.close();
      expect(await (await start(where)).read(stream, -1)).toHaveLength(1);
    });

    it("appends to several streams all or nothing, where it can", async () => {
      const log = await start();
      if (log.appendAtomically === undefined) return;
      const [a, b, c] = [userStream(), userStream(), userStream()];
      const both = [appendOf(a, "none", 2), appendOf(b, "none")];
      const position = await log.appendAtomically(both);
      expect(await log.head()).toBe(position);
      expect(await log.appendAtomically(both)).toBe(position);
      const half = [appendOf(c, "none"), appendOf(a, "none")];
      await expect(log.appendAtomically(half)).rejects.toMatchObject({ name: "Conflict", stream: a });
      await expect(log.appendAtomically([both[0]!, appendOf(c, "none")])).rejects.toBeInstanceOf(Conflict);
      expect(await log.read(c, -1)).toEqual([]);
      await log.appendAtomically([appendOf(c, "none", 2), appendOf(c, 1), appendOf(a, 1)]);
      expect(await log.read(c, -1)).toHaveLength(3);
      await expect(log.appendAtomically([])).rejects.toThrow(RangeError);
    });
  });
}
