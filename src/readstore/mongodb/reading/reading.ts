// Reads of one answer: in one snapshot where they are several, and never longer than their deadline.
import type {
  AggregateOptions,
  AggregationCursor,
  ClientSession,
  Collection,
  Document,
  Filter as DocumentQuery,
  FindOptions,
  MongoClient,
} from "mongodb";
import { MongoError } from "mongodb";
import type { Views } from "../collections.ts";
import { asUnavailable, isTransient } from "./unreachable.ts";

/** The time is over. */
export class OutOfTime extends Error {}

/** Code of an error: `maxTimeMS` is over. */
const TIME_IS_OVER = 50;
/** Milliseconds a read may take that no deadline bounds: none should come near it. */
const WITHIN = 15_000;
/** How often a snapshot that the server gave up is begun anew. */
const ATTEMPTS = 4;
const LEAST = 1;
/** Documents that come with the answer to a command whose all are wanted; the server's usual hundred take another command. */
const WHOLE = { batchSize: 5_000 };

/** A collection of whatever documents. */
interface Aggregated {
  aggregate(pipeline: Document[], options: AggregateOptions): AggregationCursor<Document>;
}

/** Reads of one generation, at one instant if `session` is a snapshot. */
export class Reading {
  readonly views: Views;
  /** `performance.now()` after which no read may go on. */
  readonly deadline: number;
  readonly #session: ClientSession | undefined;

  constructor(views: Views, deadline: number, session?: ClientSession) {
    this.views = views;
    this.deadline = deadline;
    this.#session = session;
  }

  /** Throws OutOfTime. */
  async all<Stored extends Document, Read extends Document = Stored>(
    collection: Collection<Stored>,
    query: Document,
    options: FindOptions = {},
  ): Promise<Read[]> {
    return this.#inTime((bounds) =>
      collection.find<Read>(query as DocumentQuery<Stored>, { ...WHOLE, ...options, ...bounds }).toArray(),
    );
  }

  async first<Stored extends Document, Read extends Document = Stored>(
    collection: Collection<Stored>,
    query: Document,
    options: FindOptions = {},
  ): Promise<Read | undefined> {
    const found = await this.#inTime((bounds) =>
      collection.findOne<Read>(query as DocumentQuery<Stored>, { ...options, ...bounds }),
    );
    return found ?? undefined;
  }

  /** All that match, so many at a time. */
  async *portions<Stored extends Document, Read extends Document = Stored>(
    collection: Collection<Stored>,
    query: Document,
    options: FindOptions,
    size: number,
  ): AsyncGenerator<readonly Read[]> {
    const cursor = await this.#inTime(async (bounds) =>
      collection.find<Read>(query as DocumentQuery<Stored>, { ...options, ...bounds, batchSize: size }),
    );
    try {
      while (await this.#inTime(() => cursor.hasNext())) {
        yield cursor.readBufferedDocuments() as unknown as Read[];
        this.mustGoOn();
      }
    } finally {
      await cursor.close();
    }
  }

  /** What a pipeline gives, so many at a time. */
  async *pipelined<Read extends object>(
    collection: Aggregated,
    pipeline: Document[],
    size: number,
  ): AsyncGenerator<readonly Read[]> {
    const cursor = await this.#inTime(async (bounds) => collection.aggregate(pipeline, { ...bounds, batchSize: size }));
    try {
      while (await this.#inTime(() => cursor.hasNext())) {
        yield cursor.readBufferedDocuments() as Read[];
        this.mustGoOn();
      }
    } finally {
      await cursor.close();
    }
  }

  async aggregate<Read extends object>(
    collection: Aggregated,
    pipeline: Document[],
    options: AggregateOptions = {},
  ): Promise<Read[]> {
    return this.#inTime(
      (bounds) => collection.aggregate(pipeline, { ...WHOLE, ...options, ...bounds }).toArray() as Promise<Read[]>,
    );
  }

  /** How many documents match. */
  async count<Stored extends Document>(
    collection: Collection<Stored>,
    query: Document,
    options: AggregateOptions = {},
  ): Promise<number> {
    const counted = await this.aggregate<{ n: number }>(collection, [{ $match: query }, { $count: "n" }], options);
    return counted[0]?.n ?? 0;
  }

  /** Throws OutOfTime after the deadline. */
  mustGoOn(): void {
    if (performance.now() > this.deadline) throw new OutOfTime();
  }

  async #inTime<Result>(
    read: (bounds: { maxTimeMS: number; session?: ClientSession }) => Promise<Result>,
  ): Promise<Result> {
    this.mustGoOn();
    const maxTimeMS = Math.max(LEAST, Math.ceil(this.deadline - performance.now()));
    try {
      return await read(this.#session === undefined ? { maxTimeMS } : { maxTimeMS, session: this.#session });
    } catch (error) {
      if (error instanceof MongoError && error.code === TIME_IS_OVER) throw new OutOfTime();
      // Within a snapshot the error is needed as it came: it says whether the whole may be begun anew.
      throw this.#session === undefined ? asUnavailable(error) : error;
    }
  }
}

export interface ReadsParts {
  readonly client: MongoClient;
  /** The generation that serves now. */
  readonly views: () => Views;
}

/** Where every reader gets its readings from. */
export class Reads {
  readonly #parts: ReadsParts;

  constructor(parts: ReadsParts) {
    this.#parts = parts;
  }

  /** For answers of a single read. */
  now(within = WITHIN): Reading {
    return new Reading(this.#parts.views(), performance.now() + within);
  }

  /** For answers of several: all of them see the same instant. `within`: milliseconds. */
  async snapshot<Result>(read: (reading: Reading) => Promise<Result>, within = WITHIN): Promise<Result> {
    const deadline = performance.now() + within;
    const session = this.#parts.client.startSession();
    try {
      for (let attempt = 1; ; attempt++)
        try {
          return await inSnapshot(session, () => read(new Reading(this.#parts.views(), deadline, session)));
        } catch (error) {
          if (attempt === ATTEMPTS || !isTransient(error) || performance.now() > deadline) throw asUnavailable(error);
        }
    } finally {
      await session.endSession();
    }
  }
}

/** A commit to the majority says that what was read will not be rolled back. */
async function inSnapshot<Result>(session: ClientSession, read: () => Promise<Result>): Promise<Result> {
  session.startTransaction({
    readConcern: { level: "snapshot" },
    writeConcern: { w: "majority" },
    readPreference: "primary",
  });
  try {
    const result = await read();
    await session.commitTransaction();
    return result;
  } catch (error) {
    if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
    throw error;
  }
}
