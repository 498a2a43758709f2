// The load generator, a child process: keeps a number of keep-alive connections busy for a while and tells what came back.
// Requests are written to bare sockets and answers are only measured, because on two cores whatever the generator costs
// is taken from the server under test (docs/benchmarks.md says how much).
import { connect, type Socket } from "node:net";
import { createHistogram, performance } from "node:perf_hooks";
import { type Answer, AnswerReader } from "./answer-reader.ts";
import { type NextRequest, requestsOf, strideOf, type Target, type Workload } from "./workload.ts";

export interface LoadRequest {
  readonly target: Target;
  readonly workload: Workload;
  readonly connections: number;
  readonly seconds: number;
  /** How long answers are waited for after the last request was sent, seconds. */
  readonly drain: number;
  /** Distinguishes what this run creates. */
  readonly run: string;
}

export interface LoadResult {
  readonly answers: number;
  readonly seconds: number;
  /** Latency in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers that were no success, and connections that broke. */
  readonly failures: number;
  readonly firstFailure?: string;
  /** Requests that were not answered in time. */
  readonly unanswered: number;
  /** CPU that the generator took for one answer, microseconds. */
  readonly generatorCpu: number;
  /** Share of one core that the generator took. */
  readonly generatorLoad: number;
}

process.on("message", async (request: LoadRequest) => {
  process.send!(await generate(request));
});
process.on("disconnect", () => process.exit());

async function generate(request: LoadRequest): Promise<LoadResult> {
  const tally = new Tally();
  const connected = await Promise.all(Array.from({ length: request.connections }, () => opened(request.target)));
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const end = began + request.seconds * 1_000;
  const streams = connected.map((connection, index) => {
    const next = requestsOf(request.workload, request.target, index, request.connections, request.run);
    return keepBusy(connection, next, strideOf(request.workload), end, tally);
  });
  const hangUp = () => connected.map(({ socket }) => socket.destroy());
  const timer = setTimeout(hangUp, (request.seconds + request.drain) * 1_000);
  await Promise.all(streams);
  clearTimeout(timer);
  hangUp();
  const ended = tally.unanswered > 0 ? performance.now() : tally.lastAnswer;
  return tally.result((ended - began) / 1_000, process.cpuUsage(cpuBefore));
}

/** Bytes that one read of a socket takes at most. */
const READ_BUFFER = 65_536;

interface Connection {
  readonly socket: Socket;
  /** Gets what arrives; the bytes are valid until it returns. */
  take: (chunk: Buffer) => void;
}

function opened({ host, port }: Target): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const buffer = Buffer.alloc(READ_BUFFER);
    const callback = (bytes: number): boolean => {
      connection.take(buffer.subarray(0, bytes));
      return true;
    };
    const socket = connect({ host, port, noDelay: true, onread: { buffer, callback } });
    const connection: Connection = { socket, take: () => {} };
    socket.once("connect", () => resolve(connection));
    socket.once("error", reject);
  });
}

/** Sends one request after the other until the end; resolves once the last is answered or the connection is gone. */
function keepBusy(connection: Connection, next: NextRequest, stride: number, end: number, tally: Tally): Promise<void> {
  return new Promise((resolve) => {
    const { socket } = connection;
    const reader = new AnswerReader();
    let sent = 0;
    let sentAt = 0;
    const send = () => {
      sent++;
      sentAt = performance.now();
      socket.write(next(), "latin1");
    };
    connection.take = (chunk) => {
      const answer = reader.take(chunk);
      if (answer === undefined) return;
      const now = performance.now();
      tally.count(answer, now, now - sentAt, chunk);
      if (now < end || sent % stride !== 0) send();
      else {
        sent = 0;
        resolve();
      }
    };
    socket.on("error", (error) => tally.fail(error.message));
    socket.on("close", () => {
      if (sent > 0) tally.unanswered++;
      resolve();
    });
    send();
  });
}

class Tally {
  readonly #latencies = createHistogram();
  #answers = 0;
  #failures = 0;
  #firstFailure: string | undefined;
  unanswered = 0;
  lastAnswer = performance.now();

  count({ status }: Answer, now: number, milliseconds: number, chunk: Buffer): void {
    this.lastAnswer = now;
    if (status < 200 || status > 299) {
      this.fail(`${status}: ${chunk.toString("latin1").slice(-300)}`);
      return;
    }
    this.#answers++;
    this.#latencies.record(Math.max(1, Math.round(milliseconds * 1_000)));
  }

  fail(why: string): void {
    this.#failures++;
    this.#firstFailure ??= why;
  }

  result(seconds: number, cpu: NodeJS.CpuUsage): LoadResult {
    const microseconds = cpu.user + cpu.system;
    return {
      answers: this.#answers,
      seconds,
      p50: this.#latencies.percentile(50) / 1_000,
      p99: this.#latencies.percentile(99) / 1_000,
      failures: this.#failures,
      ...(this.#firstFailure === undefined ? {} : { firstFailure: this.#firstFailure }),
      unanswered: this.unanswered,
      generatorCpu: microseconds / Math.max(1, this.#answers),
      generatorLoad: microseconds / 1e6 / seconds,
    };
  }
}
