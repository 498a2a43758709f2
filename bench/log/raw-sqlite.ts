// The log's floor, a child process: SQLite alone, one table without an index, the same bytes, the same events in a commit.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sealedEvents } from "./sealed-events.ts";

export interface RawRequest {
  readonly folder: string;
  /** Events in one transaction. */
  readonly grouping: number;
  readonly seconds: number;
}

export interface RawResult {
  readonly appends: number;
  readonly seconds: number;
}

const EVENTS = 1_000;

process.on("disconnect", () => process.exit());
process.once("message", ({ folder, grouping, seconds }: RawRequest) => {
  const database = new DatabaseSync(join(folder, "raw.db"));
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE events (position INTEGER PRIMARY KEY, stream INTEGER, revision INTEGER, envelope TEXT, ciphertext BLOB) STRICT`);
  const insert = database.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?)");
  const events = sealedEvents(EVENTS);
  const began = performance.now();
  const end = began + seconds * 1_000;
  let appends = 0;
  while (performance.now() < end) {
    database.exec("BEGIN IMMEDIATE");
    for (let i = 0; i < grouping; i++) {
      const { envelope, ciphertext } = events[appends % EVENTS]!;
      appends++;
      insert.run(appends, appends % EVENTS, 0, envelope, ciphertext);
    }
    database.exec("COMMIT");
  }
  const result: RawResult = { appends, seconds: (performance.now() - began) / 1_000 };
  database.close();
  process.send!(result);
});
