// How far the read models in MongoDB are behind a log in EventStoreDB, seen from outside both, a child process: looks at both
// ends again and again for a while. What is behind is told as the service tells it, as an age.
import { setTimeout as pause } from "node:timers/promises";
import { positionOf } from "../../src/eventlog/event-log.ts";
import { EventStoreEventLog } from "../../src/eventlog/eventstoredb/event-store-log.ts";
import { Lag } from "../../src/nodes/lag.ts";
import { viewsIn } from "../../src/readstore/mongodb/collections.ts";
import { connectToMongo } from "../../src/readstore/mongodb/connection.ts";
import { servingIn } from "../../src/readstore/mongodb/generations/generations.ts";

export interface WatchLagRequest {
  readonly eventStore: string;
  readonly namespace: string;
  /** Of the database of the read models. */
  readonly mongo: string;
  readonly seconds: number;
}

export interface WatchLagResult {
  /** Milliseconds, of all looks. */
  readonly p50: number;
  readonly p99: number;
  readonly looks: number;
}

const EVERY_MS = 5;

process.on("disconnect", () => process.exit());
process.once("message", async ({ eventStore, namespace, mongo, seconds }: WatchLagRequest) => {
  const log = await EventStoreEventLog.open(eventStore, { namespace });
  const { database, client } = await connectToMongo(mongo);
  const { checkpoint } = viewsIn(database, (await servingIn(database)).current);
  const look = async () => {
    const [head, found] = await Promise.all([log.head(), checkpoint.findOne({ _id: "checkpoint" })]);
    return { head, visible: positionOf(found?.place ?? 0) };
  };
  const lag = new Lag();
  const behind: number[] = [];
  await look();
  // What a look finds new in the log came after the look before: it may be as old as that one.
  let before = performance.now();
  for (const end = before + seconds * 1_000; before < end; await pause(EVERY_MS)) {
    const { head, visible } = await look();
    const now = performance.now();
    lag.note(head, visible, before);
    behind.push(lag.at(visible, now));
    before = now;
  }
  behind.sort((a, b) => a - b);
  const at = (share: number) => behind[Math.min(behind.length - 1, Math.floor(share * behind.length))]!;
  await client.close();
  await log.close();
  process.send!({ p50: at(0.5), p99: at(0.99), looks: behind.length } satisfies WatchLagResult);
});
