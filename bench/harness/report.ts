// The results as text: one row a cell with the medians of its contestants, then one row a goal and cell.
import { type Finding, ratioTo } from "../goals.ts";
import { CPU_SCOPE } from "./cpu.ts";
import type { machine } from "./machine.ts";
import { type CellResult, type ContestantName, type Sample, valuesOf } from "./result.ts";
import { NOT_AVAILABLE } from "./stage.ts";
import { median } from "./statistics.ts";

const OURS = "scim-ledger";
/** The load generator is the limit from this share of a core on. */
const SATURATED = 0.9;

interface Column {
  readonly title: string;
  /** Whether the column stands to the left. */
  readonly text?: true;
  readonly of: (cell: CellResult) => string;
}

const contestant = (name: ContestantName): Column => ({
  title: name,
  of: (cell) => {
    const measured = cell.contestants[name];
    if (measured === undefined) return "–";
    if (measured.rounds.length === 0) return NOT_AVAILABLE[name] === undefined ? "failed" : "not available";
    const marked = measured.note !== undefined || measured.rounds.some(({ failures }) => failures !== undefined);
    return `${figure(median(valuesOf(cell, name)))}${marked ? "*" : ""}`;
  },
});

const aside = (
  title: string,
  of: (cell: CellResult) => number | undefined,
  format: (value: number) => string,
): Column => ({
  title,
  of: (cell) => {
    const value = of(cell);
    return value === undefined || Number.isNaN(value) ? "–" : format(value);
  },
});

const cpuOf = (name: ContestantName) => (cell: CellResult) =>
  median((cell.contestants[name]?.rounds ?? []).flatMap(({ cpu }) => cpu ?? []));
const p99Of = (name: ContestantName) => (cell: CellResult) =>
  median((cell.contestants[name]?.rounds ?? []).flatMap(({ p99 }) => p99 ?? []));
/** Of memory, more is not better: a ratio would be misread. */
const ratioOfRates = (name: ContestantName) => (cell: CellResult) =>
  cell.unit === "MiB" ? undefined : ratioTo(cell, [name]);
const ratio = (value: number): string => (value < 10 ? value.toFixed(2) : figure(value));

const COLUMNS: readonly Column[] = [
  { title: "cell", text: true, of: ({ name }) => name },
  { title: "unit", text: true, of: ({ unit }) => unit },
  contestant("node:http"),
  contestant("express tuned"),
  contestant("express"),
  contestant("raw SQLite"),
  contestant("raw client"),
  contestant("raw driver"),
  contestant(OURS),
  contestant("without the ledger"),
  contestant("scimmy"),
  contestant("scimgateway"),
  aside("× express", ratioOfRates("express"), ratio),
  aside("× scimmy", ratioOfRates("scimmy"), ratio),
  aside("× raw client", ratioOfRates("raw client"), ratio),
  aside("× raw driver", ratioOfRates("raw driver"), ratio),
  aside("CPU µs express", cpuOf("express"), figure),
  aside("CPU µs ours", cpuOf(OURS), figure),
  aside("p99 ms raw client", p99Of("raw client"), figure),
  aside("p99 ms raw driver", p99Of("raw driver"), figure),
  aside("p99 ms", p99Of(OURS), figure),
];

export function report(
  results: readonly CellResult[],
  found: readonly Finding[],
  on: ReturnType<typeof machine>,
): string {
  const about = `${on.cores} × ${on.cpu}, ${on.memoryMiB} MiB, ${on.system}, Node ${on.node}. Medians; ratios are medians of each round's ratio. CPU: ${CPU_SCOPE}, for one answer.`;
  const cells = table(
    [COLUMNS.map(({ title }) => title), ...results.map((cell) => COLUMNS.map(({ of }) => of(cell)))],
    COLUMNS,
  );
  return [about, "", cells, "", ...notes(results), "", goalsTable(found), ""].join("\n");
}

const GOAL_COLUMNS = [{ text: true }, { text: true }, {}, {}, { text: true }] as const;

function goalsTable(found: readonly Finding[]): string {
  if (found.length === 0) return "No goal speaks of what was measured.";
  const rows = found.map(({ goal, where, measured, bound, reached }) => [
    goal.says,
    where,
    figure(measured),
    bound,
    reached ? "reached" : "not reached",
  ]);
  return table([["goal", "cell", "measured", "goal", ""], ...rows], GOAL_COLUMNS);
}

/** What the figures do not say by themselves. */
function notes(results: readonly CellResult[]): string[] {
  const lines = new Set<string>();
  for (const [name, why] of Object.entries(NOT_AVAILABLE))
    if (results.some((cell) => cell.contestants[name as ContestantName] !== undefined)) lines.add(`${name}: ${why}`);
  for (const [why, cells] of Map.groupBy(results, ({ failed }) => failed))
    if (why !== undefined) lines.add(`not measured: ${cells.map(({ name }) => name).join("; ")}: ${why.trim()}`);
  for (const cell of results) {
    for (const [name, measured] of Object.entries(cell.contestants)) {
      const of = `* ${cell.name}, ${name}`;
      const [failures, unanswered] = [total(measured.rounds, "failures"), total(measured.rounds, "unanswered")];
      if (measured.note !== undefined && measured.rounds.length > 0) lines.add(`${of}: ${measured.note}`);
      if (failures > 0)
        lines.add(
          `${of}: ${failures} requests failed: ${measured.rounds.find((round) => round.failures)?.firstFailure}`,
        );
      if (unanswered > 0) lines.add(`${of}: ${unanswered} requests had no answer in time`);
      if (measured.rounds.some(({ generatorLoad = 0 }) => generatorLoad > SATURATED))
        lines.add(`${of}: the load generator used its whole core, so the server could do more`);
    }
  }
  return [...lines];
}

const total = (rounds: readonly Sample[], what: "failures" | "unanswered"): number =>
  rounds.reduce((sum, round) => sum + (round[what] ?? 0), 0);

/** Three digits that matter, thousands set apart. */
function figure(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (value === Number.POSITIVE_INFINITY) return "∞";
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value
    .toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .replaceAll(",", " ");
}

function table(rows: readonly (readonly string[])[], columns: readonly { readonly text?: true }[]): string {
  const used = columns.map((_, column) => rows.slice(1).some((row) => row[column] !== "–"));
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((text, column) => (columns[column]!.text ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
      .filter((_, column) => used[column])
      .join("  ")
      .trimEnd(),
  );
  lines.splice(1, 0, "─".repeat(Math.max(...lines.map((line) => line.length))));
  return lines.join("\n");
}
