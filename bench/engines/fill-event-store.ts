// Copies the log of a data folder into EventStoreDB, a child process: many appends at once, where `scim-ledger log copy` keeps
// their order for the sake of a ledger that was signed already.
import { appendsOf } from "../../src/eventlog/copy-log.ts";
import { START } from "../../src/eventlog/event-log.ts";
import { EventStoreEventLog } from "../../src/eventlog/eventstoredb/event-store-log.ts";
import { SqliteLogReader } from "../../src/eventlog/sqlite/reader.ts";

export interface FillRequest {
  readonly address: string;
  /** A data folder; its log's namespace is begun on the server. */
  readonly folder: string;
}

export interface FillResult {
  readonly events: number;
}

/** Events whose appends are on their way at once. */
const AT_ONCE = 512;

process.on("disconnect", () => process.exit());
process.once("message", async ({ address, folder }: FillRequest) => {
  const reader = new SqliteLogReader(folder);
  const log = await EventStoreEventLog.open(address, { namespace: reader.namespace, beginBeside: true });
  let events = 0;
  for (let after = START; ; ) {
    const some = reader.readAll(after, AT_ONCE);
    const last = some.at(-1);
    if (last === undefined) break;
    await Promise.all(chainsOf(some).map((chain) => chain()));
    events += some.length;
    after = last.position;
  }
  await log.close();
  reader.close();
  process.send!({ events } satisfies FillResult);

  /** Appends to one stream follow each other, those to others do not wait. */
  function chainsOf(some: Parameters<typeof appendsOf>[0]): readonly (() => Promise<void>)[] {
    const streams = Map.groupBy(appendsOf(some), ({ stream }) => stream);
    return [...streams.values()].map((appends) => async () => {
      for (const append of appends) await log.append(append);
    });
  }
});
