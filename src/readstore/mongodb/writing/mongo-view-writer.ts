// The write side on MongoDB. A batch is one transaction that moves the checkpoint first, from where the batch starts and
// under the lease's epoch: what was written already, by a projector of another epoch or in part, cannot be written again.
import type { ClientSession, Db } from "mongodb";
import {
  type Checkpoint,
  type LoadedViews,
  Superseded,
  type ViewBatch,
  type ViewRequest,
  type ViewWriter,
} from "../../view-writer.ts";
import { makeViews, type Views } from "../collections.ts";
import { inTime } from "../in-time.ts";
import { writeActivity, writePending } from "./activity-writer.ts";
import { Ahead } from "./ahead.ts";
import { CountWriter } from "./count-writer.ts";
import { writeGrants } from "./grant-writer.ts";
import { LedgerWriter } from "./ledger-writer.ts";
import { type Before, writeResources } from "./resource-writer.ts";
import { StandingGrants } from "./standing-grants.ts";
import { Tenure } from "./tenure.ts";
import { inTransaction } from "./transaction.ts";
import { ViewLoader } from "./view-loader.ts";
import { WriteSet } from "./write-set.ts";

type Sessions = readonly [writing: ClientSession, reading: ClientSession];

/** Milliseconds that one command may take. */
const COMMAND_WITHIN = 20_000;
/** Milliseconds that the end of a session may take. */
const END_WITHIN = 1_000;

export interface ViewWriterOptions {
  readonly database: Db;
  /** See `generations.ts`. */
  readonly generation: string;
  /** Of the lease under which it writes: a writer of an older one is refused from now on. */
  readonly epoch: number;
  /** An epoch that is older all the same: that of whoever built the generation. */
  readonly after?: number;
  readonly indexes?: "all" | "writing";
  /** Aborts when nothing more is to be tried again. */
  readonly signal?: AbortSignal | undefined;
}

export class MongoViewWriter implements ViewWriter {
  readonly #views: Views;
  readonly #tenure: Tenure;
  /** Of the transactions: a session does one thing at a time. */
  readonly #session: ClientSession;
  /** Reads while a batch is written. */
  readonly #reading: ClientSession;
  readonly #signal: AbortSignal | undefined;
  readonly #ledgers: LedgerWriter;
  readonly #counts: CountWriter;
  readonly #loader: ViewLoader;
  /** What was loaded for the batch that comes. */
  #before: Before = { resources: new Map(), versions: new Map() };
  /** What the last batch leaves that was made ready. */
  #ahead = Ahead.nothing;
  /** The last batch that was handed over to be stored. */
  #storing: { readonly batch: ViewBatch; readonly done: Promise<void> } | undefined;

  private constructor({ database, epoch, signal }: ViewWriterOptions, views: Views, [session, reading]: Sessions) {
    this.#views = views;
    this.#tenure = new Tenure({ database, views, session, epoch });
    this.#session = session;
    this.#reading = reading;
    this.#signal = signal;
    this.#ledgers = new LedgerWriter(views, reading);
    this.#counts = new CountWriter(views, reading);
    this.#loader = new ViewLoader(views, reading, COMMAND_WITHIN);
  }

  /** Opens or makes the read models of a generation, and takes them over. Throws Superseded. */
  static async open(options: ViewWriterOptions): Promise<MongoViewWriter> {
    const { database, generation, after = 0, indexes = "all" } = options;
    const views = await makeViews(database, generation, indexes);
    const start = () => database.client.startSession({ defaultTransactionOptions: { readPreference: "primary" } });
    const sessions: Sessions = [start(), start()];
    const writer = new MongoViewWriter(options, views, sessions);
    try {
      await writer.#tenure.begin(after);
    } catch (error) {
      for (const session of sessions) await session.endSession();
      throw error;
    }
    return writer;
  }

  async checkpoint(): Promise<Checkpoint> {
    const { place, effectiveAt, events } = await this.#tenure.checkpoint();
    return { place, effectiveAt, events };
  }

  async load(request: ViewRequest): Promise<LoadedViews> {
    await this.#untilReadable(request);
    this.#catchUpWithWrites();
    const edges = [];
    for (const tenant of request.ledgers) edges.push(await this.#ledgers.load(tenant));
    const { documents, versions, ...loaded } = await this.#loader.load(request, this.#ahead);
    this.#before = { resources: documents, versions };
    return { ...loaded, ledgers: edges };
  }

  async stage(batch: ViewBatch): Promise<() => Promise<void>> {
    try {
      const writes = await this.#writesOf(batch);
      return () => {
        const done = this.#store(batch, writes);
        this.#storing = { batch, done };
        return done;
      };
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tenure.end();
    await inTime(this.#reading.endSession(), END_WITHIN).catch(() => undefined);
  }

  /** Everything that the batch writes but its checkpoint. Reads what it needs for that. */
  async #writesOf(batch: ViewBatch): Promise<WriteSet> {
    const writes = new WriteSet();
    const before = this.#before;
    const standing = new StandingGrants({ views: this.#views, session: this.#reading, ahead: this.#ahead });
    const left = await writeGrants(batch, { resources: before.resources, standing }, writes);
    const resources = writeResources(batch, before, left, writes);
    await this.#counts.write(batch, before.resources, writes);
    writeActivity(batch, writes);
    writePending(batch, writes);
    for (const { place, events } of batch.tallies) writes.insert("tallies", { _id: place, events });
    for (const { tenant, text } of batch.definitions) writes.put("definitions", { _id: tenant, text });
    this.#ledgers.write(batch, writes);
    if (hasPending(batch)) this.#loader.forgetPending();
    this.#ahead = new Ahead({ resources, ...left });
    return writes;
  }

  async #store(batch: ViewBatch, writes: WriteSet): Promise<void> {
    try {
      await this.#commit(batch, writes);
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** Some of what the batch before leaves is not told to reads that come before it: they wait for it. */
  async #untilReadable({ pendingOf, pastOf, definitionsOf }: ViewRequest): Promise<void> {
    if (this.#storing === undefined) return;
    const { batch, done } = this.#storing;
    if (
      pastOf.length > 0 ||
      (pendingOf.length > 0 && hasPending(batch)) ||
      (definitionsOf.length > 0 && batch.definitions.length > 0)
    )
      await done;
  }

  /** Reads from here on see every batch that was stored, whichever server answers. */
  #catchUpWithWrites(): void {
    const { clusterTime, operationTime } = this.#session;
    if (clusterTime !== undefined) this.#reading.advanceClusterTime(clusterTime);
    if (operationTime !== undefined) this.#reading.advanceOperationTime(operationTime);
  }

  async #commit(batch: ViewBatch, writes: WriteSet): Promise<void> {
    const within = { session: this.#session, maxTimeMS: COMMAND_WITHIN };
    const write = async () => {
      if (!(await writes.write(this.#views, this.#tenure.moving(batch), within))) throw this.#tenure.superseded();
    };
    try {
      await inTransaction(this.#session, write, this.#signal);
    } catch (error) {
      // Who else would have moved it there under this epoch?
      if (!(error instanceof Superseded) && (await this.#tenure.checkpoint()).place === batch.to.place) return;
      throw error;
    }
  }

  #forget(): void {
    this.#ledgers.forget();
    this.#counts.forget();
    this.#loader.forgetPending();
    this.#ahead = Ahead.nothing;
    this.#storing = undefined;
  }
}

const hasPending = ({ pending: { added, dropped } }: ViewBatch): boolean => added.length + dropped.length > 0;
