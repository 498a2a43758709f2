// Deletes the read models of a data folder and opens its stores as the service does, a child process: tells how long that takes.
import { openStores } from "../../src/embedded/stores.ts";
import { discardViews } from "../../src/readstore/sqlite/views-file.ts";

export interface RebuildRequest {
  readonly folder: string;
}

export interface RebuildResult {
  /** Until all of the log was projected. */
  readonly seconds: number;
  /** Of that, what opening takes when there is nothing to project. */
  readonly opening: number;
}

process.on("disconnect", () => process.exit());
process.once("message", async ({ folder }: RebuildRequest) => {
  discardViews(folder);
  const seconds = await timeToOpen(folder);
  const opening = await timeToOpen(folder);
  process.send!({ seconds, opening } satisfies RebuildResult);
});

async function timeToOpen(folder: string): Promise<number> {
  const began = performance.now();
  await using stores = await openStores(folder);
  void stores;
  return (performance.now() - began) / 1_000;
}
