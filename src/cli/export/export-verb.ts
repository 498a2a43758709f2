// `scim-ledger export`: users and groups of a SCIM server as NDJSON.
import { Option } from "commander";
import { tokenOptions } from "../import/import-verb.ts";
import type { Io } from "../io.ts";
import { rendered } from "../line.ts";
import { countOption } from "../option-values.ts";
import { EXIT, type ExitCode, misused } from "../problem.ts";
import { Reporter } from "../reporter.ts";
import { type Connection, connectionOf, tokenVariable } from "../scim-client/connection.ts";
import { capabilitiesOf, type Kind, probe } from "../scim-client/discovery.ts";
import { ServerUnusable, Stopped } from "../scim-client/errors.ts";
import { ScimClient } from "../scim-client/scim-client.ts";
import { stopping } from "../serve/stopping.ts";
import { sayCount, sayMany } from "../units.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";
import { type Exported, writeExport } from "./write-export.ts";

interface ExportOptions {
  readonly from: string;
  readonly fromToken?: string;
  readonly fromTokenFile?: string;
  readonly to: string;
  readonly only?: "users" | "groups";
  readonly filter?: string;
  readonly pageSize: number;
  readonly concurrency: number;
  readonly allowPlainHttp?: true;
  readonly json?: true;
}

export function addExport({ program, io, ending }: Cli): void {
  const command = program
    .command("export")
    .description("write users and groups of a SCIM server to a file, one a line, as “import --file” reads it")
    .requiredOption("--from <url>", "the SCIM base URL of the source");
  tokenOptions(command, "from");
  command
    .requiredOption("--to <file>", "where to: NDJSON, gzip where the name ends in .gz; - for stdout")
    .addOption(new Option("--only <kind>", "users or groups alone").choices(["users", "groups"]))
    .option("--filter <filter>", "only users that fulfil it; groups, with --only groups")
    .option("--page-size <count>", "resources on a page of the source", countOption(10_000), 200)
    .option("--concurrency <count>", "requests at a time", countOption(64), 8)
    .option("--allow-plain-http", "accept http:// beyond this machine")
    .option("--json", "print progress and the summary as lines of JSON; with --to - on stderr")
    .addHelpText(
      "after",
      examples(
        `export ${tokenVariable("from")}=scl_…`,
        "scim-ledger export --from http://127.0.0.1:3000/scim/v2 --to people.ndjson.gz",
        "scim-ledger export --from http://127.0.0.1:3000/scim/v2 --to - --only users | jq -r .userName",
      ),
    )
    .addHelpText(
      "after",
      exitCodes({
        0: "the file is whole",
        1: "there is none, or (on stdout) it is not whole, and why",
        2: "it could not run: the command line, or a server that does not answer or refuses its token",
        130: "it was asked to end (SIGTERM, SIGINT); there is no file",
      }),
    )
    .addHelpText("after", "\nThe file holds personal values in clear. It is written for its owner alone (mode 0600).")
    .action(ending((options: ExportOptions) => runExport(options, io)));
}

async function runExport(options: ExportOptions, io: Io): Promise<ExitCode> {
  const { from, fromToken, fromTokenFile, allowPlainHttp, to } = options;
  const connection = connectionOf(
    { side: "from", url: from, token: fromToken, tokenFile: fromTokenFile, allowPlainHttp },
    io.env,
  );
  // Where the answer is the file itself, nothing else may go to stdout.
  const told: Io =
    to === "-" ? { ...io, out: (line) => io.err(rendered(line, { isTerminal: false, env: io.env })) } : io;
  const reporter = new Reporter(told, options.json === true);
  const abort = new AbortController();
  const stop = stopping();
  stop.asked.then(() => abort.abort());
  try {
    const exported = await exportFrom(connection, options, io, reporter, abort.signal);
    reporter.end();
    told.out(options.json ? JSON.stringify({ summary: exported }) : sentenceOf(exported, to));
    return exported.unseen === 0 ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    io.err("stopped: there is no export");
    return EXIT.interrupted;
  } finally {
    reporter.end();
    stop[Symbol.dispose]();
  }
}

async function exportFrom(
  connection: Connection,
  options: ExportOptions,
  io: Io,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Exported> {
  const client = (patience: object): ScimClient =>
    new ScimClient({
      name: "the source",
      ...connection,
      ...patience,
      signal,
      onWait: (milliseconds, why) => reporter.waits("the source", milliseconds, why),
    });
  const kinds = KINDS[options.only ?? "all"];
  const first = client({ patience: FIRST_PATIENCE });
  await probe(first, kinds[0]!).catch((error) => {
    throw error instanceof ServerUnusable ? misused(error.message) : error;
  });
  const capabilities = await capabilitiesOf(first);
  return writeExport({
    client: client({}),
    capabilities,
    kinds,
    filter: options.filter,
    pageSize: options.pageSize,
    concurrency: options.concurrency,
    signal,
    to: options.to,
    out: io.out,
    onProgress: (what, done, all) => reporter.at(what, done, all),
  });
}

/** How long a server may take to answer for the first time, milliseconds. */
const FIRST_PATIENCE = 10_000;

const KINDS: Readonly<Record<"all" | "users" | "groups", readonly Kind[]>> = {
  all: ["User", "Group"],
  users: ["User"],
  groups: ["Group"],
};

function sentenceOf({ users, groups, unseen }: Exported, to: string): string {
  const where = to === "-" ? "" : ` are in ${to}`;
  const rest = unseen === 0 ? "." : `; the source counts ${sayCount(unseen)} more: it changed while it was read.`;
  return `${sayMany(users, "user")} and ${sayMany(groups, "group")}${where}${rest}`;
}
