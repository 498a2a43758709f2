// The thread that writes the log and the read models, as the thread that serves sees it.
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Position } from "../eventlog/event-log.ts";
import type { Visibility } from "../eventlog/visibility.ts";
import type { EndedLife } from "../projections/ended-lives.ts";
import type { PageLimit, WriterData, WriterMessage } from "./writer-messages.ts";

export interface WriterOptions {
  /** Told while the read models are built or catch up. */
  readonly onProgress?: (position: Position, head: Position) => void;
  /** Told when the thread died: nothing can be written any more. */
  readonly onLost?: (error: Error) => void;
}

/** Compiled beside this file, or its source. */
const WRITER_THREAD = new URL(`./writer-thread${extname(import.meta.url)}`, import.meta.url);
/** A small nursery keeps a long catch-up from growing the thread's heap, at no cost in time. */
const HEAP = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 512 };

export class Writer {
  readonly #worker: Worker;
  readonly #options: WriterOptions;
  readonly #ready = Promise.withResolvers<Position>();
  readonly #listeners: ((ended: EndedLife) => void)[] = [];
  #visibility: Visibility | undefined;
  /** The thread is gone, and has closed its files. */
  readonly ended: Promise<void>;

  constructor(data: WriterData, options: WriterOptions) {
    this.#options = options;
    this.#worker = new Worker(WRITER_THREAD, {
      workerData: data,
      transferList: [data.logPort],
      resourceLimits: HEAP,
    });
    this.#worker.on("message", (message: WriterMessage) => this.#hear(message));
    this.#worker.on("error", (error) => {
      this.#ready.reject(error);
      options.onLost?.(error instanceof Error ? error : new Error(String(error)));
    });
    this.ended = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
  }

  /** Where the read models are once they have caught up. Rejects where they cannot be opened. */
  get ready(): Promise<Position> {
    return this.#ready.promise;
  }

  /** Moves this with everything that is projected from now on. */
  show(visibility: Visibility): void {
    this.#visibility = visibility;
  }

  onEnded(listener: (ended: EndedLife) => void): void {
    this.#listeners.push(listener);
  }

  limitPages(limit: PageLimit): void {
    this.#worker.postMessage(limit);
  }

  #hear(message: WriterMessage): void {
    switch (message.kind) {
      case "catchingUp":
        this.#options.onProgress?.(message.position, message.head);
        break;
      case "ready":
        this.#ready.resolve(message.position);
        break;
      case "projected":
        this.#visibility?.advance(message.position, message.leaves);
        for (const ended of message.ended) for (const listener of this.#listeners) listener(ended);
        break;
      case "stalled":
        this.#visibility?.stall(message.reason);
        break;
    }
  }
}
