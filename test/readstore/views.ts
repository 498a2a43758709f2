// Read models of a history, and what they are held to.

import type { RecordedEvent } from "../../src/eventlog/event-log.ts";
import { Projector } from "../../src/projections/projector.ts";
import { SqliteReadStore, type SqliteReadStoreOptions } from "../../src/readstore/sqlite/sqlite-read-store.ts";
import { SqliteViewWriter } from "../../src/readstore/sqlite/writing/sqlite-view-writer.ts";
import { BASE_URL, type History } from "../projections/history.ts";

export interface Views extends Disposable {
  readonly store: SqliteReadStore;
  readonly projector: Projector;
  readonly writer: SqliteViewWriter;
}

/** Opens the read models of a folder and projects a history into them, in batches of `size`. */
export function viewsOf(
  history: History,
  folder: string,
  { size = 1_000, options = {} }: { size?: number; options?: SqliteReadStoreOptions } = {},
): Views {
  const writer = new SqliteViewWriter(folder, { cacheMegabytes: 1 });
  const projector = new Projector(writer, { namespace: "scim", openKey: history.openKey });
  projectAll(projector, history.events, size);
  const store = new SqliteReadStore(folder, { baseUrl: BASE_URL, cacheMegabytes: 1, ...options });
  return {
    store,
    projector,
    writer,
    [Symbol.dispose]() {
      void store.close();
      writer.close();
    },
  };
}

export function projectAll(projector: Projector, events: readonly RecordedEvent[], size: number): void {
  for (let from = 0; from < events.length; from += size) projector.project(events.slice(from, from + size));
}
