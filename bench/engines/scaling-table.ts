// Writes the figures of a run on the engines into docs/scaling.md: node bench/engines/scaling-table.ts <file of figures>.
// The file is what `npm run bench -- --engines --json <file>` writes; cells that are not in it are said not to be measured.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { goals, ratioTo } from "../goals.ts";
import { type CellResult, type ContestantName, type Sample, valuesOf } from "../harness/result.ts";
import { median } from "../harness/statistics.ts";
import { engineCells } from "./cells.ts";

/** What a run wrote, as far as the table needs it. */
interface Run {
  readonly began: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryMiB: number; readonly node: string };
  readonly options: { readonly rounds: number; readonly seconds: number };
  readonly cells: readonly CellResult[];
}

const PAGE = fileURLToPath(new URL("../../docs/scaling.md", import.meta.url));
/** The table stands between these lines of the page. */
const BEGIN = "<!-- figures of the engines: written by bench/engines/scaling-table.ts -->";
const END = "<!-- end of the figures -->";

const OURS: ContestantName = "scim-ledger";
const BARE: readonly ContestantName[] = ["raw client", "raw driver"];
const NOT_MEASURED = "*not measured*";

const HEAD = `| cell | unit | scim-ledger | p99, ms | bare client or driver | its p99, ms | ratio | goal |
|---|---|---|---|---|---|---|---|`;

/** The table of all cells, with what was measured of them. */
export const tableOf = (results: readonly CellResult[]): string => [HEAD, ...rowsOf(results)].join("\n");

function rowsOf(results: readonly CellResult[]): readonly string[] {
  return engineCells.map(({ name }) => {
    const goal = goals.find(({ cells, measure }) => cells.test(name) && measure.kind === "ratio")?.measure;
    const bound = goal?.kind === "ratio" ? `≥ ${goal.atLeast}` : "";
    const result = results.find((cell) => cell.name === name);
    if (result === undefined || valuesOf(result, OURS).length === 0)
      return `| ${name} | | ${NOT_MEASURED} | | | | | ${bound} |`;
    const bare = BARE.find((one) => valuesOf(result, one).length > 0);
    const [ours, theirs] = [OURS, bare].map((one) => (one === undefined ? ["", ""] : figuresOf(result, one)));
    const ratio = bare === undefined ? "" : ratioTo(result, [bare]).toFixed(2);
    return `| ${[name, result.unit, ...ours!, ...theirs!, ratio, bound].join(" | ")} |`.replaceAll(/ {2,}/gu, " ");
  });
}

/** The medians over the rounds: of the figure, and of the 99th percentile of latency where there is one. */
function figuresOf(result: CellResult, name: ContestantName): readonly string[] {
  const p99 = (result.contestants[name]?.rounds ?? []).flatMap((round: Sample) => round.p99 ?? []);
  return [said(median(valuesOf(result, name))), p99.length === 0 ? "" : said(median(p99))];
}

/** Three digits that matter. */
const said = (value: number): string =>
  value >= 1_000
    ? Math.round(value).toLocaleString("en-US").replaceAll(",", " ")
    : value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);

/** The page with the figures of a run in it. Throws where the page has no place for them. */
export function written(page: string, run: Run): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no “${BEGIN}” with “${END}” after it`);
  return `${page.slice(0, from)}${BEGIN}\n\n${aboutOf(run)}\n\n${tableOf(run.cells)}\n\n${page.slice(to)}`;
}

function aboutOf({ began, machine, options }: Run): string {
  const on = `${machine.cores} × ${machine.cpu}, ${Math.round(machine.memoryMiB / 1_024)} GiB, Node ${machine.node.slice(1)}`;
  return `${began.slice(0, 10)}, ${on}, servers and load generator on the same machine; medians of ${options.rounds} rounds of ${options.seconds} s.`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Error("usage: node bench/engines/scaling-table.ts <file of figures>");
  writeFileSync(PAGE, written(readFileSync(PAGE, "utf8"), JSON.parse(readFileSync(file, "utf8")) as Run));
}
