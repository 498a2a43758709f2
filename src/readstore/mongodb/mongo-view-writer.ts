// The write side on MongoDB. A batch is one transaction that moves the checkpoint first, from where the batch starts and
// under the lease's epoch: what was written already, by a projector of another epoch or in part, cannot be written again.
import type { Binary, ClientSession, Db, Filter } from "mongodb";
import {
  type Checkpoint,
  type LoadedViews,
  type PastVersion,
  type PendingPart,
  type ResourceKey,
  Superseded,
  type ViewBatch,
  type ViewRequest,
  type ViewWriter,
} from "../view-writer.ts";
import { writeActivity, writePending } from "./activity-writer.ts";
import { makeViews, type Views } from "./collections.ts";
import { CountWriter } from "./count-writer.ts";
import type { CheckpointDocument, ResourceDocument, VersionDocument } from "./documents.ts";
import { GrantWriter } from "./grant-writer.ts";
import { inTime } from "./in-time.ts";
import { LedgerWriter } from "./ledger-writer.ts";
import { AT_ONCE, inPortions } from "./portions.ts";
import { pastVersionOf, viewDocumentOf, writeResources } from "./resource-writer.ts";
import { inTransaction } from "./transaction.ts";
import { WriteSet } from "./write-set.ts";

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
  readonly #session: ClientSession;
  readonly #epoch: number;
  readonly #signal: AbortSignal | undefined;
  readonly #grants: GrantWriter;
  readonly #ledgers: LedgerWriter;
  readonly #counts: CountWriter;
  #resources: ReadonlyMap<number, ResourceDocument> = new Map();
  #versions: ReadonlyMap<number, VersionDocument> = new Map();
  /** Whether any large change is open; undefined: not known. */
  #anyPending: boolean | undefined;

  private constructor({ database, epoch, signal }: ViewWriterOptions, views: Views, session: ClientSession) {
    this.#database = database;
    this.#views = views;
    this.#session = session;
    this.#epoch = epoch;
    this.#signal = signal;
    this.#grants = new GrantWriter(views, session);
    this.#ledgers = new LedgerWriter(views, session);
    this.#counts = new CountWriter(views, session);
  }

  /** Opens or makes the read models of a generation, and takes them over. Throws Superseded. */
  static async open(options: ViewWriterOptions): Promise<MongoViewWriter> {
    const { database, generation, after = 0, indexes = "all" } = options;
    const views = await makeViews(database, generation, indexes);
    // One session: its reads see what it wrote, whichever server answers.
    const session = database.client.startSession({ defaultTransactionOptions: { readPreference: "primary" } });
    const writer = new MongoViewWriter(options, views, session);
    try {
      await writer.#takeOver(after);
    } catch (error) {
      await session.endSession();
      throw error;
    }
    return writer;
  }

  async checkpoint(): Promise<Checkpoint> {
    const { place, effectiveAt } = await this.#stored();
    return { place, effectiveAt };
  }

  async load({ resources, pendingOf, pastOf, definitionsOf, ledgers }: ViewRequest): Promise<LoadedViews> {
    const found = await this.#find(resources);
    this.#resources = new Map(found.map((document) => [document._id, document]));
    const edges = [];
    for (const tenant of ledgers) edges.push(await this.#ledgers.load(tenant));
    return {
      resources: found.map(viewDocumentOf),
      pending: pendingOf.length > 0 && (await this.#hasPending()) ? await this.#pendingOf(pendingOf) : [],
      past: await this.#pastOf(pastOf),
      definitions: await this.#definitionsOf(definitionsOf),
      ledgers: edges,
    };
  }

  async write(batch: ViewBatch): Promise<void> {
    try {
      const writes = await this.#writesOf(batch);
      await this.#commit(batch, writes);
    } catch (error) {
      this.#forget();
      throw error;
    }
    this.#ledgers.stored(batch.ledgers);
    this.#counts.stored();
    if (batch.pending.added.length + batch.pending.dropped.length > 0) this.#anyPending = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const mine = { _id: "checkpoint" as const, epoch: this.#epoch, session: this.#sessionId };
    // A transaction that could not be ended still holds the checkpoint: then it goes on naming the session, for whoever ends it.
    const unnamed = this.#views.checkpoint.updateOne(mine, { $unset: { session: "" } }, this.#within(END_WITHIN));
    await inTime(unnamed, END_WITHIN).catch(() => undefined);
    await inTime(this.#session.endSession(), END_WITHIN).catch(() => undefined);
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
    const groups = await this.#grants.write(batch, this.#resources, writes);
    writeResources(batch, { resources: this.#resources, versions: this.#versions }, groups, writes);
    await this.#counts.write(batch, this.#resources, writes);
    writeActivity(batch, writes);
    writePending(batch, writes);
    for (const { tenant, text } of batch.definitions) writes.put("definitions", { _id: tenant, text });
    this.#ledgers.write(batch, writes);
    return writes;
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

  async #find(keys: readonly ResourceKey[]): Promise<ResourceDocument[]> {
    const found: ResourceDocument[] = [];
    for (const some of inPortions(keys))
      found.push(...(await this.#views.resources.find(ofKeys(some), { ...this.#within(), ...AT_ONCE }).toArray()));
    return found;
  }

  async #pastOf(keys: readonly ResourceKey[]): Promise<PastVersion[]> {
    const past: VersionDocument[] = [];
    const ids = new Map<number, string>();
    for (const { _id, id } of await this.#find(keys)) {
      ids.set(_id, id);
      past.push(
        ...(await this.#views.versions.find({ rid: _id }, this.#within()).sort({ rid: 1, since: 1 }).toArray()),
      );
    }
    this.#versions = new Map(past.map((version) => [version._id, version]));
    return past.map((version) => pastVersionOf(version, ids.get(version.rid)!));
  }

  async #definitionsOf(tenants: readonly string[]) {
    if (tenants.length === 0) return [];
    const found = await this.#views.definitions.find({ _id: { $in: [...tenants] } }, this.#within()).toArray();
    return found.map(({ _id: tenant, text }) => ({ tenant, text }));
  }

  async #hasPending(): Promise<boolean> {
    this.#anyPending ??=
      (await this.#views.pending.findOne({}, { ...this.#within(), projection: { _id: 1 } })) !== null;
    return this.#anyPending;
  }

  async #pendingOf(keys: readonly ResourceKey[]): Promise<PendingPart[]> {
    const parts: PendingPart[] = [];
    for (const some of inPortions(keys)) {
      const found = this.#views.pending.find(ofKeys(some), { ...this.#within(), ...AT_ONCE });
      for await (const { _id: place, tenant, type, id, change, fact } of found)
        parts.push({ key: { tenant, type, id }, place, change, fact });
    }
    return parts.sort((a, b) => a.place - b.place);
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
    this.#anyPending = undefined;
  }
}

/** Documents of these resources, by tenant, type and id. */
function ofKeys<T extends ResourceKey>(keys: readonly ResourceKey[]): Filter<T> {
  const streams = new Map<string, { tenant: string; type: string; ids: string[] }>();
  for (const { tenant, type, id } of keys) {
    const name = `${tenant}/${type}`;
    const stream = streams.get(name);
    if (stream === undefined) streams.set(name, { tenant, type, ids: [id] });
    else stream.ids.push(id);
  }
  const filters = [...streams.values()].map(({ tenant, type, ids }) => ({ tenant, type, id: { $in: ids } }));
  return (filters.length === 1 ? filters[0]! : { $or: filters }) as Filter<T>;
}
