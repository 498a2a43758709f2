// Measures a cell of the service on the engines; a bare client or driver that does the same, or what the answer rests on, takes
// turns with it.

import { userId } from "../data/identity.ts";
import type { Beside, ServedCell } from "../engines/cells.ts";
import type { FindOneRequest, FindOneResult } from "../engines/find-one.ts";
import type { WatchLagRequest, WatchLagResult } from "../engines/watch-lag.ts";
import type { Target, Workload } from "../load/workload.ts";
import type { Bench } from "./bench.ts";
import { Child } from "./child.ts";
import { appendsOf } from "./engine-cell.ts";
import { loadGenerator, measure } from "./http-cell.ts";
import type { CellResult, ContestantName, Sample } from "./result.ts";
import type { Served } from "./served-engines.ts";

/** Seconds: before the first cell of a kind, and before every other. */
const WARM_UP = { first: 4, other: 0.5 };
const WARM_CONNECTIONS = 16;
/** Seconds beyond the measurement after which a child process counts as stuck. */
const STUCK = 60;

export async function measureServed(cell: ServedCell, bench: Bench): Promise<CellResult> {
  const { name, series, size, dataSet, measures } = cell;
  const served = await bench.served.on(dataSet);
  const result = (unit: string, contestants: CellResult["contestants"]) => ({ name, series, size, unit, contestants });
  switch (measures.kind) {
    case "rebuild": {
      const { events, seconds } = served.rebuilt;
      return result("events/s", { "scim-ledger": { rounds: [{ value: events / seconds }] } });
    }
    case "rate": {
      const { workload, connections, beside } = measures;
      const others = beside === undefined ? {} : { [beside.name]: () => besideOf(beside, connections, served, bench) };
      return result("requests/s", await inTurns(workload, connections, others, served, bench));
    }
    case "latency": {
      const workload =
        "kind" in measures.of ? measures.of : await changedAfter(measures.of.user, served.running.target);
      const contestants = await inTurns(workload, 1, {}, served, bench);
      const rounds = contestants["scim-ledger"]!.rounds.map((round) => ({ ...round, value: round.p50! }));
      return result("ms, p50", { "scim-ledger": { rounds } });
    }
    case "lag":
      return result("ms, p50", { "scim-ledger": { rounds: await lagUnder(measures.connections, served, bench) } });
  }
}

type Others = Partial<Record<ContestantName, () => Promise<Sample>>>;
type Measurements = Partial<Record<ContestantName, { readonly rounds: Sample[] }>>;

/** The service and the others, one after the other in each round. */
async function inTurns(
  workload: Workload,
  connections: number,
  others: Others,
  served: Served,
  bench: Bench,
): Promise<Measurements> {
  const { options, progress } = bench;
  await using load = loadGenerator();
  const ask = (seconds: number, at = connections) =>
    measure({ workload, connections: at }, served.running, load, seconds);
  progress.step("warming up");
  const what = `${workload.kind} ${"by" in workload ? workload.by : ""}`;
  if (!served.warm.has(what)) await ask(WARM_UP.first, WARM_CONNECTIONS);
  served.warm.add(what);
  await ask(WARM_UP.other);
  const turns = { ...others, "scim-ledger": () => ask(options.seconds) };
  const taking = bench.taking(Object.keys(turns) as ContestantName[]);
  const contestants: Measurements = {};
  for (let round = 1; round <= options.rounds; round++)
    for (const name of round % 2 === 0 ? taking.toReversed() : taking) {
      progress.step(`round ${round} · ${name}`);
      contestants[name] ??= { rounds: [] };
      contestants[name].rounds.push(await turns[name]!());
      // What it wrote lies between the service's events in the server's log: the service first passes over it.
      if (name === "raw client") await ask(WARM_UP.other);
    }
  return contestants;
}

async function besideOf(beside: Beside, atOnce: number, { mongo }: Served, bench: Bench): Promise<Sample> {
  const { seconds } = bench.options;
  if (beside.name === "raw client")
    return appendsOf({ address: bench.engines.eventStore, writers: beside.writers, seconds, isRaw: true });
  const { by, first, users } = beside;
  const request: FindOneRequest = { address: mongo, by, first, users, atOnce, seconds };
  await using child = Child.fork(new URL("../engines/find-one.ts", import.meta.url));
  const { found, seconds: taken, p50, p99 } = await child.ask<FindOneResult>(request, seconds + STUCK);
  return { value: found / taken, p50, p99 };
}

/** What changed after a user did: told by the service itself. */
async function changedAfter(user: number, { host, port, base, token }: Target): Promise<Workload> {
  const path = `${base}/Users/${userId(user)}`;
  const answer = await fetch(`http://${host}:${port}${path}`, { headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`GET ${path} was answered ${answer.status}`);
  const { meta } = (await answer.json()) as { readonly meta: { readonly lastModified: string } };
  return { kind: "list changed", since: meta.lastModified, count: 100 };
}

/** How far the read models are behind while users are created. */
async function lagUnder(connections: number, { running, mongo, namespace }: Served, bench: Bench): Promise<Sample[]> {
  const { rounds, seconds } = bench.options;
  await using load = loadGenerator();
  const samples: Sample[] = [];
  for (let round = 1; round <= rounds; round++) {
    bench.progress.step(`round ${round}`);
    await using child = Child.fork(new URL("../engines/watch-lag.ts", import.meta.url));
    const request: WatchLagRequest = { eventStore: bench.engines.eventStore, namespace, mongo, seconds };
    const [{ p50, p99 }] = await Promise.all([
      child.ask<WatchLagResult>(request, seconds + STUCK),
      measure({ workload: { kind: "create user" }, connections }, running, load, seconds + OPENING),
    ]);
    samples.push({ value: p50, p50, p99 });
  }
  return samples;
}

/** Seconds within which a child process begins to look. */
const OPENING = 2;
