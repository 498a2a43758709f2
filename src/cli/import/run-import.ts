// Runs an import once, or again and again, and says what came of it.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode, misused } from "../problem.ts";
import { Reporter } from "../reporter.ts";
import { type Connection, connectionOf, tokenVariable } from "../scim-client/connection.ts";
import { capabilitiesOf, type Kind, probe, shapesOf } from "../scim-client/discovery.ts";
import { ServerUnusable, Stopped } from "../scim-client/errors.ts";
import { ScimClient } from "../scim-client/scim-client.ts";
import { stopping } from "../serve/stopping.ts";
import type { MatchMode } from "./core/match.ts";
import { runPass, type Source } from "./run-pass.ts";
import { type Between, derivedStatePath, openCopy, openState, type StateFile } from "./state-file.ts";
import { isWhole, reportOf, type Summary } from "./summary.ts";
import { ServerTarget } from "./target.ts";
import { watch } from "./watch.ts";

export interface ImportOptions {
  readonly from?: string;
  readonly fromToken?: string;
  readonly fromTokenFile?: string;
  readonly file?: string;
  readonly to: string;
  readonly toToken?: string;
  readonly toTokenFile?: string;
  readonly dryRun?: true;
  readonly only?: "users" | "groups";
  readonly filter?: string;
  readonly match: MatchMode;
  readonly exact?: true;
  readonly state?: string;
  /** Milliseconds. */
  readonly watch?: number;
  readonly deactivateMissing?: true;
  /** 0 to 1. */
  readonly atMost: number;
  readonly pageSize: number;
  readonly concurrency: number;
  readonly allowPlainHttp?: true;
  readonly json?: true;
}

export async function runImport(options: ImportOptions, io: Io): Promise<ExitCode> {
  const plan = planOf(options, io);
  const state = (options.dryRun ? openCopy : openState)(plan.statePath, plan.between);
  const reporter = new Reporter(io, options.json === true);
  const abort = new AbortController();
  const stop = stopping();
  stop.asked.then(() => abort.abort());
  const pass = (): Promise<Summary> => onePass({ plan, options, state, reporter, io, signal: abort.signal });
  try {
    if (options.watch !== undefined)
      return await watch({ pass, interval: options.watch, json: options.json === true, io, signal: abort.signal });
    const summary = await pass();
    if (options.json) io.out(JSON.stringify({ summary }));
    else for (const line of reportOf(summary)) io.out(line);
    return isWhole(summary) ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    io.err(`${error.message}: run it again, and it goes on from there (state: ${plan.statePath})`);
    return EXIT.interrupted;
  } finally {
    reporter.end();
    state[Symbol.dispose]();
    stop[Symbol.dispose]();
  }
}

interface Plan {
  readonly from: Connection | { readonly file: string };
  readonly to: Connection;
  readonly between: Between;
  readonly statePath: string;
  readonly kinds: readonly Kind[];
}

/** Throws a Problem for what does not go together. */
function planOf(options: ImportOptions, io: Io): Plan {
  const { from, file, to, only, filter, allowPlainHttp } = options;
  if ((from === undefined) === (file === undefined)) throw misused("name one source: --from, or --file");
  if (file !== undefined && filter !== undefined) throw misused("--filter is for a server: a file has what it has");
  if (options.dryRun && options.watch !== undefined) throw misused("--dry-run and --watch do not go together");
  if (options.deactivateMissing && (filter !== undefined || only === "groups"))
    throw misused(
      "--deactivate-missing needs all users of the source: with --filter or --only groups nobody can tell who is missing",
    );
  const target = connectionOf(
    { side: "to", url: to, token: options.toToken, tokenFile: options.toTokenFile, allowPlainHttp },
    io.env,
  );
  if (target.token === undefined)
    throw misused(`a token for the target is needed: --to-token-file, or ${tokenVariable("to")}`);
  const source =
    from === undefined
      ? { file: resolve(file!) }
      : connectionOf(
          { side: "from", url: from, token: options.fromToken, tokenFile: options.fromTokenFile, allowPlainHttp },
          io.env,
        );
  const sourceName = "file" in source ? `file:${source.file}` : source.base;
  if (sourceName === target.base) {
    throw misused("--from and --to name the same server; between two of its tenants, export to a file and import that");
  }
  const between = { from: sourceName, to: target.base, filter: filter ?? null };
  const statePath = options.state === undefined ? derivedStatePath(between) : resolve(options.state);
  const kinds: readonly Kind[] = only === "users" ? ["User"] : only === "groups" ? ["Group"] : ["User", "Group"];
  return { from: source, to: target, between, statePath, kinds };
}

interface PassRun {
  readonly plan: Plan;
  readonly options: ImportOptions;
  readonly state: StateFile;
  readonly reporter: Reporter;
  readonly io: Io;
  readonly signal: AbortSignal;
}

async function onePass({ plan, options, state, reporter, io, signal }: PassRun): Promise<Summary> {
  const client = (name: string, connection: Connection, patience?: number): ScimClient =>
    new ScimClient({
      name,
      ...connection,
      signal,
      onWait: (milliseconds, why) => reporter.waits(name, milliseconds, why),
      ...(patience === undefined ? {} : { patience }),
    });
  const source = await asked(() => sourceOf(plan, options, client));
  const types = await asked(() => targetTypes(client("the target", plan.to, FIRST_PATIENCE), plan.kinds, io));
  try {
    return await runPass({
      database: state.database,
      source,
      target: new ServerTarget(client("the target", plan.to), types),
      kinds: plan.kinds,
      mode: options.match,
      exact: options.exact === true,
      dryRun: options.dryRun === true,
      deactivateMissing: options.deactivateMissing === true,
      atMost: options.atMost,
      pageSize: options.pageSize,
      concurrency: options.concurrency,
      signal,
      onProgress: (what, done, all) => reporter.at(what, done, all),
      onTrouble: (kind, id, outcome, reason) => {
        if (options.json) io.out(JSON.stringify({ problem: { kind, id, outcome, reason } }));
      },
    });
  } finally {
    reporter.end();
  }
}

/** How long a server may take to answer for the first time, milliseconds: a wrong URL should be told at once. */
const FIRST_PATIENCE = 10_000;

/** A server that cannot be used at the very first request is a wrong command line: nothing was read or written yet. */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof ServerUnusable ? misused(error.message) : error;
  }
}

type MakeClient = (name: string, connection: Connection, patience?: number) => ScimClient;

async function sourceOf({ from, kinds }: Plan, { filter }: ImportOptions, client: MakeClient): Promise<Source> {
  if ("file" in from) return { is: "file", path: from.file, version: versionOf(from.file) };
  const first = client("the source", from, FIRST_PATIENCE);
  await probe(first, kinds[0]!);
  const capabilities = await capabilitiesOf(first);
  return {
    is: "server",
    client: client("the source", from),
    capabilities,
    ...(filter === undefined ? {} : { filter }),
  };
}

function versionOf(path: string): string {
  try {
    const { size, mtimeMs } = statSync(path);
    return `${size} ${mtimeMs}`;
  } catch (error) {
    throw misused(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function targetTypes(client: ScimClient, kinds: readonly Kind[], io: Io) {
  await probe(client, kinds[0]!);
  const { patch, filter } = await capabilitiesOf(client);
  if (!patch || !filter)
    throw misused(`the target says that it has no ${patch ? "filters" : "PATCH"}, which an import needs`);
  const { types, assumed } = await shapesOf(client);
  if (assumed) io.err("the target does not show its schemas: it is taken to have those of RFC 7643");
  return types;
}
