// Read models in a folder of their own, which only its owner may read and which goes away with them.
import { rmSync } from "node:fs";
import { ownFolder } from "../audit/evidence/own-folder.ts";
import type { Machinery, OwnViews } from "../audit/evidence/replay.ts";
import { presentFrom } from "../http/audit/present.ts";
import { SqliteReadStore } from "../readstore/sqlite/sqlite-read-store.ts";
import { SqliteViewWriter } from "../readstore/sqlite/writing/sqlite-view-writer.ts";

function ownViews(): OwnViews {
  const folder = ownFolder();
  const writer = new SqliteViewWriter(folder);
  let store: SqliteReadStore | undefined;
  return {
    writer,
    read() {
      store = new SqliteReadStore(folder);
      return store;
    },
    async close() {
      await store?.close();
      writer.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What replays of evidence use. */
export const machinery: Machinery = { views: ownViews, present: presentFrom };
