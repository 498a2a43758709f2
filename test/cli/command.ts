// Runs the real command, in a process of its own, with settings of its own and on loopback.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "@jest/globals";
import { processIo } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";

const COMMAND = fileURLToPath(new URL("../../bin/scim-ledger.js", import.meta.url));

/** Milliseconds; a machine may be busy, a hang must end. */
const READY_WITHIN = 20_000;
const ENDED_WITHIN = 25_000;

export type Environment = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<Ended>;
}

/** A test that failed leaves no process behind. */
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

function start(args: readonly string[], env: Environment): Started {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { PATH: process.env["PATH"] ?? "", PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  child.once("close", () => children.delete(child));
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (data) => {
    output.stdout += data;
  });
  child.stderr?.on("data", (data) => {
    output.stderr += data;
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...output }));
  return { child, output, ended };
}

/** Runs a verb to its end. */
export async function run(args: readonly string[], env: Environment = {}): Promise<Ended> {
  const { child, ended } = start(args, env);
  return within(ENDED_WITHIN, ended, child, `“${args.join(" ")}” did not end`);
}

/** Runs a verb to its end, and reads no more than the beginning of what it answers. */
export async function runUnread(args: readonly string[], env: Environment = {}): Promise<Ended> {
  const { child, ended } = start(args, env);
  child.stdout?.once("data", () => child.stdout?.destroy());
  return within(ENDED_WITHIN, ended, child, `“${args.join(" ")}” did not end`);
}

/** Runs a verb in this process, which is quicker; `isTTY`: as if stdout were a terminal. */
export async function runHere(args: readonly string[], env: Environment = {}, { isTTY = false } = {}): Promise<Ended> {
  const output = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof output) => ({
    isTTY: isTTY && name === "stdout",
    write: (text: string) => {
      output[name] += text;
      return true;
    },
    on: () => {},
  });
  const process = { stdout: stream("stdout"), stderr: stream("stderr"), env };
  const code = await main(args, processIo(process as unknown as NodeJS.Process));
  return { code, ...output };
}

export interface Server {
  readonly url: string;
  readonly child: ChildProcess;
  readonly output: { readonly stdout: string; readonly stderr: string };
  readonly ended: Promise<Ended>;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<Ended>;
}

/** Resolves once the server says that it is ready. */
export async function startServer(data: string, env: Environment = {}, readyWithin = READY_WITHIN): Promise<Server> {
  const { child, output, ended } = start(["serve"], { SCIM_LEDGER_DATA: data, ...env });
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", () => output.stdout.includes("is ready") && resolve());
    ended.then(({ stderr }) => reject(new Error(`the server ended: ${stderr}`)));
  });
  await within(readyWithin, ready, child, "the server is not ready");
  // A node without files of its own holds no folder.
  const listens = /^ *Listens on +(\S+)$/mu.exec(output.stdout)?.[1];
  const url = listens ?? JSON.parse(readFileSync(join(data, "holder.json"), "utf8")).url;
  return {
    url,
    child,
    output,
    ended,
    stop: () => {
      child.kill("SIGTERM");
      return within(ENDED_WITHIN, ended, child, "the server did not end");
    },
  };
}

async function within<T>(milliseconds: number, work: Promise<T>, child: ChildProcess, message: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    child.kill("SIGKILL");
    late.reject(new Error(`${message} within ${milliseconds} ms`));
  }, milliseconds);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

export interface Tokens {
  readonly provisioning: string;
  readonly auditor: string;
  readonly administrator: string;
}

/** The tokens that a first start kept in its data folder. */
export function tokensIn(data: string): Tokens {
  const lines = readFileSync(join(data, "first-tokens.txt"), "utf8").split("\n");
  const [provisioning = "", auditor = "", administrator = ""] = lines.filter((line) => line.startsWith("scl_"));
  return { provisioning, auditor, administrator };
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One request; `body` is sent as SCIM JSON. */
export async function ask(server: Pick<Server, "url">, token: string, request: string, body?: object): Promise<Answer> {
  const [method = "", path = ""] = request.split(/ (.*)/u);
  const response = await fetch(server.url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/scim+json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

export const userBody = (userName: string): object => ({
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  userName,
  displayName: `${userName} by name`,
  emails: [{ value: `${userName}@example.com`, type: "work", primary: true }],
});

/** Creates a user; the id, or undefined where the service did not acknowledge. */
export async function createUser(
  server: Pick<Server, "url">,
  token: string,
  userName: string,
): Promise<string | undefined> {
  const { status, text } = await ask(server, token, "POST /scim/v2/Users", userBody(userName)).catch(() => ({
    status: 0,
    text: "",
  }));
  return status === 201 ? JSON.parse(text).id : undefined;
}
