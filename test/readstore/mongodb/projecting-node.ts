// A node as far as it projects: it waits for the lease, follows the log in its terms, and begins anew after each failure.

import type { Db } from "mongodb";
import type { Position } from "../../../src/eventlog/event-log.ts";
import { type OnProjected, projectWhile } from "../../../src/nodes/projecting.ts";
import { Terms } from "../../../src/nodes/terms.ts";
import { AsynchronousProjector } from "../../../src/projections/asynchronous-projector.ts";
import { openServing } from "../../../src/readstore/mongodb/generations/generations.ts";
import { MongoLease } from "../../../src/readstore/mongodb/generations/lease.ts";
import type { MongoViewWriter } from "../../../src/readstore/mongodb/writing/mongo-view-writer.ts";
import { Superseded, type ViewWriter } from "../../../src/readstore/view-writer.ts";
import type { GrowingLog } from "./growing-log.ts";

export interface NodeOptions {
  readonly database: Db;
  readonly log: GrowingLog;
  readonly owner: string;
  readonly ttl?: number;
  /** Comes between the projector and its writer. */
  readonly around?: (writer: ViewWriter) => ViewWriter;
}

export class ProjectingNode implements AsyncDisposable {
  readonly failures: unknown[] = [];
  /** Every position that it announced. */
  readonly announced: Position[] = [];
  readonly terms: Terms;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor({ database, log, owner, ttl = 1_000, around = (writer) => writer }: NodeOptions) {
    const lease = new MongoLease(database, { owner, ttl });
    const onFailure = (error: unknown) => void this.failures.push(error);
    this.terms = new Terms({ lease, signal: this.#stop.signal, onFailure });
    this.terms.attend(async ({ epoch, signal }) => {
      let writer: MongoViewWriter | undefined;
      const open = async (onStored: OnProjected) => {
        await writer?.[Symbol.asyncDispose]();
        writer = await openServing(database, epoch, signal);
        const options = { namespace: "scim", findKey: log.history.openKey, onStored };
        return AsynchronousProjector.resume(around(writer), options);
      };
      const onProjected = (position: Position) => void this.announced.push(position);
      const isOver = (error: unknown) => error instanceof Superseded;
      try {
        await projectWhile({ log, open, signal, onProjected, onFailure, isOver });
      } finally {
        await writer?.[Symbol.asyncDispose]();
      }
    });
    this.#running = this.terms.run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}
