// The projector: one ordered pass over the log. A batch goes through three phases: load the rows that it touches, fold it
// purely, write rows and checkpoint. Events at or before the checkpoint are passed over, so repeating is harmless.
import type { OpenKey } from "../eventlog/codec.ts";
import { ordinalOf, type Position, positionOf, type RecordedEvent } from "../eventlog/event-log.ts";
import type { Checkpoint, SynchronousViewWriter, ViewBatch } from "../readstore/view-writer.ts";
import { type Definitions, noDefinitions } from "../scim/schema/definitions.ts";
import { readDefinitions } from "./definitions/definitions.ts";
import { foldBatch, requestOf, startsBatch } from "./fold.ts";
import { leafIndexes } from "./ledger/grow-ledgers.ts";
import { type LogEvent, LogEvents, type Tick } from "./log-event.ts";

/** Where a projector catches up from: the log's events after a position, in order, at most `limit`. */
export interface LogSource {
  readAll(after: Position, limit: number): readonly RecordedEvent[];
}

export interface ProjectorOptions {
  readonly namespace: string;
  readonly openKey: OpenKey;
}

interface Folded {
  readonly views: ViewBatch;
  readonly leaves: readonly number[];
}

/** Events a transaction when catching up. */
const CATCH_UP_BATCH = 2_000;

/** Projects at once, in the thread that calls it. */
export class Projector {
  readonly #writer: SynchronousViewWriter;
  readonly #events: LogEvents;
  /** As stored, of the tenants that came by; read again once they changed. */
  readonly #definitions = new Map<string, Definitions>();
  #checkpoint: Checkpoint;
  #leaves: number[] = [];

  constructor(writer: SynchronousViewWriter, { namespace, openKey }: ProjectorOptions) {
    this.#writer = writer;
    this.#events = new LogEvents(namespace, openKey);
    this.#checkpoint = writer.checkpoint();
  }

  /** The last position that the read models have seen. */
  get position(): Position {
    return positionOf(this.#checkpoint.place);
  }

  /** Indexes of the leaves of the events that were shown last, up to `position`: one an event, -1 for one without a leaf. */
  get leaves(): readonly number[] {
    return this.#leaves;
  }

  /** Projects events in log order, which must go on where the last ones ended; returns the position reached. */
  project(recorded: readonly RecordedEvent[]): Position {
    const reached = this.#checkpoint.place;
    this.#leaves = [];
    const fresh = recorded.filter(({ position }) => ordinalOf(position) > reached);
    for (const batch of cut(this.#events.open(fresh, this.#checkpoint.effectiveAt))) this.#write(batch);
    return this.position;
  }

  /**
   * Projects like `project`, but shows nothing before the function that it returns is called. Until then no other event may
   * be projected.
   */
  prepare(recorded: readonly RecordedEvent[]): () => Position {
    const batches = cut(this.#events.open(recorded, this.#checkpoint.effectiveAt));
    const [batch] = batches;
    // Whatever falls into several transactions, or was seen already, has to wait.
    const isNext = ordinalOf(recorded[0]!.position) === this.#checkpoint.place + 1;
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

  #write(events: readonly (LogEvent | Tick)[]): void {
    const folded = this.#fold(events);
    this.#writer.stage(folded.views);
    this.#show(folded);
  }

  #show({ views: { to, definitions }, leaves }: Folded): void {
    this.#writer.show();
    this.#leaves.push(...leaves);
    this.#checkpoint = to;
    for (const { tenant } of definitions) this.#definitions.delete(tenant);
  }

  #fold(events: readonly (LogEvent | Tick)[]): Folded {
    const request = requestOf(events, this.#definitions);
    const loaded = this.#writer.load(request);
    for (const tenant of request.definitionsOf) this.#definitions.set(tenant, noDefinitions);
    for (const { tenant, text } of loaded.definitions) this.#definitions.set(tenant, readDefinitions(text));
    const views = foldBatch(events, loaded, this.#checkpoint, this.#definitions);
    return { views, leaves: leafIndexes(events, loaded.ledgers) };
  }
}

/** Cuts before events that must be the first of their batch. */
function cut(events: readonly (LogEvent | Tick)[]): readonly (readonly (LogEvent | Tick)[])[] {
  const batches: (LogEvent | Tick)[][] = [];
  for (const event of events) {
    if (batches.length === 0 || startsBatch(event)) batches.push([]);
    batches.at(-1)!.push(event);
  }
  return batches;
}
