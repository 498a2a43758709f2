// Measures the event log on EventStoreDB against the bare client that does the same work, in turns.
import type { EngineCell } from "../engines/cells.ts";
import type { EngineAppendsRequest, EngineAppendsResult } from "../engines/event-store-appends.ts";
import type { CatchUpRequest, CatchUpResult, FilledLog } from "../engines/event-store-catch-up.ts";
import type { Bench } from "./bench.ts";
import { Child } from "./child.ts";
import type { CellResult, Sample } from "./result.ts";

const CATCH_UP_EVENTS = 100_000;
/** Seconds after which a child process counts as stuck. */
const WITHIN = 180;

export async function measureEngine(cell: EngineCell, bench: Bench): Promise<CellResult> {
  const address = bench.engines.eventStore;
  const { name, series, size } = cell;
  const samples = cell.writers === undefined ? catchUp(address) : appends(address, cell.writers, bench);
  const ours: Sample[] = [];
  const raw: Sample[] = [];
  for (let round = 1; round <= bench.options.rounds; round++) {
    bench.progress.step(`round ${round}`);
    // Who is first takes turns too: the server is slower after a while.
    for (const isRaw of round % 2 === 0 ? [true, false] : [false, true])
      (isRaw ? raw : ours).push(await samples(isRaw));
  }
  const contestants = { "raw client": { rounds: raw }, "scim-ledger": { rounds: ours } };
  return { name, series, size, unit: cell.writers === undefined ? "events/s" : "appends/s", contestants };
}

function appends(address: string, writers: number, { options: { seconds } }: Bench) {
  return (isRaw: boolean): Promise<Sample> => appendsOf({ address, writers, seconds, isRaw });
}

/** Appends a second in a process of its own. */
export async function appendsOf(request: EngineAppendsRequest): Promise<Sample> {
  const { appends, seconds, p50, p99 } = await asked<EngineAppendsResult>("event-store-appends.ts", request);
  return { value: appends / seconds, p50, p99 };
}

function catchUp(address: string) {
  const fill: CatchUpRequest = { kind: "fill", address, events: CATCH_UP_EVENTS };
  let filled: Promise<FilledLog> | undefined;
  return async (isRaw: boolean): Promise<Sample> => {
    filled ??= asked<FilledLog>("event-store-catch-up.ts", fill);
    const request: CatchUpRequest = { kind: "read", address, log: await filled, isRaw };
    const { seconds } = await asked<CatchUpResult>("event-store-catch-up.ts", request);
    return { value: CATCH_UP_EVENTS / seconds };
  };
}

async function asked<Result>(file: string, request: EngineAppendsRequest | CatchUpRequest): Promise<Result> {
  await using child = Child.fork(new URL(`../engines/${file}`, import.meta.url));
  return await child.ask<Result>(request, WITHIN);
}
