// Who writes the read models of a generation: its checkpoint names their epoch, and their session for as long as they do.
import type { Binary, ClientSession, Db, Filter, UpdateOneModel } from "mongodb";
import { Superseded, type ViewBatch } from "../../view-writer.ts";
import type { Views } from "../collections.ts";
import type { CheckpointDocument } from "../documents.ts";
import { inTime } from "../in-time.ts";

/** Milliseconds that a command of a single document may take. */
const WITHIN = 5_000;
/** Milliseconds that an end may take which is none: whoever opens the read models next sees to the rest. */
const END_WITHIN = 1_000;
/** Code of an error: a document with this key exists. */
const DUPLICATE_KEY = 11_000;

export interface TenureParts {
  readonly database: Db;
  readonly views: Views;
  /** Of the transactions. */
  readonly session: ClientSession;
  readonly epoch: number;
}

export class Tenure {
  readonly #parts: TenureParts;

  constructor(parts: TenureParts) {
    this.#parts = parts;
  }

  /** Takes the read models over from whoever has an older epoch, or `after`. Throws Superseded. */
  async begin(after: number): Promise<void> {
    const { views, epoch } = this.#parts;
    const isOlder = [{ epoch: { $lte: epoch } }, { epoch: after }];
    await this.#endPredecessor({ _id: "checkpoint", $or: isOlder });
    const taken = { $set: { epoch, session: this.#sessionId }, $setOnInsert: { place: 0, effectiveAt: 0, events: 0 } };
    try {
      await views.checkpoint.updateOne({ _id: "checkpoint", $or: isOlder }, taken, { upsert: true, ...this.#within() });
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === DUPLICATE_KEY) throw this.superseded();
      throw error;
    }
  }

  /** The checkpoint as it is stored. Throws Superseded. */
  async checkpoint(): Promise<CheckpointDocument> {
    const { views, epoch } = this.#parts;
    const found = await views.checkpoint.findOne({ _id: "checkpoint" }, this.#within());
    if (found === null || found.epoch !== epoch) throw this.superseded();
    return found;
  }

  /** Moves the checkpoint if it is where the batch starts, and nobody else's: otherwise it matches nothing. */
  moving({ from, to }: Pick<ViewBatch, "from" | "to">): UpdateOneModel<CheckpointDocument> {
    return {
      filter: { _id: "checkpoint", place: from.place, epoch: this.#parts.epoch },
      update: { $set: { place: to.place, effectiveAt: to.effectiveAt, events: to.events } },
    };
  }

  superseded(): Superseded {
    const { epoch } = this.#parts;
    return new Superseded(`the read models are not where projector ${epoch} left them: another one writes them`);
  }

  /** A transaction that could not be ended still holds the checkpoint: then it goes on naming the session, for whoever ends it. */
  async end(): Promise<void> {
    const { views, epoch, session } = this.#parts;
    const mine = { _id: "checkpoint" as const, epoch, session: this.#sessionId };
    const unnamed = views.checkpoint.updateOne(mine, { $unset: { session: "" } }, this.#within(END_WITHIN));
    await inTime(unnamed, END_WITHIN).catch(() => undefined);
    await inTime(session.endSession(), END_WITHIN).catch(() => undefined);
  }

  /** A writer that died or is paused may hold the checkpoint in a transaction for as long as the server lets it. */
  async #endPredecessor(isOlder: Filter<CheckpointDocument>): Promise<void> {
    const { database, views } = this.#parts;
    const found = await views.checkpoint.findOne(isOlder, this.#within());
    if (found?.session === undefined || found.session.toString() === this.#sessionId.toString()) return;
    const sessions = [{ id: found.session }];
    const admin = database.client.db("admin");
    // Whoever may not, or has no such command, waits for the server.
    for (const command of [{ killSessions: sessions }, { endSessions: sessions }])
      await admin.command({ ...command, maxTimeMS: WITHIN }).catch(() => undefined);
  }

  get #sessionId(): Binary {
    return this.#parts.session.id!.id as Binary;
  }

  #within(maxTimeMS = WITHIN) {
    return { session: this.#parts.session, maxTimeMS };
  }
}
