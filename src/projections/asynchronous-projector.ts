// The projector for read models that are elsewhere: the same pass as `Projector`, with two batches under way. While one is
// stored, the next is opened, loaded for and folded, where there is enough for a whole one. Otherwise what comes meanwhile
// gathers, so that a batch is as large as the store is slow. After a failure it is done with: another one goes on from the checkpoint that is stored.
import { setImmediate as breathe } from "node:timers/promises";
import { type FindKey, keysFor, type OpenKey } from "../eventlog/codec.ts";
import { type Position, positionOf, type RecordedEvent } from "../eventlog/event-log.ts";
import type { Checkpoint, ViewWriter } from "../readstore/view-writer.ts";
import { Backlog } from "./backlog.ts";
import { type Events, Folding } from "./folding.ts";

export interface AsynchronousProjectorOptions {
  readonly namespace: string;
  readonly findKey: FindKey;
  /** Rows of a batch, about, from which on it is made ready while another is stored. */
  readonly rows?: number;
  /** Told of each batch that was stored, in order. */
  readonly onStored?: (position: Position, events: readonly RecordedEvent[]) => void;
}

/** Events that are opened in one go: a few milliseconds. */
const SLICE = 100;
/** Milliseconds that claims wait for what they were made for, an append later: both are then one batch. */
const LINGER = 20;
/** UTF-16 units of texts that a batch writes, about; they are stored more than once, as text and as what filters compare. */
const ROOM = 8 * 1_048_576;

export class AsynchronousProjector {
  readonly #writer: ViewWriter;
  readonly #folding: Folding;
  readonly #options: AsynchronousProjectorOptions;
  readonly #backlog: Backlog;
  readonly #failed = new AbortController();
  /** The keys of the events that are opened next. */
  #keys: OpenKey = () => undefined;
  /** The last events that were opened. */
  #opened: Events = [];
  #position: Position;
  /** Until nothing is left to do. */
  #running: Promise<void> | undefined;
  /** The batch that is being stored. */
  #storing: Promise<void> | undefined;
  /** Begins with what nobody asks for. */
  #lingering: NodeJS.Timeout | undefined;

  private constructor(writer: ViewWriter, checkpoint: Checkpoint, options: AsynchronousProjectorOptions) {
    this.#writer = writer;
    this.#options = options;
    this.#backlog = new Backlog(options.rows);
    this.#position = positionOf(checkpoint.place);
    this.#folding = new Folding(checkpoint, {
      namespace: options.namespace,
      openKey: (tenant, keyId) => this.#keys(tenant, keyId),
    });
  }

  /** Goes on from the checkpoint that is stored. */
  static async resume(writer: ViewWriter, options: AsynchronousProjectorOptions): Promise<AsynchronousProjector> {
    return new AsynchronousProjector(writer, await writer.checkpoint(), options);
  }

  /** The last position that the read models have seen. */
  get position(): Position {
    return this.#position;
  }

  /** Aborts when something could not be projected; by then nothing is under way any more. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** Projects events as `take` does; resolves with the position reached once they are stored. */
  async project(recorded: readonly RecordedEvent[]): Promise<Position> {
    await this.take(recorded);
    return this.settled();
  }

  /**
   * Takes events in log order, which must go on where the last ones ended, and resolves as soon as it wants more: of many at
   * once that is while they are stored. Rejects with what failed before.
   */
  async take(recorded: readonly RecordedEvent[]): Promise<void> {
    for (let from = 0; from < recorded.length; from += SLICE) {
      this.#failed.signal.throwIfAborted();
      if (from > 0) await breathe();
      await this.#open(recorded.slice(from, from + SLICE));
      if (this.#backlog.isAsked || this.#backlog.isFull) this.#begin();
      else if (!this.#backlog.isEmpty) this.#lingering ??= setTimeout(() => this.#begin(), LINGER);
      while (this.#backlog.isFull && this.#running !== undefined) await this.#backlog.hasRoom();
    }
    // Who gets little at once has had all there is: what comes while it is stored gathers in the log, where it costs nothing.
    if (recorded.length < SLICE) await this.#running;
    this.#failed.signal.throwIfAborted();
  }

  /** Resolves with the position reached once all that was taken is stored. */
  async settled(): Promise<Position> {
    this.#begin();
    await this.#running;
    this.#failed.signal.throwIfAborted();
    return this.#position;
  }

  #begin(): void {
    clearTimeout(this.#lingering);
    this.#lingering = undefined;
    if (!this.#failed.signal.aborted && !this.#backlog.isEmpty) this.#running ??= this.#run();
  }

  async #open(recorded: readonly RecordedEvent[]): Promise<void> {
    this.#keys = await keysFor(recorded, this.#options.findKey);
    const opened = this.#folding.open(recorded, this.#opened);
    if (opened.length === 0) return;
    this.#opened = opened.slice(-1);
    this.#backlog.add(opened, recorded.slice(-opened.length));
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    try {
      while (!this.#backlog.isEmpty || this.#storing !== undefined)
        if (this.#storing === undefined || this.#backlog.isFull) await this.#next();
        else await Promise.race([this.#storing, this.#backlog.fills()]);
    } catch (error) {
      // What was made ready on top of a batch that could not be stored may have failed for that alone.
      const first = await this.#storing?.catch((failure: unknown) => failure);
      this.#failed.abort(first ?? error);
    }
    this.#running = undefined;
    this.#backlog.leave();
  }

  /** Makes the next batch ready, and has it stored when the one before is. */
  async #next(): Promise<void> {
    const { events, recorded } = this.#backlog.next();
    const request = this.#folding.request(events);
    const batch = this.#folding.fold(events, request, await this.#writer.load(request), ROOM);
    const { place } = batch.to;
    this.#backlog.drop(place);
    const folded = events.findLastIndex((event) => event.place <= place) + 1;
    if (folded > SLICE) await breathe();
    const store = await this.#writer.stage(batch);
    this.#folding.goOn(batch);
    await this.#storing;
    const storing = store().then(() => {
      this.#position = positionOf(place);
      this.#options.onStored?.(this.#position, recorded.slice(0, folded));
      this.#storing = undefined;
    });
    // Whoever waits for it meets its failure.
    storing.catch(() => undefined);
    this.#storing = storing;
  }
}
