// Writers and a subscriber while something happens to the server; afterwards what was acknowledged is held against the log.
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "@jest/globals";
import { type Append, type Position, type RecordedEvent, START } from "../../../src/eventlog/event-log.ts";
import type { EventStoreEventLog } from "../../../src/eventlog/eventstoredb/event-store-log.ts";
import type { JsonObject } from "../../../src/scim/json.ts";
import { appendOf, newId, userStream } from "../sealed-events.ts";

export interface StormOptions {
  readonly writers: number;
  /** In each event. */
  readonly data?: JsonObject;
  /** Begins when the writers do, and resolves when they may end. */
  readonly meanwhile: (progress: Progress) => Promise<void>;
}

export interface Progress {
  /** Resolves once so many more appends were acknowledged, however long this machine takes; throws where they stay away. */
  more(appends: number): Promise<void>;
}

export interface Storm {
  readonly acknowledged: number;
  /** Appends whose outcome stayed unknown: written or not. */
  readonly unknown: number;
  readonly unknownWritten: number;
  /** What was said of them. */
  readonly reasons: readonly string[];
  /** Longest time without any acknowledgement, ms. */
  readonly longestPause: number;
}

/** Longer than any failure here lasts, with the start of a server on a busy machine. */
const LONGEST_WAIT_MS = 120_000;

/** Nothing acknowledged is lost, nothing is doubled, no stream has a gap, and the subscriber saw the log as it is. */
export async function storm(log: EventStoreEventLog, { writers, data, meanwhile }: StormOptions): Promise<Storm> {
  const acknowledged: { readonly append: Append; readonly position: Position }[] = [];
  const unknown: Append[] = [];
  const reasons = new Set<string>();
  let isOver = false;
  let [lastAt, longestPause] = [performance.now(), 0];
  const stop = new AbortController();
  const seen: RecordedEvent[] = [];
  const subscribing = (async () => {
    for await (const events of log.subscribe(START, stop.signal)) seen.push(...events);
  })();
  const writing = Array.from({ length: writers }, async () => {
    let stream = userStream(newId(), log.namespace);
    for (let revision = -1; !isOver; ) {
      const append = appendOf(stream, revision < 0 ? "none" : revision, 1 + (revision & 1), data);
      try {
        const position = await log.append(append);
        acknowledged.push({ append, position });
        revision += append.events.length;
        const now = performance.now();
        longestPause = Math.max(longestPause, now - lastAt);
        lastAt = now;
      } catch (error) {
        // Every failure but an unknown outcome would be a false one: each stream has one writer.
        expect(error).toMatchObject({ name: "Unavailable", written: expect.stringMatching(/unknown|no/u) });
        if ((error as { written: string }).written === "unknown") {
          unknown.push(append);
          reasons.add((error as Error).message);
        }
        stream = userStream(newId(), log.namespace);
        revision = -1;
      }
    }
  });
  const more = async (appends: number) => {
    const [wanted, until] = [acknowledged.length + appends, performance.now() + LONGEST_WAIT_MS];
    while (acknowledged.length < wanted) {
      if (performance.now() > until)
        throw new Error(`${wanted - acknowledged.length} of ${appends} appends stayed away: ${log.writeFailure}`);
      await sleep(10);
    }
  };
  await meanwhile({ more }).finally(() => {
    isOver = true;
  });
  await Promise.all(writing);
  // Whatever happened, the log goes on without being opened again.
  const last = appendOf(userStream(newId(), log.namespace), "none");
  acknowledged.push({ append: last, position: await log.append(last) });
  const all = await everything(log);
  await until(() => seen.length >= all.length);
  stop.abort();
  await subscribing;
  expect(seen.map(({ position, id }) => [position, id])).toEqual(all.map(({ position, id }) => [position, id]));
  return { ...held(all, acknowledged, unknown), longestPause, reasons: [...reasons] };
}

function held(
  all: readonly RecordedEvent[],
  acknowledged: readonly { readonly append: Append; readonly position: Position }[],
  unknown: readonly Append[],
) {
  const byId = new Map(all.map((event) => [event.id, event]));
  expect(byId.size).toBe(all.length);
  const revisions = new Map<string, number>();
  for (const { stream, revision } of all) {
    expect(revision).toBe((revisions.get(stream) ?? -1) + 1);
    revisions.set(stream, revision);
  }
  for (const { append, position } of acknowledged) {
    const found = append.events.map(({ id }) => byId.get(id));
    expect(found.map((event) => event?.stream)).toEqual(append.events.map(() => append.stream));
    expect(found.at(-1)!.position).toBe(position);
  }
  const unknownWritten = unknown.filter(({ events }) => byId.has(events[0]!.id)).length;
  return { acknowledged: acknowledged.length, unknown: unknown.length, unknownWritten };
}

async function everything(log: EventStoreEventLog): Promise<readonly RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  for (
    let page = await log.readAll(START, 5_000);
    page.length > 0;
    page = await log.readAll(all.at(-1)!.position, 5_000)
  )
    all.push(...page);
  return all;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(20);
}
