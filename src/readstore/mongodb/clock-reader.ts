// Which place an instant stands for, and the reverse. Effective times rise with places.
import { ordinalOf, type Position, positionOf } from "../../eventlog/event-log.ts";
import type { ActivityDocument, TickDocument } from "./documents.ts";
import type { Reading, Reads } from "./reading.ts";

type Event = Pick<ActivityDocument | TickDocument, "_id" | "effectiveAt">;

export class ClockReader {
  readonly #reads: Reads;

  constructor(reads: Reads) {
    this.#reads = reads;
  }

  async position(): Promise<Position> {
    return positionOf(await headOf(this.#reads.now()));
  }

  /** The last position whose effective time is at or before an instant (microseconds). */
  async positionAt(instant: number): Promise<Position> {
    const last = await this.#last({ effectiveAt: { $lte: instant } }, { effectiveAt: -1, _id: -1 });
    return positionOf(last?._id ?? 0);
  }

  /** Effective time of the last event at or before a position; 0 before the first. */
  async effectiveAt(position: Position): Promise<number> {
    const last = await this.#last({ _id: { $lte: ordinalOf(position) } }, { _id: -1 });
    return last?.effectiveAt ?? 0;
  }

  /** Nothing is ever put before what stands: two reads say the same as one. */
  async #last(query: object, sort: Record<string, -1>): Promise<Event | undefined> {
    const reading = this.#reads.now();
    const { activity, ticks } = reading.views;
    const options = { sort, projection: { effectiveAt: 1 } };
    const [event, tick] = await Promise.all([
      reading.first<ActivityDocument, Event>(activity, query, options),
      reading.first<TickDocument, Event>(ticks, query, options),
    ]);
    if (event === undefined || tick === undefined) return event ?? tick;
    return event._id > tick._id ? event : tick;
  }
}

/** The place of the last event that the read models show. */
export async function headOf(reading: Reading): Promise<number> {
  const checkpoint = await reading.first(reading.views.checkpoint, { _id: "checkpoint" });
  return checkpoint?.place ?? 0;
}
