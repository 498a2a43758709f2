// What the writer's thread and the main thread tell each other beside the log's own messages.
import type { MessagePort } from "node:worker_threads";
import type { Position } from "../eventlog/event-log.ts";
import type { EndedLife } from "../projections/ended-lives.ts";

export interface WriterData {
  readonly folder: string;
  /** Of a log that is made now; one that is there must have it. */
  readonly namespace?: string;
  readonly cacheMegabytes: number;
  /** The log's end of its channel. */
  readonly logPort: MessagePort;
}

export type WriterMessage =
  /** The read models are at `position` of a log that ends at `head`; not yet ready to serve. */
  | { readonly kind: "catchingUp"; readonly position: Position; readonly head: Position }
  | { readonly kind: "ready"; readonly position: Position }
  | {
      readonly kind: "projected";
      readonly position: Position;
      readonly ended: readonly EndedLife[];
      /** Indexes of the leaves of the events up to `position`, one an event; -1 for an event without one. */
      readonly leaves: readonly number[];
    }
  /** The read models cannot be written now; the log goes on. */
  | { readonly kind: "stalled"; readonly reason: string };

/** To the writer's thread: a file is not to grow beyond so many pages. */
export interface PageLimit {
  readonly file: "log" | "views";
  readonly pages: number;
}
