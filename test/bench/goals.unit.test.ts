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
/** All cells there are: those of each kind of run. */
const everything = [false, true].flatMap((engines) => cells({ large: true, engines }));

const measuredOf = (says: RegExp, results: readonly CellResult[]) =>
  findings(results)
    .filter(({ goal }) => says.test(goal.says))
    .map(({ where, measured, reached }) => ({ where, measured, reached }));

describe("the goals", () => {
  it("each speak of cells that exist", () => {
    const names = everything.map(({ name }) => name);
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

  it("hold the service on engines against the bare client and the bare driver of the same rounds", () => {
    const results = [
      cell("engines, POST user, 64 connections", 100_000, { "raw client": [4_000, 2_000], "scim-ledger": [700, 350] }),
      cell("engines, filter userName eq, 1 connection, 100k users", 100_000, {
        "raw driver": [1_000],
        "scim-ledger": [500],
      }),
      cell("engines, PATCH title, 64 connections", 100_000, { "scim-ledger": [700] }),
    ];
    expect(findings(results)).toMatchObject([
      { where: "engines, filter userName eq, 1 connection, 100k users", measured: 0.5, reached: false },
      { where: "engines, POST user, 64 connections", measured: 0.175, reached: true },
    ]);
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
    const names = everything.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(cells({ large: false, engines: false }).some(({ name }) => /1M|EventStoreDB|engines/u.test(name))).toBe(
      false,
    );
    expect(cells({ large: false, engines: true }).some(({ name }) => /1M/u.test(name))).toBe(false);
  });

  it.each([
    "EventStoreDB, appends, 256 writers",
    "EventStoreDB, catch-up",
    "MongoDB, projector",
    "engines, POST user, 1 connection",
    "engines, PATCH title, 16 connections",
    "engines, PATCH member, 64 connections",
    "engines, GET user in groups, 16 connections, 100k users",
    "engines, filter userName eq, 64 connections, 100k users",
    "engines, latency of a page of meta.lastModified gt, 1M users",
    "engines, lag while 64 connections create users",
    "engines, projections rebuild, 100k users",
  ])("of the engines are what was promised to be measured: %s", (name) => {
    expect(cells({ large: true, engines: true }).map((cell) => cell.name)).toContain(name);
  });

  it("ask for each data set once, and change it after everything else has been measured on it", () => {
    for (const engines of [false, true]) {
      const sets = cells({ large: true, engines }).flatMap((cell) => ("dataSet" in cell ? [cell.dataSet] : []));
      const turns = sets.filter((set, index) => set !== sets[index - 1]);
      expect(new Set(turns).size).toBe(turns.length);
    }
    for (const changed of ["users-100k", "engines-100k"]) {
      const onUsers = everything.filter((cell) => "dataSet" in cell && cell.dataSet === changed);
      const kinds = onUsers.map(({ name }) => /^(?:engines, )?(?:POST|PATCH|lag)/u.test(name));
      expect(kinds).toEqual(kinds.toSorted());
    }
  });
});
