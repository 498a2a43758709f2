// Measures the ledger's own work, in a process of its own.
import type { LedgerCell } from "../cells.ts";
import type { MeasuringRequest, MeasuringResult } from "../ledger/measuring.ts";
import type { Bench } from "./bench.ts";
import { Child } from "./child.ts";
import type { CellResult } from "./result.ts";

export async function measureLedger(cell: LedgerCell, bench: Bench): Promise<CellResult> {
  const { name, series, size, unit, measure } = cell;
  bench.progress.step(`making ${size} leaves`);
  await using child = Child.fork(new URL("../ledger/measuring.ts", import.meta.url));
  const request: MeasuringRequest = { measure, size, folder: bench.folders.empty(), rounds: bench.options.rounds };
  const { values, note } = await child.ask<MeasuringResult>(request);
  const measured = { rounds: values.map((value) => ({ value })), ...(note === undefined ? {} : { note }) };
  return { name, series, size, unit, contestants: { "scim-ledger": measured } };
}
