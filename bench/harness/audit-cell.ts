// Measures a cell of one audit question: asked one at a time, from the request to the last byte of the answer.
import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import type { Asking } from "../audit/questions.ts";
import type { AuditCell } from "../cells.ts";
import { BUSY_USER, historySets, SYNC } from "../data/history-set.ts";
import { userId } from "../data/identity.ts";
import type { Target } from "../load/workload.ts";
import type { Bench } from "./bench.ts";
import { cpuTime } from "./cpu.ts";
import type { CellResult, Sample } from "./result.ts";
import { at } from "./statistics.ts";

const WARM_UP = 3;
/** A round asks at least so often, and for its seconds. */
const FEWEST = 40;
/** Instants are drawn from this share of the history on: before it, the large groups are still made. */
const FIRST_SHARE = 0.3;
const DAY_MS = 86_400_000;

/** The 95th percentile of each round, milliseconds. */
export async function measureAudit(cell: AuditCell, bench: Bench): Promise<CellResult> {
  const { name, series, size, dataSet, question } = cell;
  bench.progress.step(`starting scim-ledger on ${dataSet}`);
  const { target, pid } = await bench.stage.history(dataSet);
  const asking = await askingOf(target, historySets[dataSet].users);
  for (let turn = 0; turn < WARM_UP; turn++) await asked(target, question.path(asking));
  const rounds: Sample[] = [];
  for (let round = 1; round <= bench.options.rounds; round++) {
    bench.progress.step(`round ${round}`);
    const took: number[] = [];
    const before = cpuTime(pid);
    for (
      const end = performance.now() + bench.options.seconds * 1_000;
      took.length < FEWEST || performance.now() < end;
    ) {
      const began = performance.now();
      await asked(target, question.path(asking));
      took.push(performance.now() - began);
    }
    const after = cpuTime(pid);
    const cpu = before === undefined || after === undefined ? {} : { cpu: (after - before) / took.length };
    rounds.push({ value: at(took, 0.95), ...cpu, p50: at(took, 0.5), p99: at(took, 0.99) });
  }
  return { name, series, size, unit: "ms, p95", contestants: { "scim-ledger": { rounds } } };
}

/** The whole answer, by a client that takes little of the machine. Throws where it is no success. */
async function asked({ host, port, token }: Target, path: string): Promise<Buffer> {
  const headers = { authorization: `Bearer ${token}` };
  const request = get({ host, port, path: `/audit/v1${path}`, headers, agent });
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  const body = Buffer.concat(pieces);
  if (answer.statusCode !== 200)
    throw new Error(`GET ${path} was answered ${answer.statusCode}: ${body.toString().slice(0, 300)}`);
  return body;
}

const agent = new Agent({ keepAlive: true });

interface Head {
  readonly effectiveAt: string;
  readonly subject: { readonly created: string };
  readonly rows: readonly { readonly time: string }[];
}

/** When the history was, told by the service itself. */
async function askingOf(target: Target, users: number): Promise<Asking> {
  const ask = async (path: string) => JSON.parse((await asked(target, path)).toString()) as Head;
  const busy = await ask(`/users/${userId(BUSY_USER)}/timeline?limit=1`);
  const day = await ask(`/actors/${SYNC.credential}/activity?limit=1`);
  const [first, last] = [Date.parse(busy.subject.created), Date.parse(busy.effectiveAt)];
  const from = first + (last - first) * FIRST_SHARE;
  const began = Date.parse(day.rows[0]!.time);
  return {
    users,
    instant: () => new Date(from + Math.random() * (last - from)).toISOString(),
    day: { from: new Date(began - 1).toISOString(), to: new Date(began + DAY_MS).toISOString() },
  };
}
