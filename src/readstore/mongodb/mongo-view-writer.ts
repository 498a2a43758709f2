// The write side on MongoDB. A batch is one transaction that moves the checkpoint first, from where the batch starts and
// under the lease's epoch: what was written already, by a projector of another epoch or in part, cannot be written again.
import type { Binary, ClientSession, Db, Filter } from "mongodb";
import {
  type Checkpoint,
  type LoadedViews,
  Superseded,
  type ViewBatch,
  type ViewRequest,
  type ViewWriter,
} from "../view-writer.ts";
import { writeActivity, writePending } from "./activity-writer.ts";
import { Ahead } from "./ahead.ts";
import { makeViews, type Views } from "./collections.ts";
import { CountWriter } from "./count-writer.ts";
import type { CheckpointDocument } from "./documents.ts";
import { GrantWriter } from "./grant-writer.ts";
import { inTime } from "./in-time.ts";
import { LedgerWriter } from "./ledger-writer.ts";
import { type Before, writeResources } from "./resource-writer.ts";
import { inTransaction } from "./transaction.ts";
import { ViewLoader } from "./view-loader.ts";
import { WriteSet } from "./write-set.ts";

type Sessions = readonly [writing: ClientSession, reading: ClientSession];

/** Milliseconds that one command may take: of many documents, and of a single one or none. */
const COMMAND_WITHIN = 20_000;
const SMALL_WITHIN = 5_000;
/** Milliseconds that an end may take which is none: whoever opens the read models next sees to the rest. */
const END_WITHIN = 1_000;
/** Code of an error: a document with this key exists. */
const DUPLICATE_KEY = 11_000;

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
  readonly #database: Db;
  readonly #views: Views;
  /** Of the transactions: a session does one thing at a time. */
  readonly #session: ClientSession;
  /** Reads while a batch is written. */
  readonly #reading: ClientSession;
  readonly #epoch: number;
  readonly #signal: AbortSignal | undefined;
  readonly #grants: GrantWriter;
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
    this.#database = database;
    this.#views = views;
    this.#session = session;
    this.#reading = reading;
    this.#epoch = epoch;
    this.#signal = signal;
    this.#grants = new GrantWriter(views, reading);
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
      await writer.#takeOver(after);
    } catch (error) {
      for (const session of sessions) await session.endSession();
      throw error;
    }
    return writer;
  }

  async checkpoint(): Promise<Checkpoint> {
    const { place, effectiveAt } = await this.#stored();
    return { place, effectiveAt };
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
    const mine = { _id: "checkpoint" as const, epoch: this.#epoch, session: this.#sessionId };
    // A transaction that could not be ended still holds the checkpoint: then it goes on naming the session, for whoever ends it.
    const unnamed = this.#views.checkpoint.updateOne(mine, { $unset: { session: "" } }, this.#within(END_WITHIN));
    await inTime(unnamed, END_WITHIN).catch(() => undefined);
    for (const session of [this.#session, this.#reading])
      await inTime(session.endSession(), END_WITHIN).catch(() => undefined);
  }

  async #takeOver(after: number): Promise<void> {
    const epoch = this.#epoch;
    const isOlder = [{ epoch: { $lte: epoch } }, { epoch: after }];
    await this.#endPredecessor({ _id: "checkpoint", $or: isOlder });
    const taken = { $set: { epoch, session: this.#sessionId }, $setOnInsert: { place: 0, effectiveAt: 0 } };
    try {
      await this.#views.checkpoint.updateOne({ _id: "checkpoint", $or: isOlder }, taken, {
        upsert: true,
        ...this.#within(SMALL_WITHIN),
      });
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === DUPLICATE_KEY) throw this.#superseded();
      throw error;
    }
  }

  /** A writer that died or is paused may hold the checkpoint in a transaction for as long as the server lets it. */
  async #endPredecessor(isOlder: Filter<CheckpointDocument>): Promise<void> {
    const found = await this.#views.checkpoint.findOne(isOlder, this.#within(SMALL_WITHIN));
    if (found?.session === undefined || found.session.toString() === this.#sessionId.toString()) return;
    const sessions = [{ id: found.session }];
    const admin = this.#database.client.db("admin");
    // Whoever may not, or has no such command, waits for the server.
    for (const command of [{ killSessions: sessions }, { endSessions: sessions }])
      await admin.command({ ...command, maxTimeMS: SMALL_WITHIN }).catch(() => undefined);
  }

  get #sessionId(): Binary {
    return this.#session.id!.id as Binary;
  }

  async #stored(): Promise<CheckpointDocument> {
    const found = await this.#views.checkpoint.findOne({ _id: "checkpoint" }, this.#within(SMALL_WITHIN));
    if (found === null || found.epoch !== this.#epoch) throw this.#superseded();
    return found;
  }

  /** Everything that the batch writes but its checkpoint. Reads what it needs for that. */
  async #writesOf(batch: ViewBatch): Promise<WriteSet> {
    const writes = new WriteSet();
    const before = this.#before;
    const left = await this.#grants.write(batch, { stored: before.resources, ahead: this.#ahead }, writes);
    const resources = writeResources(batch, before, left.holdings, writes);
    await this.#counts.write(batch, before.resources, writes);
    writeActivity(batch, writes);
    writePending(batch, writes);
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
    try {
      await inTransaction(
        this.#session,
        async () => {
          await this.#moveCheckpoint(batch);
          await writes.write(this.#views, this.#session, COMMAND_WITHIN);
        },
        this.#signal,
      );
    } catch (error) {
      // Who else would have moved it there under this epoch?
      if (!(error instanceof Superseded) && (await this.#stored()).place === batch.to.place) return;
      throw error;
    }
  }

  async #moveCheckpoint({ from, to }: ViewBatch): Promise<void> {
    const epoch = this.#epoch;
    const { matchedCount } = await this.#views.checkpoint.updateOne(
      { _id: "checkpoint", place: from.place, epoch },
      { $set: { place: to.place, effectiveAt: to.effectiveAt } },
      this.#within(SMALL_WITHIN),
    );
    if (matchedCount !== 1) throw this.#superseded();
  }

  #within(maxTimeMS = COMMAND_WITHIN) {
    return { session: this.#session, maxTimeMS };
  }

  #superseded(): Superseded {
    return new Superseded(`the read models are not where projector ${this.#epoch} left them: another one writes them`);
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
