// The service itself, as an operator starts it.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Child } from "../harness/child.ts";
import type { Running } from "../harness/stage.ts";

export const BASE = "/scim/v2";
const PROGRAM = fileURLToPath(new URL("../../bin/scim-ledger.js", import.meta.url));
/** For the service without its ledger. */
export const WITHOUT_LEDGER = ["--import", new URL("without-ledger.ts", import.meta.url).href] as const;
const TOKEN = "bench-administrator-token-of-more-than-32-characters";
/** A million users take their time to be projected, milliseconds. */
const START_LIMIT = 30 * 60_000;

export interface ServiceOptions {
  readonly nodeOptions?: readonly string[];
  /** Beside the folder. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts the service on a data folder; resolves once it is ready, all of the log projected. */
export async function startService(
  folder: string,
  { nodeOptions = [], settings = {} }: ServiceOptions = {},
): Promise<Running> {
  const port = await freePort();
  const child = Child.spawn([...nodeOptions, PROGRAM, "serve"], {
    ...process.env,
    HOST: "127.0.0.1",
    PORT: String(port),
    SCIM_LEDGER_DATA: folder,
    SCIM_LEDGER_ADMIN_TOKEN: TOKEN,
    SCIM_LEDGER_LOG_LEVEL: "warn",
    NODE_ENV: "production",
    ...settings,
  });
  const giveUp = Date.now() + START_LIMIT;
  while (!(await isReady(port))) {
    if (child.ended || Date.now() > giveUp) {
      await child[Symbol.asyncDispose]();
      throw new Error(`scim-ledger did not start: ${child.lastWords}`);
    }
    await pause(20);
  }
  return {
    pid: child.pid,
    target: { host: "127.0.0.1", port, base: BASE, token: TOKEN },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** A verb of the command line, as an operator runs it; what it printed last, as JSON. Throws where it fails or takes too long. */
export async function runVerb<Report>(
  verb: readonly string[],
  settings: Readonly<Record<string, string>>,
  within: number,
): Promise<Report> {
  await using child = Child.spawn([PROGRAM, ...verb, "--json"], { ...process.env, ...settings });
  await child.success(within);
  const reports = child.lastWords.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
  if (reports.length === 0) throw new Error(`scim-ledger ${verb.join(" ")} said: ${child.lastWords}`);
  return JSON.parse(reports.at(-1)!) as Report;
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
