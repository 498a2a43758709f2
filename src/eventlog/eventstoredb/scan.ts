// Reads $all. EventStoreDB's log holds the events of others between ours, and the client cannot filter a read: they are
// passed over here, and a stretch without an event of ours is remembered, so that nobody passes over it twice.
import type { EventStoreDBClient, ResolvedEvent } from "@eventstore/db-client";
import { Fatal, type Position, type RecordedEvent, START } from "../event-log.ts";
import { parseStreamName } from "../stream-name.ts";
import type { Connection } from "./connection.ts";
import { meaningOf, messageOf } from "./failure.ts";
import { Flow } from "./flow.ts";
import { type ReadLimits, readThrough, Silence } from "./reading.ts";
import { logPositionOf, placeOf, recordedEvent } from "./stored-event.ts";

/** Events asked for at once where others' stand between ours. */
const PAGE = 1_024;
/** Events at the end of the log asked for at first: usually ours is among them. */
const LAST_FEW = 32;
/** Reads of single places at once. */
const SINGLE_READS = 16;

/** From after one place to another, both known to the server, there is no event of ours. */
interface Stretch {
  readonly after: Position;
  readonly to: Position;
}

interface Page {
  readonly ours: RecordedEvent[];
  /** The last event of anybody. */
  last: Position | undefined;
  isEnd: boolean;
}

export class LogScan {
  readonly #connection: Connection;
  readonly #limits: ReadLimits;
  readonly #namespace: string;
  /** The log has nothing of ours before. */
  readonly #origin: Position;
  #empty: Stretch;
  /** The last event of ours up to a place. */
  #head: { readonly last: Position; readonly to: Position };

  constructor(
    connection: Connection,
    limits: ReadLimits,
    log: { readonly namespace: string; readonly origin: Position },
  ) {
    this.#connection = connection;
    this.#limits = limits;
    this.#namespace = log.namespace;
    this.#origin = log.origin;
    this.#empty = { after: START, to: log.origin };
    this.#head = { last: START, to: log.origin };
  }

  /** Where a read for what comes after a position may begin. */
  startFor(after: Position): Position {
    const { after: from, to } = this.#empty;
    if (after < this.#origin) return this.#empty.after === START ? to : this.#origin;
    return after >= from && after < to ? to : after;
  }

  /** Events of ours after a position, in order, at most `limit`. */
  async readAll(after: Position, limit: number): Promise<readonly RecordedEvent[]> {
    const found: RecordedEvent[] = [];
    let from = this.startFor(after);
    for (let count = limit + 1; found.length < limit; count = Math.max(PAGE, limit + 1)) {
      const page = await this.#forwards(from, limit - found.length, count);
      for (const event of page.ours) found.push(event);
      from = page.last ?? from;
      if (page.isEnd) {
        this.#empty = { after: found.at(-1)?.position ?? after, to: from };
        break;
      }
    }
    return found;
  }

  /**
   * Events of ours from after a position to the end of the log, as one stream: pages would cost a turn to the server each.
   * Ends early with the signal. Throws what broke it off; what came before is sound.
   */
  async *follow(after: Position, most: number, signal: AbortSignal): AsyncGenerator<readonly RecordedEvent[], void> {
    const from = this.startFor(after);
    const client = await this.#connection.client();
    if (signal.aborted) return;
    let last = from;
    let lastOfOurs = after;
    const flow = new Flow(this.#reading(client, { from }), {
      idleMs: this.#limits.idleMs,
      most,
      item: ({ event }) => {
        const position = positionOfAny(event);
        if (position === undefined || position <= from) return undefined;
        last = position;
        return this.#isOurs(event!) ? recordedEvent(event!) : undefined;
      },
    });
    const stop = () => flow.stop();
    signal.addEventListener("abort", stop);
    try {
      for (let batch = await flow.next(); batch.length > 0; batch = await flow.next()) {
        lastOfOurs = batch.at(-1)!.position;
        yield batch;
      }
      if (!signal.aborted) this.#empty = { after: lastOfOurs, to: last };
    } catch (error) {
      const isBroken = error instanceof Silence || (!(error instanceof Fatal) && meaningOf(error) === "broken");
      if (isBroken) this.#connection.replace(client, messageOf(error));
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
      flow.stop();
    }
  }

  /** The events at exactly these positions, in that order. */
  async readAt(positions: readonly Position[]): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for (let at = 0; at < positions.length; at += SINGLE_READS)
      events.push(...(await Promise.all(positions.slice(at, at + SINGLE_READS).map((position) => this.#at(position)))));
    return events;
  }

  /** The position of the last event of ours. */
  async head(): Promise<Position> {
    const known = this.#head;
    let before: Position | undefined;
    let end: Position | undefined;
    for (let count = LAST_FEW; ; count = PAGE) {
      const { last, lowest, highest } = await this.#backwards(before, count, known.to);
      end ??= highest;
      const isDone = last !== undefined || lowest === undefined || lowest === before || lowest <= known.to;
      if (isDone) {
        if (end !== undefined && end > this.#head.to) this.#head = { last: last ?? known.last, to: end };
        return last ?? known.last;
      }
      before = lowest;
    }
  }

  async #forwards(from: Position, wanted: number, count: number): Promise<Page> {
    let page: Page = { ours: [], last: undefined, isEnd: false };
    let seen = 0;
    const isEnd = await readThrough(this.#connection, this.#limits, (client) => {
      page = { ours: [], last: undefined, isEnd: false };
      seen = 0;
      return {
        reading: this.#reading(client, { from, count }),
        take: ({ event }) => {
          seen += 1;
          const position = positionOfAny(event);
          if (position === undefined || position <= from) return true;
          page.last = position;
          if (this.#isOurs(event!)) page.ours.push(recordedEvent(event!));
          return page.ours.length < wanted;
        },
      };
    });
    return { ...page, isEnd: isEnd && seen < count };
  }

  /** The last event of ours before a place, or the lowest place that was looked at. */
  async #backwards(before: Position | undefined, count: number, floor: Position) {
    let last: Position | undefined;
    let lowest: Position | undefined;
    let highest: Position | undefined;
    await readThrough(this.#connection, this.#limits, (client) => {
      last = lowest = highest = undefined;
      return {
        reading: client.readAll({
          direction: "backwards",
          fromPosition: before === undefined ? "end" : logPositionOf(before),
          maxCount: count,
        }),
        take: ({ event }) => {
          const position = positionOfAny(event);
          if (position === undefined) return true;
          highest ??= position;
          lowest = position;
          if (position <= floor) return false;
          if (this.#isOurs(event!)) last = position;
          return last === undefined;
        },
      };
    });
    return { last, lowest, highest };
  }

  async #at(position: Position): Promise<RecordedEvent> {
    let found: RecordedEvent | undefined;
    await readThrough(this.#connection, this.#limits, (client) => ({
      reading: this.#reading(client, { from: position, count: 1 }),
      take: ({ event }) => {
        if (event !== undefined && this.#isOurs(event)) found = recordedEvent(event);
        return true;
      },
    }));
    if (found?.position !== position) throw new Fatal(`the log has no event at position ${position}`);
    return found;
  }

  #reading(client: EventStoreDBClient, { from, count }: { from: Position; count?: number }) {
    const fromPosition = from === START ? "start" : logPositionOf(from);
    return client.readAll({ fromPosition, ...(count !== undefined && { maxCount: count }) });
  }

  #isOurs({ streamId }: NonNullable<ResolvedEvent["event"]>): boolean {
    return parseStreamName(this.#namespace, streamId) !== undefined;
  }
}

/** Where an event of anybody lies; of others' explicit transactions it is the place of the commit. */
function positionOfAny(event: ResolvedEvent["event"]): Position | undefined {
  const position = event?.position;
  return position === undefined ? undefined : placeOf({ commit: position.commit, prepare: position.commit }, event!.id);
}
