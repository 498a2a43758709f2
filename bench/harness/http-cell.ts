// Measures a cell of requests: contestants take turns (A B C A B C …), so that whatever else the machine does meets them all.
import { setTimeout as pause } from "node:timers/promises";
import type { HttpCell, MemoryCell } from "../cells.ts";
import type { LoadRequest, LoadResult } from "../load/client.ts";
import { requestsOf, type Target, type Workload } from "../load/workload.ts";
import { type FloorSettings, SCIM_JSON } from "../servers/floor.ts";
import type { Bench } from "./bench.ts";
import { Child } from "./child.ts";
import { cpuTime, residentMemory } from "./cpu.ts";
import type { CellResult, ContestantName, Measured, Sample } from "./result.ts";
import { isFloor, NOT_AVAILABLE, type Running, startFloor } from "./stage.ts";

/** How long the last answers may take, seconds; a server that is slower is not asked again. */
const DRAIN = 15;

/** Seconds beyond all others after which the load generator counts as stuck. */
const STUCK = 30;

type Measurements = Partial<Record<ContestantName, { rounds: Sample[]; note?: string }>>;

export async function measureHttp(cell: HttpCell, bench: Bench): Promise<CellResult> {
  const { name, series, size } = cell;
  await using floors = new AsyncDisposableStack();
  await using load = loadGenerator();
  const running = await gather(cell, bench, floors);
  const contestants: Measurements = {};
  for (const missing of bench.taking(cell.contestants)) {
    const note = NOT_AVAILABLE[missing];
    if (note !== undefined) contestants[missing] = { rounds: [], note };
  }
  const turn = async (contestant: ContestantName, label: string, seconds: number): Promise<Sample> => {
    bench.progress.step(`${label} · ${contestant}`);
    const sample = await measure(cell, running.get(contestant)!, load, seconds);
    if (sample.unanswered !== undefined) {
      running.delete(contestant);
      await bench.stage.end(contestant);
    }
    return sample;
  };
  for (const contestant of [...running.keys()]) {
    let warm = await turn(contestant, "warming up", WARM_UP_TURN);
    let answers = warm.value * WARM_UP_TURN;
    for (let turns = 1; turns < WARM_UP_TURNS && answers < WARM && warm.unanswered === undefined; turns++) {
      warm = await turn(contestant, "warming up", WARM_UP_TURN);
      answers += warm.value * WARM_UP_TURN;
    }
    const slow = warm.unanswered !== undefined;
    contestants[contestant] = slow ? { rounds: [warm], note: "too slow: the warm-up's figure" } : { rounds: [] };
  }
  for (let round = 1; round <= bench.options.rounds; round++)
    for (const contestant of [...running.keys()])
      contestants[contestant]!.rounds.push(await turn(contestant, `round ${round}`, bench.options.seconds));
  return { name, series, size, unit: "requests/s", contestants };
}

/** Resident memory under reads, the highest of a few looks a second, MiB. */
export async function measureMemory(cell: MemoryCell, bench: Bench): Promise<CellResult> {
  const { name, series, size, dataSet } = cell;
  await using load = loadGenerator();
  const contestants: Partial<Record<ContestantName, Measured>> = {};
  for (const contestant of bench.taking(cell.contestants)) {
    bench.progress.step(contestant);
    const server = await bench.stage.holding(contestant, dataSet);
    let highest = 0;
    const watching = setInterval(() => {
      highest = Math.max(highest, residentMemory(server.pid) ?? 0);
    }, 200);
    await measure(cell, server, load, Math.max(1, bench.options.seconds));
    clearInterval(watching);
    contestants[contestant] = { rounds: [{ value: highest / 1_048_576 }] };
  }
  return { name, series, size, unit: "MiB", contestants };
}

/** Answers after which the engine has compiled what runs often; a slow contestant gets no more than so many turns. */
const WARM = 25_000;
/** Seconds. */
const WARM_UP_TURN = 2;
const WARM_UP_TURNS = 6;

export const loadGenerator = (): Child => Child.fork(new URL("../load/client.ts", import.meta.url));

/** The servers of a cell, in turn's order; floors answer what the service answers. */
async function gather(
  cell: HttpCell,
  bench: Bench,
  floors: AsyncDisposableStack,
): Promise<Map<ContestantName, Running>> {
  const taking = bench.taking(cell.contestants).filter((name) => NOT_AVAILABLE[name] === undefined);
  const holders = new Map<ContestantName, Running>();
  for (const name of taking.filter((name) => !isFloor(name))) {
    bench.progress.step(`starting ${name} on ${cell.dataSet}`);
    holders.set(name, await bench.stage.holding(name, cell.dataSet));
  }
  const service = holders.get("scim-ledger");
  const bytes = service === undefined ? STAND_IN : await firstAnswer(service.target, cell.workload);
  const running = new Map<ContestantName, Running>();
  for (const name of taking) running.set(name, holders.get(name) ?? floors.use(await startFloor(name, bytes)));
  return running;
}

/** What floors answer where the service takes no part. */
const STAND_IN: FloorSettings = { body: JSON.stringify({ padding: "x".repeat(1_000) }), contentType: SCIM_JSON };

/** The service's answer to the workload's first request, where that is a GET. Throws where it is no success. */
async function firstAnswer({ host, port, base, token }: Target, workload: Workload): Promise<FloorSettings> {
  const request = requestsOf(workload, { host, port, base, token }, 0, 1, "first")();
  const [method, path] = request.split(" ", 2);
  if (method !== "GET") return { ...STAND_IN, contentType: SCIM_JSON };
  const answer = await fetch(`http://${host}:${port}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`GET ${path} was answered ${answer.status}: ${body.slice(0, 300)}`);
  return { body, contentType: answer.headers.get("content-type") ?? SCIM_JSON };
}

let runs = 0;

/** Asks a server for a while; what it answered. Throws where no request succeeds. */
export async function measure(
  { workload, connections }: Pick<HttpCell, "workload" | "connections">,
  { target, pid }: Running,
  load: Child,
  seconds: number,
): Promise<Sample> {
  // What the one before left to do (garbage, a checkpoint) is not this one's.
  await pause(100);
  const request: LoadRequest = {
    target,
    workload,
    connections,
    seconds,
    drain: DRAIN,
    run: `${process.pid}r${runs++}`,
  };
  const before = cpuTime(pid);
  const result = await load.ask<LoadResult>(request, seconds + DRAIN + STUCK);
  const after = cpuTime(pid);
  const cpu = before === undefined || after === undefined ? {} : { cpu: (after - before) / result.answers };
  if (result.answers === 0 && result.unanswered === 0) throw new Error(`no request succeeded: ${result.firstFailure}`);
  return {
    value: result.answers / result.seconds,
    ...(result.answers === 0 ? {} : { ...cpu, p50: result.p50, p99: result.p99 }),
    generatorLoad: result.generatorLoad,
    ...(result.failures > 0 ? { failures: result.failures, firstFailure: result.firstFailure! } : {}),
    ...(result.unanswered > 0 ? { unanswered: result.unanswered } : {}),
  };
}
