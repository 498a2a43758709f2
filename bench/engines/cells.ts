// What is measured on EventStoreDB and MongoDB: one row a cell.
import type { Named } from "../cells.ts";
import { dataSets } from "../data/data-set.ts";
import type { Workload } from "../load/workload.ts";

/** The event log on an engine of its own: appends by so many writers, or without them catching up. */
export interface EngineCell extends Omit<Named, "dataSet"> {
  readonly kind: "engine";
  readonly writers?: number;
}

/** The read models of the first events of a data set, in MongoDB. */
export interface MongoCell extends Named {
  readonly kind: "mongo";
}

/** The bare client that appends, or the bare driver that finds users one at a time by a key. */
export type Beside =
  | { readonly name: "raw client"; readonly writers: number }
  | {
      readonly name: "raw driver";
      readonly by: "id" | "userName";
      readonly first: number;
      readonly users: number;
    };

/** The service on both engines, with the data set in them. */
export interface ServedCell extends Named {
  readonly kind: "served";
  readonly measures:
    | { readonly kind: "rebuild" }
    | {
        readonly kind: "rate";
        readonly workload: Workload;
        readonly connections: number;
        /** Who takes turns with it; a driver with as many at once. */
        readonly beside?: Beside;
      }
    /** One request at a time; or the page of what changed after the user of this index did. */
    | { readonly kind: "latency"; readonly of: Workload | { readonly user: number } }
    /** How far the read models are behind while so many connections create users. */
    | { readonly kind: "lag"; readonly connections: number };
}

/** At once, for each of the service's cells on engines. */
const CONNECTIONS = [1, 16, 64] as const;
/** The raw client's appends that POST is held against are by so many at once. */
const COMPARED = 64;
const many = (connections: number): string => `${connections} connection${connections === 1 ? "" : "s"}`;

const logCells: readonly EngineCell[] = [
  ...[1, 16, 64, 256].map(
    (writers): EngineCell => ({
      kind: "engine",
      name: `EventStoreDB, appends, ${writers} writer${writers === 1 ? "" : "s"}`,
      series: "EventStoreDB, appends",
      size: writers,
      writers,
    }),
  ),
  { kind: "engine", name: "EventStoreDB, catch-up", series: "EventStoreDB, catch-up", size: 100_000 },
];

const projectorCells: readonly MongoCell[] = [
  { kind: "mongo", name: "MongoDB, projector", series: "MongoDB, projector", size: 10_000, dataSet: "mix" },
];

/** Users who changed after the one that the page of changes asks about. */
const CHANGED = 1_000;

const FILTERS = [
  { by: "userName", says: "userName eq" },
  { by: "externalId", says: "externalId eq" },
  { by: "email", says: 'emails[type eq "work"].value eq' },
  { by: "part", says: "userName co" },
] as const;

type MakeCell = (series: string, measures: ServedCell["measures"]) => ServedCell;

const on =
  (dataSet: "engines-100k" | "engines-1m", says = ""): MakeCell =>
  (series, measures) => {
    const name = `engines, ${series}`;
    return { kind: "served", name: name + says, series: name, size: dataSets[dataSet].users, dataSet, measures };
  };

/** The users in groups are the first half. */
const readCells = (cell: MakeCell, users: number): ServedCell[] => {
  const half = users / 2;
  const gets = [
    { series: "GET user without groups", first: half },
    { series: "GET user in groups", first: 0 },
  ].flatMap(({ series, first }) =>
    CONNECTIONS.map((connections) => {
      const beside: Beside = { name: "raw driver", by: "id", first, users: half };
      const workload: Workload = { kind: "get user", first, users: half };
      return cell(`${series}, ${many(connections)}`, { kind: "rate", workload, connections, beside });
    }),
  );
  const finds = CONNECTIONS.map((connections) => {
    const beside: Beside = { name: "raw driver", by: "userName", first: 0, users };
    const workload: Workload = { kind: "find user", by: "userName", users };
    return cell(`filter userName eq, ${many(connections)}`, { kind: "rate", workload, connections, beside });
  });
  return [...gets, ...finds];
};

/** What is asked of a directory of any size. */
const sizeCells = (cell: MakeCell, users: number): ServedCell[] => [
  cell("projections rebuild", { kind: "rebuild" }),
  ...FILTERS.map(({ by, says }) =>
    cell(`latency of ${says}`, { kind: "latency", of: { kind: "find user", by, users } }),
  ),
  cell("latency of a page of meta.lastModified gt", { kind: "latency", of: { user: users - CHANGED } }),
];

const { users: USERS, spare, groups } = dataSets["engines-100k"];

const WRITES: readonly { readonly series: string; readonly workload: Workload }[] = [
  { series: "PATCH title", workload: { kind: "change title", users: USERS } },
  {
    series: "PATCH member",
    workload: { kind: "toggle member", firstGroup: 0, groups: groups[0]!.count, firstSpare: USERS, spare },
  },
  { series: "POST user", workload: { kind: "create user" } },
];

const writeCells = (cell: MakeCell): ServedCell[] =>
  WRITES.flatMap(({ series, workload }) =>
    CONNECTIONS.map((connections) => {
      const isCompared = workload.kind === "create user" && connections === COMPARED;
      const beside: { beside?: Beside } = isCompared ? { beside: { name: "raw client", writers: COMPARED } } : {};
      return cell(`${series}, ${many(connections)}`, { kind: "rate", workload, connections, ...beside });
    }),
  );

const lagCell = on("engines-100k")(`lag while ${many(COMPARED)} create users`, { kind: "lag", connections: COMPARED });

/** What changes a data set comes after what reads it. */
export const engineCells: readonly (EngineCell | MongoCell | ServedCell)[] = [
  ...logCells,
  ...projectorCells,
  ...sizeCells(on("engines-100k", ", 100k users"), USERS),
  ...readCells(on("engines-100k", ", 100k users"), USERS),
  ...writeCells(on("engines-100k")),
  lagCell,
  ...sizeCells(on("engines-1m", ", 1M users"), dataSets["engines-1m"].users),
];
