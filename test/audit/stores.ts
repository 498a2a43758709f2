// The read stores that the audit questions are held to: the naive one that folds, and the embedded one that projects.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { History } from "../../src/audit/sources.ts";
import { DEFAULT_NAMESPACE } from "../../src/eventlog/stream-name.ts";
import { Projector } from "../../src/projections/projector.ts";
import { SqliteReadStore } from "../../src/readstore/sqlite/sqlite-read-store.ts";
import { SqliteViewWriter } from "../../src/readstore/sqlite/writing/sqlite-view-writer.ts";
import { sourcesOf } from "./asking.ts";
import { FoldStore } from "./fold-store.ts";
import type { World } from "./world.ts";

/** Asks with a store that has read all of a world's history. */
export type With = <T>(world: World, ask: (sources: ReturnType<typeof sourcesOf>) => Promise<T>) => Promise<T>;

const withFold: With = (world, ask) => ask(sourcesOf(world, new FoldStore(world)));

const withSqlite: With = async (world, ask) => {
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-audit-"));
  const writer = new SqliteViewWriter(folder);
  try {
    new Projector(writer, { namespace: DEFAULT_NAMESPACE, openKey: world.openKey }).project(
      world.entries.map(({ recorded }) => recorded),
    );
    const store: SqliteReadStore = new SqliteReadStore(folder);
    try {
      return await ask(sourcesOf(world, store satisfies History));
    } finally {
      await store.close();
    }
  } finally {
    writer.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

export const stores = [
  { store: "folded anew for every answer", using: withFold, runs: { numRuns: 100 } },
  { store: "SQLite", using: withSqlite, runs: { numRuns: 8 } },
];
