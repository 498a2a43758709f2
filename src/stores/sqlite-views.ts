// Read models in SQLite after a log or a vault that is not: for development. Written in this thread.
import { ordinalOf, type Position } from "../eventlog/event-log.ts";
import { lifelong } from "../nodes/terms.ts";
import { SqliteReadStore } from "../readstore/sqlite/sqlite-read-store.ts";
import { discardViews } from "../readstore/sqlite/views-file.ts";
import { SqliteViewWriter } from "../readstore/sqlite/writing/sqlite-view-writer.ts";
import type { ViewWriter } from "../readstore/view-writer.ts";
import type { Views } from "./views.ts";

/** How often erased values that a reader held in a file are looked after, ms. */
const DROP_EVERY = 1_000;

/** Opens or makes them in a folder that this process holds; those that are ahead of the log are built anew. */
export function openSqliteViews(folder: string, head: Position, baseUrl: string): Views {
  let writer = new SqliteViewWriter(folder);
  if (writer.checkpoint().place > ordinalOf(head)) {
    writer.close();
    discardViews(folder);
    writer = new SqliteViewWriter(folder);
  }
  const readStore = new SqliteReadStore(folder, { baseUrl });
  const dropping = setInterval(() => writer.dropErased(), DROP_EVERY).unref();
  return {
    readStore,
    ledger: readStore.ledger,
    lease: lifelong,
    unheld: () => 0,
    position: async () => readStore.position(),
    openWriter: async () => asynchronous(writer),
    async [Symbol.asyncDispose]() {
      clearInterval(dropping);
      await readStore.close();
      writer.close();
    },
  };
}

const asynchronous = (writer: SqliteViewWriter): ViewWriter & AsyncDisposable => ({
  checkpoint: async () => writer.checkpoint(),
  load: async (request) => writer.load(request),
  // What is staged is loaded from next: it is stored at once.
  async stage(batch) {
    writer.stage(batch);
    writer.show();
    return async () => undefined;
  },
  // The writer lives as long as the views.
  [Symbol.asyncDispose]: async () => undefined,
});
