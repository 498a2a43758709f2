// npm run bench: measures the cells one after the other, prints a table, writes JSON. It asserts nothing.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cell, cells } from "./cells.ts";
import { findings } from "./goals.ts";
import { measureAudit } from "./harness/audit-cell.ts";
import { Bench } from "./harness/bench.ts";
import { endAll } from "./harness/child.ts";
import { DataFolders } from "./harness/data-folders.ts";
import { measureEngine } from "./harness/engine-cell.ts";
import { Engines } from "./harness/engines.ts";
import { measureHttp, measureMemory } from "./harness/http-cell.ts";
import { measureLedger } from "./harness/ledger-cell.ts";
import { measureLog, measureProjection } from "./harness/log-cell.ts";
import { machine } from "./harness/machine.ts";
import { measureMongo } from "./harness/mongo-cell.ts";
import { Progress } from "./harness/progress.ts";
import { report } from "./harness/report.ts";
import type { CellResult } from "./harness/result.ts";
import { measureServed } from "./harness/served-cell.ts";
import { ServedEngines } from "./harness/served-engines.ts";
import { Stage } from "./harness/stage.ts";
import { type Options, readOptions } from "./options.ts";

function measure(cell: Cell, bench: Bench): Promise<CellResult> {
  switch (cell.kind) {
    case "http":
      return measureHttp(cell, bench);
    case "memory":
      return measureMemory(cell, bench);
    case "projection":
      return measureProjection(cell, bench);
    case "log":
      return measureLog(cell, bench);
    case "ledger":
      return measureLedger(cell, bench);
    case "engine":
      return measureEngine(cell, bench);
    case "mongo":
      return measureMongo(cell, bench);
    case "audit":
      return measureAudit(cell, bench);
    case "served":
      return measureServed(cell, bench);
  }
}

/** A cell that cannot be measured says why and leaves the others alone. */
async function measured(cell: Cell, bench: Bench): Promise<CellResult> {
  bench.progress.cell(cell.name);
  try {
    return await measure(cell, bench);
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    return { name: cell.name, series: cell.series, size: cell.size, unit: "", contestants: {}, failed };
  }
}

async function run(options: Options): Promise<readonly CellResult[]> {
  const chosen = cells(options).filter(({ name }) => options.only.test(name));
  const progress = new Progress(chosen.length);
  using folders = new DataFolders(options.histories);
  await using stage = new Stage(folders);
  await using engines = new Engines();
  dropping = () => engines[Symbol.asyncDispose]();
  await using served = new ServedEngines({ folders, engines, progress });
  const bench = new Bench(options, { folders, stage, engines, served, progress });
  const results: CellResult[] = [];
  for (const cell of chosen) results.push(await measured(cell, bench));
  progress.end();
  return results;
}

// Children and temporary files go with the process, and what was made on the engines goes before it.
let dropping = async () => {};
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, async () => {
    process.once(signal, () => process.exit(1));
    await endAll();
    await dropping();
    process.exit(1);
  });

const options = readOptions(process.argv);
const began = new Date();
const results = await run(options);
const on = machine();
const found = findings(results);
console.log(report(results, found, on));

const stamp = began.toISOString().replaceAll(":", "-").slice(0, 19);
const file = options.json ?? fileURLToPath(new URL(`results/${stamp}.json`, import.meta.url));
mkdirSync(dirname(file), { recursive: true });
const { rounds, seconds, large } = options;
const goals = found.map(({ goal, where, measured, bound, reached }) => ({
  goal: goal.says,
  where,
  measured,
  bound,
  reached,
}));
writeFileSync(
  file,
  `${JSON.stringify({ began, machine: on, options: { rounds, seconds, large }, cells: results, goals }, null, 2)}\n`,
);
console.log(`Written to ${file}`);
