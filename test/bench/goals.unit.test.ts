import { describe, expect, it } from "@jest/globals";
import { cells } from "../../bench/cells.ts";
import { findings, goals } from "../../bench/goals.ts";
import type { CellResult, ContestantName } from "../../bench/harness/result.ts";

const cell = (name: string, size: number, values: Partial<Record<ContestantName, number[]>>): CellResult => ({
  name,
  series: name.replace(/, [^,]*$/u, ""),
  size,
  unit: "requests/s",
  contestants: Object.fromEntries(
    Object.entries(values).map(([contestant, rounds]) => [contestant, { rounds: rounds.map((value) => ({ value })) }]),
  ),
});
const EVERYTHING = { large: true, engines: true };

const measuredOf = (says: RegExp, results: readonly CellResult[]) =>
  findings(results)
    .filter(({ goal }) => says.test(goal.says))
    .map(({ where, measured, reached }) => ({ where, measured, reached }));

describe("the goals", () => {
  it("each speak of cells that exist", () => {
    const names = cells(EVERYTHING).map(({ name }) => name);
    for (const goal of goals)
      expect([goal.says, names.some((name) => goal.cells.test(name))]).toEqual([goal.says, true]);
  });

  it("compare within a round, so that a slow moment of the machine counts for both", () => {
    const results = [
      cell("GET user, 16 connections, 1k users", 1_000, { express: [10, 100, 20], "scim-ledger": [7, 70, 14] }),
    ];
    expect(measuredOf(/GET user ≥ 0\.6/u, results)).toEqual([
      { where: "GET user, 16 connections, 1k users", measured: 0.7, reached: true },
    ]);
  });

  it("compare with the best peer that answered, and with one that answered nothing in its time", () => {
    const name = "filter userName eq, 16 connections, 100k users";
    const says = /best peer at 100k/u;
    expect(measuredOf(says, [cell(name, 100_000, { scimmy: [5], "scim-ledger": [40] })])).toMatchObject([
      { measured: 8, reached: false },
    ]);
    expect(measuredOf(says, [cell(name, 100_000, { scimmy: [0], "scim-ledger": [40] })])).toMatchObject([
      { measured: Number.POSITIVE_INFINITY, reached: true },
    ]);
    expect(measuredOf(says, [cell(name, 100_000, { scimgateway: [], "scim-ledger": [40] })])).toEqual([]);
  });

  it("measure flatness against the smallest size of a series, each held against Express in its own cell", () => {
    const results = [
      cell("GET user, 16 connections, 100k users", 100_000, { express: [50], "scim-ledger": [35] }),
      cell("GET user, 16 connections, 1k users", 1_000, { express: [100], "scim-ledger": [70] }),
      cell("GET user, 16 connections, 1M users", 1_000_000, { express: [100], "scim-ledger": [56] }),
    ];
    expect(measuredOf(/same at every size/u, results)).toEqual([
      { where: "GET user, 16 connections, 100k users", measured: 1, reached: true },
      { where: "GET user, 16 connections, 1M users", measured: expect.closeTo(0.8), reached: false },
    ]);
  });

  it("say nothing of what was not measured", () => {
    expect(findings([])).toEqual([]);
    expect(findings([cell("memory, 1M users", 1_000_000, {})])).toEqual([]);
  });
});

describe("the cells", () => {
  it("have names of their own, and leave the million users to --large, the engines to --engines", () => {
    const names = cells(EVERYTHING).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(cells({ large: false, engines: false }).some(({ name }) => /1M|EventStoreDB/u.test(name))).toBe(false);
  });

  it("ask for each data set once, and change it after everything else has been measured on it", () => {
    const sets = cells(EVERYTHING).flatMap((cell) => ("dataSet" in cell ? [cell.dataSet] : []));
    const turns = sets.filter((set, index) => set !== sets[index - 1]);
    expect(new Set(turns).size).toBe(turns.length);
    const onUsers = cells(EVERYTHING).filter((cell) => "dataSet" in cell && cell.dataSet === "users-100k");
    const kinds = onUsers.map(({ name }) => /^(POST|PATCH)/u.test(name));
    expect(kinds).toEqual(kinds.toSorted());
  });
});
