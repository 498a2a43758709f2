// A generation that is built beside the one that serves: by one process at a time, which says so again and again; another
// goes on where that one stopped.
import { setTimeout as pause } from "node:timers/promises";
import { type ClientSession, type Db, MongoNetworkTimeoutError } from "mongodb";
import { makeViews, viewsIn } from "../collections.ts";
import { MongoViewWriter } from "../writing/mongo-view-writer.ts";
import { inTransaction } from "../writing/transaction.ts";
import { controlOf, type ViewsDocument } from "./control.ts";
import { nameOf, servingIn, VIEWS_VERSION } from "./generations.ts";
import { newEpoch } from "./lease.ts";

/** Milliseconds without a word after which a builder counts as gone. */
const TTL = 10_000;
const RENEWALS = 4;
/** The epoch of a generation that serves no more: above all others, so that nobody writes it again. */
const RETIRED = Number.MAX_SAFE_INTEGER;
/** Milliseconds that the generation that serves may be held still. */
const HELD_FOR = 5_000;

/** Somebody else builds read models in this database now. */
export class AlreadyBuilding extends Error {
  override readonly name = "AlreadyBuilding";
}

export class Building {
  readonly generation: string;
  readonly #database: Db;
  readonly #epoch: number;
  readonly #over = new AbortController();
  readonly #renewing: Promise<void>;

  private constructor(database: Db, generation: string, epoch: number) {
    this.#database = database;
    this.generation = generation;
    this.#epoch = epoch;
    this.#renewing = this.#renewAlways();
  }

  /** Begins a generation, or goes on with one whose builder is gone. Throws AlreadyBuilding, NewerFormat. */
  static async begin(database: Db, owner: string): Promise<Building> {
    const { building, made, now } = await servingIn(database);
    if (building !== null && building.expiresAt > now)
      throw new AlreadyBuilding(
        `read models are being built in ${database.databaseName} by ${building.owner}, since ${building.startedAt.toISOString()}: wait for its end`,
      );
    const epoch = await newEpoch(database);
    const goesOn = building !== null && building.version === VIEWS_VERSION;
    const [number, startedAt] = goesOn ? [made, building.startedAt] : [made + 1, now];
    const generation = goesOn ? building.generation : nameOf(number);
    const mine = {
      generation,
      version: VIEWS_VERSION,
      epoch,
      owner,
      startedAt,
      expiresAt: new Date(now.getTime() + TTL),
    };
    const { matchedCount } = await controlOf<ViewsDocument>(database).updateOne(
      { _id: "views", made, "building.epoch": building?.epoch ?? null },
      { $set: { building: mine, made: number } },
    );
    if (matchedCount === 0)
      throw new AlreadyBuilding(`another process began to build read models in ${database.databaseName} just now`);
    return new Building(database, generation, epoch);
  }

  /** Aborts once another process builds, or this one gave up. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** A writer of what is built, which goes on from its checkpoint. Throws Superseded. */
  open(): Promise<MongoViewWriter> {
    return MongoViewWriter.open({
      database: this.#database,
      generation: this.generation,
      epoch: this.#epoch,
      indexes: "writing",
    });
  }

  /** Makes the indexes that readers need. */
  async index(): Promise<void> {
    for (;;)
      try {
        await makeViews(this.#database, this.generation);
        return;
      } catch (error) {
        // A large index takes longer than an answer may: asked again, the server goes on with it.
        if (!(error instanceof MongoNetworkTimeoutError) || this.signal.aborted) throw error;
      }
  }

  /**
   * Takes the place of what serves. That is held still meanwhile: `catchUp` has to bring what was built to where it is, which
   * is told, or beyond, within a moment.
   */
  async replace(catchUp: (place: number) => Promise<void>): Promise<void> {
    this.#over.abort(new Error("the generation serves"));
    await this.#renewing;
    const session = this.#database.client.startSession();
    try {
      await inTransaction(session, () => this.#replaceIn(session, catchUp));
    } finally {
      await session.endSession();
    }
  }

  async #replaceIn(session: ClientSession, catchUp: (place: number) => Promise<void>): Promise<void> {
    const { current } = await servingIn(this.#database);
    const until = performance.now() + HELD_FOR;
    const retired = { $concatArrays: ["$retired", [{ generation: "$current", at: "$$NOW" }]] };
    const serves = { current: this.generation, version: VIEWS_VERSION, builtUnder: this.#epoch, since: "$$NOW" };
    const { matchedCount } = await controlOf<ViewsDocument>(this.#database).updateOne(
      { _id: "views", current, "building.epoch": this.#epoch },
      [{ $set: { retired } }, { $set: { ...serves, building: null } }],
      { session },
    );
    if (matchedCount === 0) throw new AlreadyBuilding("another process builds these read models now");
    const last = await viewsIn(this.#database, current).checkpoint.findOneAndUpdate(
      { _id: "checkpoint" },
      { $set: { epoch: RETIRED } },
      { session, upsert: true, returnDocument: "before" },
    );
    await catchUp(last?.place ?? 0);
    if (performance.now() > until)
      throw new Error("the read models that serve were held still for too long: begin again");
  }

  /** Stops; another process may go on with it at once. */
  async stop(): Promise<void> {
    this.#over.abort(new Error("the building was stopped"));
    await this.#renewing;
    await this.#renew(0);
  }

  async #renewAlways(): Promise<void> {
    const { signal } = this;
    while (!signal.aborted) {
      await pause(TTL / RENEWALS, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const isMine = await this.#renew(TTL).catch(() => true);
      if (!isMine) this.#over.abort(new Error("another process builds these read models now"));
    }
  }

  /** Whether it is still this process that builds. */
  async #renew(ttl: number): Promise<boolean> {
    const expiresAt = { $dateAdd: { startDate: "$$NOW", unit: "millisecond", amount: ttl } };
    const { matchedCount } = await controlOf<ViewsDocument>(this.#database).updateOne(
      { _id: "views", "building.epoch": this.#epoch },
      [{ $set: { "building.expiresAt": expiresAt } }],
    );
    return matchedCount === 1;
  }
}
