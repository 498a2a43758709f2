import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { engineCells } from "../../bench/engines/cells.ts";
import { written } from "../../bench/engines/scaling-table.ts";
import type { CellResult } from "../../bench/harness/result.ts";

const page = readFileSync(new URL("../../docs/scaling.md", import.meta.url), "utf8");
const run = (cells: readonly CellResult[]) => ({
  began: "2026-11-22T18:00:00.000Z",
  machine: { cpu: "Fast", cores: 2, memoryMiB: 4_096, node: "v26.10.0" },
  options: { rounds: 3, seconds: 2 },
  cells,
});

describe("the figures of the engines in docs/scaling.md", () => {
  it("have a row for each cell, measured or not", () => {
    for (const { name } of engineCells) expect(page).toContain(`| ${name} |`);
  });

  it("come from a run: medians, the ratio of each round, and the goal", () => {
    const name = "engines, POST user, 64 connections";
    const rounds = (...values: number[]) => ({ rounds: values.map((value) => ({ value, p99: value / 10 })) });
    const contestants = { "raw client": rounds(4_000, 2_000, 1_000), "scim-ledger": rounds(600, 500, 250) };
    const filled = written(page, run([{ name, series: name, size: 1, unit: "requests/s", contestants }]));
    expect(filled).toContain("2026-11-22, 2 × Fast, 4 GiB, Node 26.10.0");
    expect(filled).toContain(`| ${name} | requests/s | 500 | 50.0 | 2 000 | 200 | 0.25 | ≥ 0.15 |`);
    expect(filled).toContain("| engines, POST user, 16 connections | | *not measured* |");
  });

  it("replace those before them, and leave the rest of the page alone", () => {
    const once = written(page, run([]));
    expect(written(once, run([]))).toBe(once);
    const around = (text: string) => text.replace(/<!-- figures.*<!-- end/su, "");
    expect(around(once)).toBe(around(page));
  });

  it("are refused by a page that has no place for them", () => {
    expect(() => written("# Scaling\n", run([]))).toThrow("has no “<!-- figures of the engines");
  });
});
