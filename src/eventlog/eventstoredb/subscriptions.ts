// Those who follow the log. Whoever wants all of it pulls it in batches from its place and is woken by the live subscription
// alone; whoever wants a few streams has the server pick them out. Neither ends for any trouble but a log that cannot be read.
import { setTimeout as sleep } from "node:timers/promises";
import { Fatal, type Position, type RecordedEvent } from "../event-log.ts";
import { parseStreamName } from "../stream-name.ts";
import type { Connection } from "./connection.ts";
import { meaningOf, messageOf } from "./failure.ts";
import { isDrop, Place, picked } from "./picking.ts";
import { type ReadLimits, TRIES_AT_NO_PLACE } from "./reading.ts";
import type { LogScan } from "./scan.ts";
import { WakeUp } from "./wake-up.ts";

/** Events that a subscriber gets at once. */
const BATCH = 512;
const PAUSE_MS = 250;

export interface SubscriptionsOptions {
  readonly connection: Connection;
  readonly limits: ReadLimits;
  readonly scan: LogScan;
  readonly namespace: string;
  /** Ends them all. */
  readonly closing: AbortSignal;
}

type Batches = AsyncGenerator<readonly RecordedEvent[], void>;

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #waiting = new Set<WakeUp>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Something was appended here. */
  heard(position: Position): void {
    for (const waiting of this.#waiting) waiting.heard(position);
  }

  /** All events of ours after a position. */
  async *pull(after: Position, signal: AbortSignal): Batches {
    const { connection, namespace, scan, closing } = this.#options;
    const ended = AbortSignal.any([signal, closing]);
    const wakeUp = new WakeUp(connection, namespace);
    const end = () => wakeUp.end();
    ended.addEventListener("abort", end);
    this.#waiting.add(wakeUp);
    try {
      for (let [position, failures] = [after, 0]; !ended.aborted; ) {
        try {
          for await (const events of scan.follow(position, BATCH, ended)) {
            position = events.at(-1)!.position;
            failures = 0;
            if (events.length === BATCH) wakeUp.rest();
            yield events;
          }
          failures = 0;
          await wakeUp.wait(scan.startFor(position));
        } catch (error) {
          await this.#waitOut(error, ++failures, ended);
        }
      }
    } finally {
      ended.removeEventListener("abort", end);
      this.#waiting.delete(wakeUp);
      wakeUp.end();
    }
  }

  /** Events after a position of those streams of ours whose names begin with one of the prefixes. */
  async *pick(after: Position, prefixes: readonly string[], signal: AbortSignal): Batches {
    const { connection, namespace, scan, limits, closing } = this.#options;
    const ended = AbortSignal.any([signal, closing]);
    const place = new Place(scan.startFor(after));
    const isOurs = (stream: string) => parseStreamName(namespace, stream) !== undefined;
    const options = { prefixes, isOurs, most: BATCH, idleMs: limits.idleMs, signal: ended };
    for (let failures = 0; !ended.aborted; ) {
      try {
        for await (const events of picked(connection, place, options)) {
          failures = 0;
          yield events;
        }
        failures = 0;
      } catch (error) {
        failures += 1;
        if (!isDrop(error) || failures > 1) await this.#waitOut(error, failures, ended);
      }
    }
  }

  /** A subscriber waits until the server is back, or its signal is given. */
  async #waitOut(error: unknown, failures: number, ended: AbortSignal): Promise<void> {
    if (error instanceof Fatal) throw error;
    if (meaningOf(error) === "unreadable" && failures >= TRIES_AT_NO_PLACE)
      throw new Fatal(`the event store cannot read the log there: ${messageOf(error)}`, { cause: error });
    if (ended.aborted) return;
    this.#options.connection.trouble(`a subscriber waits for the event store: ${messageOf(error)}`);
    await sleep(PAUSE_MS, undefined, { signal: ended }).catch(() => {});
  }
}
