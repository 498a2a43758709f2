// Brings a data folder to the engines, a child process: its log into EventStoreDB, its keys into MongoDB. Many appends go at
// once, where `scim-ledger log copy` keeps their order for the sake of a ledger that was signed already.
import { appendsOf } from "../../src/eventlog/copy-log.ts";
import { type Append, START } from "../../src/eventlog/event-log.ts";
import { EventStoreEventLog } from "../../src/eventlog/eventstoredb/event-store-log.ts";
import { SqliteLogReader } from "../../src/eventlog/sqlite/reader.ts";
import { connectToMongo } from "../../src/readstore/mongodb/connection.ts";
import { lastingBeside } from "../../src/stores/connect-mongo.ts";
import { rootKeyIn } from "../../src/vault/key-service.ts";
import { takeOver } from "../../src/vault/mongodb/take-over.ts";

export interface FillRequest {
  /** A data folder that no service has used; its log's namespace is begun on the server. */
  readonly folder: string;
  readonly eventStore: string;
  /** Of the database of the read models; the keys are kept beside it. */
  readonly mongo: string;
  /** The file of the root key, which is made. */
  readonly rootKey: string;
}

export interface FillResult {
  readonly events: number;
  readonly keys: number;
}

/** Events whose appends are on their way at once. */
const AT_ONCE = 512;

process.on("disconnect", () => process.exit());
process.once("message", async ({ folder, eventStore, mongo, rootKey }: FillRequest) => {
  const events = await copyLog(folder, eventStore);
  const connection = await connectToMongo(mongo);
  const { keys } = await takeOver(folder, { database: lastingBeside(connection), openService: rootKeyIn(rootKey) });
  await connection[Symbol.asyncDispose]();
  process.send!({ events, keys } satisfies FillResult);
});

async function copyLog(folder: string, address: string): Promise<number> {
  const reader = new SqliteLogReader(folder);
  const log = await EventStoreEventLog.open(address, { namespace: reader.namespace, beginBeside: true });
  let events = 0;
  for (let after = START; ; ) {
    const some = reader.readAll(after, AT_ONCE);
    const last = some.at(-1);
    if (last === undefined) break;
    const streams = Map.groupBy(appendsOf(some), ({ stream }) => stream);
    await Promise.all([...streams.values()].map((appends) => appendInOrder(log, appends)));
    events += some.length;
    after = last.position;
  }
  await log.close();
  reader.close();
  return events;
}

async function appendInOrder(log: EventStoreEventLog, appends: readonly Append[]): Promise<void> {
  for (const append of appends) await log.append(append);
}
