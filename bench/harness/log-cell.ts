// Measures the event log against its floor, and the projector, each in a process of its own.
import type { LogCell, ProjectionCell } from "../cells.ts";
import { dataSets, eventsIn } from "../data/data-set.ts";
import type { AppendsRequest, AppendsResult } from "../log/appends.ts";
import type { RawRequest, RawResult } from "../log/raw-sqlite.ts";
import type { RebuildRequest, RebuildResult } from "../log/rebuild.ts";
import type { Bench } from "./bench.ts";
import { Child } from "./child.ts";
import type { CellResult, Sample } from "./result.ts";

/** Log and raw SQLite take turns; each raw round commits as many events at once as the log's round before it did. */
export async function measureLog({ name, series, size, writers }: LogCell, bench: Bench): Promise<CellResult> {
  const { rounds, seconds } = bench.options;
  const ours: Sample[] = [];
  const raw: Sample[] = [];
  for (let round = 1; round <= rounds; round++) {
    bench.progress.step(`round ${round}`);
    const appended = await asked<AppendsResult>("appends.ts", {
      folder: bench.folders.empty(),
      writers,
      seconds,
    } satisfies AppendsRequest);
    const grouping = Math.max(1, Math.round(appended.grouping));
    const inserted = await asked<RawResult>("raw-sqlite.ts", {
      folder: bench.folders.empty(),
      grouping,
      seconds,
    } satisfies RawRequest);
    ours.push({ value: appended.appends / appended.seconds });
    raw.push({ value: inserted.appends / inserted.seconds });
  }
  const contestants = { "raw SQLite": { rounds: raw }, "scim-ledger": { rounds: ours } };
  return { name, series, size, unit: "appends/s", contestants };
}

/** Rate of the projector (events of claims not counted), or the time until a start without read models has them. */
export async function measureProjection(cell: ProjectionCell, bench: Bench): Promise<CellResult> {
  const { name, series, size, unit, dataSet } = cell;
  bench.progress.step(`generating ${dataSet}`);
  await bench.stage.turnTo(dataSet);
  const folder = await bench.folders.of(dataSet);
  const rounds: Sample[] = [];
  for (let round = 1; round <= bench.options.rounds; round++) {
    bench.progress.step(`round ${round}`);
    const { seconds, opening } = await asked<RebuildResult>("rebuild.ts", { folder } satisfies RebuildRequest);
    rounds.push({ value: unit === "s" ? seconds : eventsIn(dataSets[dataSet]) / (seconds - opening) });
  }
  return { name, series, size, unit, contestants: { "scim-ledger": { rounds } } };
}

async function asked<Result>(file: string, request: AppendsRequest | RawRequest | RebuildRequest): Promise<Result> {
  await using child = Child.fork(new URL(`../log/${file}`, import.meta.url));
  return await child.ask<Result>(request);
}
