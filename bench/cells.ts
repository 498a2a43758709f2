// What is measured: one row a cell.

import { type AuditQuestion, auditQuestions } from "./audit/questions.ts";
import { type DataSetName, dataSets, firstGroupOf } from "./data/data-set.ts";
import { type HistorySetName, historySets } from "./data/history-set.ts";
import { type EngineCell, engineCells, type MongoCell, type ServedCell } from "./engines/cells.ts";
import type { ContestantName } from "./harness/result.ts";
import type { LedgerMeasure } from "./ledger/measuring.ts";
import type { Workload } from "./load/workload.ts";

/** What all cells have. */
export interface Named {
  readonly name: string;
  readonly series: string;
  readonly size: number;
  readonly dataSet: DataSetName;
}

/** Requests against a server that serves the data set. */
export interface HttpCell extends Named {
  readonly kind: "http";
  readonly workload: Workload;
  readonly connections: number;
  readonly contestants: readonly ContestantName[];
}

/** Resident memory of a server that serves the data set, while it answers reads. */
export interface MemoryCell extends Named {
  readonly kind: "memory";
  readonly workload: Workload;
  readonly connections: number;
  readonly contestants: readonly ContestantName[];
}

/** The read models of the data set, built from its log by the service's own start. */
export interface ProjectionCell extends Named {
  readonly kind: "projection";
  readonly unit: "events/s" | "s";
}

/** One audit question asked again and again, one at a time, of the service on a long history. */
export interface AuditCell extends Omit<Named, "dataSet"> {
  readonly kind: "audit";
  readonly dataSet: HistorySetName;
  readonly question: AuditQuestion;
}

/** Durable appends by so many writers, each of which waits for its own. */
export interface LogCell extends Omit<Named, "dataSet"> {
  readonly kind: "log";
  readonly writers: number;
}

/** The ledger's own work, on a tree or an export that nobody wrote. */
export interface LedgerCell extends Omit<Named, "dataSet"> {
  readonly kind: "ledger";
  readonly measure: LedgerMeasure;
  readonly unit: string;
}

export type Cell =
  | HttpCell
  | MemoryCell
  | ProjectionCell
  | LogCell
  | AuditCell
  | EngineCell
  | MongoCell
  | LedgerCell
  | ServedCell;

const EVERYONE: readonly ContestantName[] = [
  "node:http",
  "express",
  "express tuned",
  "scim-ledger",
  "scimmy",
  "scimgateway",
];
/** Where a peer would need gigabytes to hold the data, or minutes for a request. */
const WITHOUT_PEERS = EVERYONE.filter((name) => name !== "scimmy" && name !== "scimgateway");
const MAIN: readonly ContestantName[] = ["express", "scim-ledger", "scimmy"];
const OURS: readonly ContestantName[] = ["express", "scim-ledger"];

const directories: readonly { readonly dataSet: DataSetName; readonly users: number; readonly says: string }[] = [
  { dataSet: "users-1k", users: 1_000, says: "1k users" },
  { dataSet: "users-10k", users: 10_000, says: "10k users" },
  { dataSet: "users-100k", users: 100_000, says: "100k users" },
  { dataSet: "users-1m", users: 1_000_000, says: "1M users" },
];

/** 1000 as 1k. */
const short = (size: number): string => (size >= 1_000 ? `${size / 1_000}k` : String(size));

const LARGE: readonly (DataSetName | HistorySetName)[] = ["users-1m", "engines-1m", "history-10m"];
const isLarge = (dataSet: DataSetName | HistorySetName): boolean => LARGE.includes(dataSet);

const FILTER_NAMES = {
  userName: "userName eq",
  externalId: "externalId eq",
  email: "emails[…].value eq",
};

const reads = directories.flatMap(({ dataSet, users, says }): Cell[] => {
  const contestants = isLarge(dataSet) ? WITHOUT_PEERS : EVERYONE;
  const cell = (series: string, workload: Workload, connections: number): HttpCell => {
    const full = `${series}, ${connections} connections`;
    return {
      kind: "http",
      name: `${full}, ${says}`,
      series: full,
      size: users,
      dataSet,
      workload,
      connections,
      contestants,
    };
  };
  const gets = [16, 64].map((connections) => cell("GET user", { kind: "get user", users }, connections));
  const filters = (["userName", "externalId", "email"] as const).map((by) =>
    cell(`filter ${FILTER_NAMES[by]}`, { kind: "find user", by, users }, 16),
  );
  const memory: MemoryCell = {
    kind: "memory",
    name: `memory, ${says}`,
    series: "memory",
    size: users,
    dataSet,
    workload: { kind: "get user", users },
    connections: 16,
    contestants: isLarge(dataSet) ? ["scim-ledger"] : ["scim-ledger", "scimmy"],
  };
  return [...(users === 10_000 ? [] : gets), ...filters, memory];
});

const writes = [16, 64].flatMap((connections): Cell[] => {
  const [dataSet, size] = ["users-100k", 100_000] as const;
  const cell = (series: string, workload: Workload): HttpCell => {
    const name = `${series}, ${connections} connections`;
    return { kind: "http", name, series: name, size, dataSet, workload, connections, contestants: EVERYONE };
  };
  return [cell("PATCH title", { kind: "change title", users: size }), cell("POST user", { kind: "create user" })];
});

const { groups, users: members, spare } = dataSets.groups;

const memberships = groups.flatMap(({ members: size, count }): Cell[] => {
  const firstGroup = firstGroupOf(dataSets.groups, size);
  const says = `group of ${short(size)}`;
  const read: HttpCell = {
    kind: "http",
    name: `GET group without members, 16 connections, ${says}`,
    series: "GET group without members, 16 connections",
    size,
    dataSet: "groups",
    workload: { kind: "get group", firstGroup, groups: count },
    connections: 16,
    contestants: MAIN,
  };
  const toggles = [count, 1].flatMap((used) =>
    [16, 64].map((connections): HttpCell => {
      const series = `PATCH member, ${used === 1 ? "one hot group" : "many groups"}, ${connections} connections`;
      const workload: Workload = { kind: "toggle member", firstGroup, groups: used, firstSpare: members, spare };
      const contestants = connections === 16 ? MAIN : OURS;
      return {
        kind: "http",
        name: `${series}, ${says}`,
        series,
        size,
        dataSet: "groups",
        workload,
        connections,
        contestants,
      };
    }),
  );
  return [read, ...toggles];
});

const logs = [1, 16, 64].map(
  (writers): LogCell => ({
    kind: "log",
    name: `log, durable appends, ${writers} writer${writers === 1 ? "" : "s"}`,
    series: "log, durable appends",
    size: writers,
    writers,
  }),
);

const ledgers: readonly LedgerCell[] = [
  {
    kind: "ledger",
    name: "ledger, proof by an event's id, 10 million leaves",
    series: "ledger, proof by an event's id",
    size: 10_000_000,
    measure: "proof",
    unit: "ms",
  },
  {
    kind: "ledger",
    name: "ledger, verify an export, a million events",
    series: "ledger, verify an export",
    size: 1_000_000,
    measure: "verify",
    unit: "leaves/s",
  },
  {
    kind: "ledger",
    name: "ledger, tiles, a million leaves",
    series: "ledger, tiles",
    size: 1_000_000,
    measure: "tiles",
    unit: "bytes/leaf",
  },
];

/** One service with its trees and one without, side by side. */
const ledgerCosts = [16, 64].map(
  (connections): HttpCell => ({
    kind: "http",
    name: `ledger, cost of POST user, ${connections} connections`,
    series: `ledger, cost of POST user, ${connections} connections`,
    size: 1_000,
    dataSet: "users-1k",
    workload: { kind: "create user" },
    connections,
    contestants: ["scim-ledger", "without the ledger"],
  }),
);

const projections: readonly ProjectionCell[] = [
  {
    kind: "projection",
    name: "projection of a mix",
    series: "projection",
    size: 20_000,
    dataSet: "mix",
    unit: "events/s",
  },
  {
    kind: "projection",
    name: "rebuild of 100k users",
    series: "rebuild",
    size: 100_000,
    dataSet: "rebuild",
    unit: "s",
  },
];

const audits = (Object.keys(historySets) as HistorySetName[]).flatMap((dataSet) =>
  auditQuestions.map(
    (question): AuditCell => ({
      kind: "audit",
      name: `audit, ${question.says}, ${short(historySets[dataSet].events)} events`,
      series: `audit, ${question.says}`,
      size: historySets[dataSet].events,
      dataSet,
      question,
    }),
  ),
);

const ORDER: readonly string[] = [...Object.keys(dataSets), ...Object.keys(historySets)];
const placeOf = (cell: Cell): number => ("dataSet" in cell ? ORDER.indexOf(cell.dataSet) : -1);

/** On this machine alone; those of one data set follow one another, what changes it last. */
const embedded: readonly Cell[] = [
  ...logs,
  ...ledgers,
  ...projections,
  ...reads,
  ...ledgerCosts,
  ...writes,
  ...memberships,
  ...audits,
].toSorted((a, b) => placeOf(a) - placeOf(b));

/** The cells of a run: the embedded mode's, or the engines'. */
export const cells = ({ large, engines }: { large: boolean; engines: boolean }): readonly Cell[] =>
  (engines ? engineCells : embedded).filter((cell) => large || !("dataSet" in cell) || !isLarge(cell.dataSet));
