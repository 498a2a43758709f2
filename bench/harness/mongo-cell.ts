// Measures the projector on MongoDB against the bare driver that writes the same, in turns.
import type { MongoCell } from "../cells.ts";
import type { MongoProjectorRequest, MongoProjectorResult } from "../engines/mongo-projector.ts";
import type { Bench } from "./bench.ts";
import { Child } from "./child.ts";
import type { CellResult, Sample } from "./result.ts";

/** Names the server; the databases of the run are dropped. */
const SERVER = "SCIM_LEDGER_BENCH_MONGODB";

export async function measureMongo({ name, series, size, dataSet }: MongoCell, bench: Bench): Promise<CellResult> {
  const address = process.env[SERVER];
  if (address === undefined) throw new Error(`${SERVER} names no MongoDB`);
  bench.progress.step(`generating ${dataSet}`);
  const folder = await bench.folders.of(dataSet);
  const ours: Sample[] = [];
  const raw: Sample[] = [];
  for (let round = 1; round <= bench.options.rounds; round++) {
    bench.progress.step(`round ${round}`);
    for (const isRaw of round % 2 === 0 ? [true, false] : [false, true]) {
      await using child = Child.fork(new URL("../engines/mongo-projector.ts", import.meta.url));
      const request: MongoProjectorRequest = { address, folder, events: size, isRaw };
      const { seconds } = await child.ask<MongoProjectorResult>(request);
      (isRaw ? raw : ours).push({ value: size / seconds });
    }
  }
  const contestants = { "raw driver": { rounds: raw }, "scim-ledger": { rounds: ours } };
  return { name, series, size, unit: "events/s", contestants };
}
