// Which place an instant stands for, and the reverse. Effective times rise with places.
import { ordinalOf, type Position, positionOf } from "../../../eventlog/event-log.ts";
import type { ActivityDocument } from "../documents.ts";
import type { Reading, Reads } from "./reading.ts";

/** One that a read model shows, or none. */
type Event = Pick<ActivityDocument, "_id" | "effectiveAt">;

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

  #last(query: object, sort: Record<string, -1>): Promise<Event | undefined> {
    const reading = this.#reads.now();
    return reading.first<ActivityDocument, Event>(reading.views.activity, query, {
      sort,
      projection: { effectiveAt: 1 },
    });
  }
}

/** The place of the last event that the read models show. */
export async function headOf(reading: Reading): Promise<number> {
  const checkpoint = await reading.first(reading.views.checkpoint, { _id: "checkpoint" });
  return checkpoint?.place ?? 0;
}
