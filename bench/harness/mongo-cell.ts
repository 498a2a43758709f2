// Measures the projector on MongoDB against the bare driver that writes the same, in turns.
import type { MongoCell } from "../engines/cells.ts";
import type { MongoProjectorRequest, MongoProjectorResult } from "../engines/mongo-projector.ts";
import type { Bench } from "./bench.ts";
import { Child } from "./child.ts";
import type { CellResult, Sample } from "./result.ts";

/** Seconds after which a child process counts as stuck. */
const WITHIN = 300;

export async function measureMongo({ name, series, size, dataSet }: MongoCell, bench: Bench): Promise<CellResult> {
  bench.progress.step(`generating ${dataSet}`);
  const folder = await bench.folders.of(dataSet);
  const ours: Sample[] = [];
  const raw: Sample[] = [];
  for (let round = 1; round <= bench.options.rounds; round++) {
    bench.progress.step(`round ${round}`);
    for (const isRaw of round % 2 === 0 ? [true, false] : [false, true]) {
      const address = bench.engines.database();
      await using child = Child.fork(new URL("../engines/mongo-projector.ts", import.meta.url));
      const request: MongoProjectorRequest = { address, folder, events: size, isRaw };
      const { seconds } = await child.ask<MongoProjectorResult>(request, WITHIN);
      (isRaw ? raw : ours).push({ value: size / seconds });
    }
  }
  const contestants = { "raw driver": { rounds: raw }, "scim-ledger": { rounds: ours } };
  return { name, series, size, unit: "events/s", contestants };
}
