// Generations of the read models: one serves; another may be built beside it and then takes its place at once, for readers
// and the projector, at a place that is not before the one it replaces.
import { setTimeout as pause } from "node:timers/promises";
import type { Db } from "mongodb";
import { type Views, viewsIn } from "../collections.ts";
import { inTime } from "../in-time.ts";
import { MongoViewWriter } from "../writing/mongo-view-writer.ts";
import { controlOf, NewerFormat, type ViewsDocument } from "./control.ts";

/** Moves with every change of the collections or of what a projection writes into them. */
export const VIEWS_VERSION = 8;

/** Milliseconds for which a reader goes by what it knows of the generation that serves. */
const KNOWN_FOR = 1_000;
/** Milliseconds after which it does not, unless it has looked again. */
const TRUSTED_FOR = 2_000;
/** Milliseconds within which a replacement that was begun is done or void. */
const REPLACED_WITHIN = 60_000;
/** Milliseconds for which what served before is kept. */
const GRACE = 60_000;

export const nameOf = (number: number): string => `v${number}`;
const numberOf = (collection: string): number => Number(/^v(\d{1,15})\./u.exec(collection)?.[1] ?? Number.NaN);

export interface Serving extends ViewsDocument {
  /** The server's time. */
  readonly now: Date;
}

/** What the control collection says; begins with an empty generation where there is none. Throws NewerFormat. */
export async function servingIn(database: Db): Promise<Serving> {
  const found = (await lookAt(database)) ?? (await begin(database));
  if (found.version > VIEWS_VERSION)
    throw new NewerFormat(
      `the read models in ${database.databaseName} are of version ${found.version}, this version of scim-ledger knows ${VIEWS_VERSION}: start the newer version`,
    );
  return found;
}

/** Whether the read models were written by an older version, and have to be built anew before they serve. */
export const isOutdated = ({ version }: Pick<ViewsDocument, "version">): boolean => version < VIEWS_VERSION;

async function lookAt(database: Db): Promise<Serving | undefined> {
  const stages = [{ $match: { _id: "views" } }, { $set: { now: "$$NOW" } }];
  const [found] = await controlOf(database).aggregate<Serving>(stages, { maxTimeMS: TRUSTED_FOR }).toArray();
  return found;
}

async function begin(database: Db): Promise<Serving> {
  const none = { builtUnder: 0, building: null, retired: [] };
  const first = { current: nameOf(1), version: VIEWS_VERSION, since: new Date(0), made: 1, ...none };
  await controlOf<ViewsDocument>(database).updateOne({ _id: "views" }, { $setOnInsert: first }, { upsert: true });
  return (await lookAt(database))!;
}

/**
 * The writer of the generation that serves. After a replacement it waits until no reader goes by the one before: what is
 * then announced as visible is so for all of them. Throws Superseded, NewerFormat.
 */
export async function openServing(database: Db, epoch: number, signal?: AbortSignal): Promise<MongoViewWriter> {
  const { current, builtUnder, since, now, retired } = await servingIn(database);
  if (now.getTime() - since.getTime() < REPLACED_WITHIN) await pause(TRUSTED_FOR, undefined, { signal });
  const writer = await MongoViewWriter.open({ database, generation: current, epoch, after: builtUnder, signal });
  if (retired.length > 0) void dropInTime(database, signal);
  return writer;
}

/** What served before is dropped by whoever projects then; a failure leaves it to the next. */
async function dropInTime(database: Db, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pause(GRACE, undefined, { signal, ref: false });
    await dropRetired(database);
  } catch {
    return;
  }
}

/** What readers ask for the collections that serve; it looks again as they come by, at most once in KNOWN_FOR. */
export class CurrentViews {
  readonly #database: Db;
  #views: Views | undefined;
  #generation = "";
  /** When the last answer was asked for, by our own clock: what it says was so then, or later. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<Views> | undefined;

  constructor(database: Db) {
    this.#database = database;
  }

  /** At once, as long as what is known is not too old. */
  views(): Views | Promise<Views> {
    const age = performance.now() - this.#askedAt;
    if (age < KNOWN_FOR) return this.#views!;
    const looking = this.look();
    if (age >= TRUSTED_FOR) return looking;
    looking.catch(() => undefined);
    return this.#views!;
  }

  /** Asks the database: also where a collection turned out to be gone. */
  look(): Promise<Views> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<Views> {
    const askedAt = performance.now();
    const { current } = await inTime(servingIn(this.#database), TRUSTED_FOR);
    if (current !== this.#generation) this.#views = viewsIn(this.#database, current);
    this.#generation = current;
    this.#askedAt = askedAt;
    return this.#views!;
  }
}

/** Drops what served before, once nobody can still be reading it, and what was given up half built. */
export async function dropRetired(database: Db, grace = GRACE): Promise<void> {
  const { current, building, retired, now } = await servingIn(database);
  const kept = new Set([current, building?.generation]);
  for (const { generation, at } of retired) if (now.getTime() - at.getTime() < grace) kept.add(generation);
  const names = await database.listCollections({}, { nameOnly: true }).toArray();
  for (const { name } of names) {
    const number = numberOf(name);
    if (!Number.isNaN(number) && !kept.has(nameOf(number))) await database.dropCollection(name);
  }
  const left = retired.filter(({ generation }) => kept.has(generation));
  if (left.length < retired.length)
    await controlOf<ViewsDocument>(database).updateOne({ _id: "views", current, retired }, { $set: { retired: left } });
}
