// The projector: one ordered pass over the log. A batch goes through three phases: load the rows that it touches, fold it
// purely, write rows and checkpoint. Events at or before the checkpoint are passed over, so repeating is harmless.
import { ordinalOf, type Position, type RecordedEvent } from "../eventlog/event-log.ts";
import type { SynchronousViewWriter, ViewBatch } from "../readstore/view-writer.ts";
import { cut, type Events, Folding, type ProjectorOptions } from "./folding.ts";
import { leafIndexes } from "./ledger/grow-ledgers.ts";
import type { PreparedEvent } from "./preparing.ts";

/** Where a projector catches up from: the log's events after a position, in order, at most `limit`. */
export interface LogSource {
  readAll(after: Position, limit: number): readonly RecordedEvent[];
}

interface Folded {
  readonly views: ViewBatch;
  readonly leaves: readonly number[];
}

/** Events a batch when catching up: few enough that most of what is made of them never outlives V8's nursery. */
export const CATCH_UP_BATCH = 200;

/** Projects at once, in the thread that calls it. */
export class Projector {
  readonly #writer: SynchronousViewWriter;
  readonly #folding: Folding;
  #leaves: number[] = [];

  constructor(writer: SynchronousViewWriter, options: ProjectorOptions) {
    this.#writer = writer;
    this.#folding = new Folding(writer.checkpoint(), options);
  }

  /** The last position that the read models have seen. */
  get position(): Position {
    return this.#folding.position;
  }

  /** Indexes of the leaves of the events that were shown last, up to `position`: one an event, -1 for one without a leaf. */
  get leaves(): readonly number[] {
    return this.#leaves;
  }

  /** Projects events in log order, which must go on where the last ones ended; returns the position reached. */
  project(recorded: readonly PreparedEvent[]): Position {
    this.#leaves = [];
    for (const batch of cut(this.#folding.open(recorded))) this.#write(batch);
    return this.position;
  }

  /**
   * Projects like `project`, but shows nothing before the function that it returns is called. Until then no other event may
   * be projected.
   */
  prepare(recorded: readonly RecordedEvent[]): () => Position {
    const batches = cut(this.#folding.open(recorded));
    const [batch] = batches;
    // Whatever falls into several transactions, or was seen already, has to wait.
    const isNext = ordinalOf(recorded[0]!.position) === ordinalOf(this.position) + 1;
    if (batch === undefined || batches.length > 1 || !isNext) return () => this.project(recorded);
    const folded = this.#fold(batch);
    this.#writer.stage(folded.views);
    return () => {
      this.#leaves = [];
      this.#show(folded);
      return this.position;
    };
  }

  /** Projects all that the log holds after the checkpoint. */
  catchUp(log: LogSource, progress?: (position: Position) => void): Position {
    for (;;) {
      const events = log.readAll(this.position, CATCH_UP_BATCH);
      if (events.length === 0) return this.position;
      this.project(events);
      progress?.(this.position);
    }
  }

  #write(events: Events): void {
    const folded = this.#fold(events);
    this.#writer.stage(folded.views);
    this.#show(folded);
  }

  #show({ views, leaves }: Folded): void {
    this.#writer.show();
    this.#leaves.push(...leaves);
    this.#folding.goOn(views);
  }

  #fold(events: Events): Folded {
    const request = this.#folding.request(events);
    const loaded = this.#writer.load(request);
    const leaves = leafIndexes(events, loaded.ledgers);
    return { views: this.#folding.fold(events, request, loaded), leaves };
  }
}
