// The projector for read models that are elsewhere: the same pass as `Projector`, each step awaited. It gives way to other
// work between its phases. After a failure it is done with: another one goes on from the checkpoint that is stored.
import { setImmediate as breathe } from "node:timers/promises";
import { type FindKey, keysFor, type OpenKey } from "../eventlog/codec.ts";
import type { Position, RecordedEvent } from "../eventlog/event-log.ts";
import type { Checkpoint, ViewWriter } from "../readstore/view-writer.ts";
import { cut, type Events, Folding } from "./folding.ts";

export interface AsynchronousProjectorOptions {
  readonly namespace: string;
  readonly findKey: FindKey;
}

/** Events that are opened in one go: a few milliseconds. */
const SLICE = 100;
/** Rows, about, that one batch writes: what a transaction of the store takes with ease. */
const WEIGHT = 2_000;

export class AsynchronousProjector {
  readonly #writer: ViewWriter;
  readonly #folding: Folding;
  readonly #findKey: FindKey;
  /** The keys of the events that are opened next. */
  #keys: OpenKey = () => undefined;

  private constructor(
    writer: ViewWriter,
    checkpoint: Checkpoint,
    { namespace, findKey }: AsynchronousProjectorOptions,
  ) {
    this.#writer = writer;
    this.#findKey = findKey;
    this.#folding = new Folding(checkpoint, {
      namespace,
      openKey: (tenant, keyId) => this.#keys(tenant, keyId),
    });
  }

  /** Goes on from the checkpoint that is stored. */
  static async resume(writer: ViewWriter, options: AsynchronousProjectorOptions): Promise<AsynchronousProjector> {
    return new AsynchronousProjector(writer, await writer.checkpoint(), options);
  }

  /** The last position that the read models have seen. */
  get position(): Position {
    return this.#folding.position;
  }

  /** Projects events in log order, which must go on where the last ones ended; returns the position reached. */
  async project(recorded: readonly RecordedEvent[]): Promise<Position> {
    for (const batch of cut(await this.#open(recorded), WEIGHT)) await this.#write(batch);
    return this.position;
  }

  async #open(recorded: readonly RecordedEvent[]): Promise<Events> {
    let opened: Events = [];
    for (let from = 0; from < recorded.length; from += SLICE) {
      if (from > 0) await breathe();
      const slice = recorded.slice(from, from + SLICE);
      this.#keys = await keysFor(slice, this.#findKey);
      opened = [...opened, ...this.#folding.open(slice, opened)];
    }
    return opened;
  }

  async #write(events: Events): Promise<void> {
    const request = this.#folding.request(events);
    const loaded = await this.#writer.load(request);
    const batch = this.#folding.fold(events, request, loaded);
    await breathe();
    await this.#writer.write(batch);
    this.#folding.stored(batch);
  }
}
