// What has to be reached, in the embedded mode and on engines: one row a goal. Ratios are medians over the rounds of one run.
import type { CellResult, ContestantName } from "./harness/result.ts";
import { valuesOf } from "./harness/result.ts";
import { median, medianRatio } from "./harness/statistics.ts";

type Measure =
  /** scim-ledger against another contestant of the same cell. */
  | { readonly kind: "ratio"; readonly to: readonly ContestantName[]; readonly atLeast: number }
  /** The ratio to bare Express at each size against that at the smallest of the series. */
  | { readonly kind: "flat"; readonly within: number }
  /** In the unit of the cell. */
  | { readonly kind: "at least"; readonly value: number }
  | { readonly kind: "at most"; readonly value: number };

export interface Goal {
  readonly says: string;
  /** The cells that it speaks of, by name. */
  readonly cells: RegExp;
  readonly measure: Measure;
}

const PEERS: readonly ContestantName[] = ["scimmy", "scimgateway"];
const EXPRESS: readonly ContestantName[] = ["express"];

const ofExpress = (atLeast: number): Measure => ({ kind: "ratio", to: EXPRESS, atLeast });
const ofBestPeer = (atLeast: number): Measure => ({ kind: "ratio", to: PEERS, atLeast });
const ofRawClient = (atLeast: number): Measure => ({ kind: "ratio", to: ["raw client"], atLeast });
const flat = (within: number): Measure => ({ kind: "flat", within });

export const goals: readonly Goal[] = [
  { says: "GET user ≥ 0.6 × Express", cells: /^GET user,/, measure: ofExpress(0.6) },
  { says: "GET user ≥ 4 × the best peer", cells: /^GET user,/, measure: ofBestPeer(4) },
  { says: "GET user the same at every size, ± 15 %", cells: /^GET user,/, measure: flat(0.15) },
  { says: "filter ≥ 0.4 × Express", cells: /^filter /, measure: ofExpress(0.4) },
  { says: "filter ≥ 10 × the best peer at 100k users", cells: /^filter .* 100k users/, measure: ofBestPeer(10) },
  { says: "filter flat in the number of users, ± 20 %", cells: /^filter /, measure: flat(0.2) },
  { says: "POST user ≥ 0.25 × Express, 16 connections", cells: /^POST user, 16/, measure: ofExpress(0.25) },
  { says: "POST user ≥ 0.4 × Express, 64 connections", cells: /^POST user, 64/, measure: ofExpress(0.4) },
  { says: "POST user above every peer", cells: /^POST user,/, measure: ofBestPeer(1) },
  { says: "PATCH title ≥ 0.25 × Express, 16 connections", cells: /^PATCH title, 16/, measure: ofExpress(0.25) },
  { says: "PATCH title ≥ 0.35 × Express, 64 connections", cells: /^PATCH title, 64/, measure: ofExpress(0.35) },
  {
    says: "PATCH member ≥ 0.25 × Express, 16 connections",
    cells: /^PATCH member, .* 16 conn/,
    measure: ofExpress(0.25),
  },
  {
    says: "PATCH member ≥ 0.35 × Express, 64 connections",
    cells: /^PATCH member, .* 64 conn/,
    measure: ofExpress(0.35),
  },
  { says: "PATCH member flat in the group's size, ± 20 %", cells: /^PATCH member,/, measure: flat(0.2) },
  { says: "GET group without members flat, ± 20 %", cells: /^GET group/, measure: flat(0.2) },
  {
    says: "log ≥ 0.5 × raw SQLite, 64 writers",
    cells: /^log, .* 64 /,
    measure: { kind: "ratio", to: ["raw SQLite"], atLeast: 0.5 },
  },
  {
    says: "appends ≥ 0.85 × the raw client, 1, 16 and 64 writers",
    cells: /^EventStoreDB, appends, (?:1|16|64) /,
    measure: ofRawClient(0.85),
  },
  { says: "catch-up ≥ 0.8 × raw readAll", cells: /^EventStoreDB, catch-up/, measure: ofRawClient(0.8) },
  {
    says: "projector ≥ 0.7 × the raw driver's same bulk writes",
    cells: /^MongoDB, projector/,
    measure: { kind: "ratio", to: ["raw driver"], atLeast: 0.7 },
  },
  {
    says: "GET by id and userName eq ≥ 0.6 × the raw driver's findOne",
    cells: /^engines, (?:GET user|filter userName eq)/,
    measure: { kind: "ratio", to: ["raw driver"], atLeast: 0.6 },
  },
  {
    says: "POST user ≥ 0.15 × the raw client's appends, 64 writers",
    cells: /^engines, POST user, 64 /,
    measure: ofRawClient(0.15),
  },
  { says: "projection ≥ 15 000 events/s", cells: /^projection/, measure: { kind: "at least", value: 15_000 } },
  { says: "rebuild of 100k users < 30 s", cells: /^rebuild/, measure: { kind: "at most", value: 30 } },
  {
    says: "audit: a person < 20 ms",
    cells: /^audit, (timeline|access) of a person/,
    measure: { kind: "at most", value: 20 },
  },
  { says: "audit: a page of a busy person < 20 ms", cells: /^audit, page of/, measure: { kind: "at most", value: 20 } },
  { says: "audit: 10k members < 100 ms", cells: /^audit, members of/, measure: { kind: "at most", value: 100 } },
  { says: "audit: a group's diff < 100 ms", cells: /^audit, diff of/, measure: { kind: "at most", value: 100 } },
  { says: "audit: blast radius < 1 s", cells: /^audit, blast radius/, measure: { kind: "at most", value: 1_000 } },
  {
    says: "the ledger costs a write at most 10 %",
    cells: /^ledger, cost/,
    measure: { kind: "ratio", to: ["without the ledger"], atLeast: 0.9 },
  },
  { says: "proof at 10 million leaves < 5 ms", cells: /^ledger, proof/, measure: { kind: "at most", value: 5 } },
  { says: "verify ≥ 100 000 leaves/s", cells: /^ledger, verify/, measure: { kind: "at least", value: 100_000 } },
  { says: "tiles: about 32 bytes an event", cells: /^ledger, tiles/, measure: { kind: "at most", value: 33 } },
  { says: "memory < 350 MiB at 1M users", cells: /^memory, 1M/, measure: { kind: "at most", value: 350 } },
];

/** A goal held against one cell, or against one series. */
export interface Finding {
  readonly goal: Goal;
  readonly where: string;
  readonly measured: number;
  readonly bound: string;
  readonly reached: boolean;
}

const OURS = "scim-ledger";

/**
 * scim-ledger against the best of these in a cell: the median of the ratios of each round. NaN where either is missing,
 * infinite where the other answered nothing in its time.
 */
export function ratioTo(cell: CellResult, others: readonly ContestantName[]): number {
  const ratios = others.map((other) => medianRatio(valuesOf(cell, OURS), valuesOf(cell, other)));
  const known = ratios.filter((ratio) => !Number.isNaN(ratio));
  return known.length === 0 ? Number.NaN : Math.min(...known);
}

/** What the results say of each goal; nothing of goals whose cells were not measured. */
export const findings = (results: readonly CellResult[]): readonly Finding[] =>
  goals.flatMap((goal) => {
    const cells = results.filter((cell) => goal.cells.test(cell.name) && valuesOf(cell, OURS).length > 0);
    return held(goal, cells).filter(({ measured }) => !Number.isNaN(measured));
  });

function held(goal: Goal, cells: readonly CellResult[]): Finding[] {
  const { measure } = goal;
  if (measure.kind === "flat") return flatness(goal, cells, measure.within);
  const bound = measure.kind === "ratio" ? measure.atLeast : measure.value;
  return cells.map((cell) => {
    const measured = measure.kind === "ratio" ? ratioTo(cell, measure.to) : median(valuesOf(cell, OURS));
    return measure.kind === "at most"
      ? { goal, where: cell.name, measured, bound: `< ${bound}`, reached: measured < bound }
      : { goal, where: cell.name, measured, bound: `≥ ${bound}`, reached: measured >= bound };
  });
}

/** Each larger size against the smallest. Taken from the ratios to Express: cells are minutes apart, and the machine drifts. */
function flatness(goal: Goal, cells: readonly CellResult[], within: number): Finding[] {
  const series = Map.groupBy(cells, (cell) => cell.series);
  return [...series.values()].flatMap((members) => {
    const [smallest, ...larger] = members.toSorted((a, b) => a.size - b.size);
    return larger.map((cell) => {
      const measured = ratioTo(cell, EXPRESS) / ratioTo(smallest!, EXPRESS);
      return {
        goal,
        where: cell.name,
        measured,
        bound: `≥ ${(1 - within).toFixed(2)}`,
        reached: measured >= 1 - within,
      };
    });
  });
}
