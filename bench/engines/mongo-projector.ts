// Projecting a log into MongoDB, a child process: through the projector, or the very same guarded bulk writes by the bare driver.
import { type AnyBulkWriteOperation, type ClientSession, type Db, type Document, MongoClient } from "mongodb";
import { type RecordedEvent, START } from "../../src/eventlog/event-log.ts";
import { SqliteLogReader } from "../../src/eventlog/sqlite/reader.ts";
import { AsynchronousProjector } from "../../src/projections/asynchronous-projector.ts";
import { makeViews } from "../../src/readstore/mongodb/collections.ts";
import { MongoViewWriter } from "../../src/readstore/mongodb/writing/mongo-view-writer.ts";
import { openVaultReadOnly } from "../../src/vault/sqlite/vault.ts";

export interface MongoProjectorRequest {
  /** Of a database that nobody has used, which is dropped; where this ends early, by whoever asked. */
  readonly address: string;
  /** A data folder with a log of this many events at least. */
  readonly folder: string;
  readonly events: number;
  /** The bare driver instead of the projector. */
  readonly isRaw: boolean;
}

export interface MongoProjectorResult {
  readonly seconds: number;
}

/** Events that the projector gets at once. */
const PULL = 500;

/** What the driver was asked to write in one transaction, in order: operations by collection, the checkpoint's the very first. */
type Transaction = { readonly name: string; readonly operations: AnyBulkWriteOperation<Document>[] }[];

process.on("disconnect", () => process.exit());
process.once("message", async (request: MongoProjectorRequest) => {
  const client = new MongoClient(request.address, { writeConcern: { w: "majority", journal: true } });
  const database = client.db();
  const seconds = request.isRaw ? await writeRaw(database, request) : await project(database, "ours", request);
  await database.dropDatabase();
  await client.close();
  process.send!({ seconds } satisfies MongoProjectorResult);
});

/** Seconds that the projector takes; not for making empty collections. */
async function project(database: Db, generation: string, { folder, events }: MongoProjectorRequest): Promise<number> {
  const log = new SqliteLogReader(folder);
  const vault = openVaultReadOnly(folder);
  await using writer = await MongoViewWriter.open({ database, generation, epoch: 1 });
  const findKey = (tenant: string, keyId: string) => vault.open(tenant, keyId);
  const projector = await AsynchronousProjector.resume(writer, { namespace: log.namespace, findKey });
  const pulls: (readonly RecordedEvent[])[] = [];
  for (let after = START, left = events; left > 0; left -= PULL) {
    pulls.push(log.readAll(after, Math.min(PULL, left)));
    after = pulls.at(-1)!.at(-1)!.position;
  }
  const began = performance.now();
  for (const pull of pulls) await projector.take(pull);
  await projector.settled();
  const seconds = (performance.now() - began) / 1_000;
  vault.close();
  log.close();
  return seconds;
}

/** Seconds that the driver takes for what the projector wrote before; neither reads nor folds are in them. */
async function writeRaw(database: Db, request: MongoProjectorRequest): Promise<number> {
  const transactions: Transaction[] = [];
  await project(recording(database, transactions), "ours", request);
  if (transactions.length === 0) throw new Error("the projector was not seen to write anything");
  const views = await makeViews(database, "raw");
  await views.checkpoint.insertOne({ _id: "checkpoint", place: 0, effectiveAt: 0, events: 0, epoch: 1 });
  const began = performance.now();
  for (const writes of transactions)
    await database.client.withSession((session) =>
      session.withTransaction(
        async () => {
          const written = [];
          for (const { name, operations } of writes)
            written.push(await database.collection(`raw.${name}`).bulkWrite(operations, { ordered: false, session }));
          const { matchedCount, upsertedCount } = written[0]!;
          if (matchedCount + upsertedCount !== writes[0]!.operations.length)
            throw new Error("a batch does not begin where the one before ended");
        },
        { readConcern: { level: "snapshot" }, writeConcern: { w: "majority", journal: true } },
      ),
    );
  return (performance.now() - began) / 1_000;
}

/** The database, with what is written to its collections noted down. */
function recording(database: Db, transactions: Transaction[]): Db {
  const noting = (name: string) => {
    const collection = database.collection(name);
    const short = name.slice(name.indexOf(".") + 1);
    return new Proxy(collection, {
      get(target, property) {
        const own = Reflect.get(target, property);
        if (typeof own !== "function") return own;
        return (...given: unknown[]) => {
          const session = (given.at(-1) as { session?: ClientSession } | undefined)?.session;
          if (property === "bulkWrite" && session?.inTransaction() === true) {
            const operations = given[0] as AnyBulkWriteOperation<Document>[];
            if (movesCheckpoint(operations[0]!)) transactions.push([]);
            transactions.at(-1)!.push({ name: short, operations });
          }
          return own.apply(target, given);
        };
      },
    });
  };
  return new Proxy(database, {
    get(target, property) {
      if (property === "collection") return noting;
      const own = Reflect.get(target, property);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
}

const movesCheckpoint = (operation: AnyBulkWriteOperation<Document>): boolean =>
  "updateOne" in operation && String(operation.updateOne.filter["_id"]) === "checkpoint";
