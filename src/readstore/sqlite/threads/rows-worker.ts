// The thread of lookups.
import { workerData } from "node:worker_threads";
import { Statements } from "../statements.ts";
import { openViewsForReading } from "../views-file.ts";
import { answerEach } from "./lazy-worker.ts";
import type { LookedUp, Lookup, RowsThreadData } from "./rows-thread.ts";

const { folder, cache } = workerData as RowsThreadData;
const database = openViewsForReading(folder, cache);
const statements = new Statements(database);

function answer({ number, sql, values }: Lookup): LookedUp {
  try {
    return { number, rows: statements.get(sql).all(...values) };
  } catch (error) {
    return { number, failed: error instanceof Error ? error.message : String(error) };
  }
}

answerEach(answer, () => database.close());
