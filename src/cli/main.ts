// The scim-ledger command: its verbs, and how what they throw becomes a sentence and an exit code.
import { Command, CommanderError } from "commander";
import { textOfError } from "../http/told-error.ts";
import { packageVersion } from "../package-version.ts";
import { addAudit } from "./audit/audit-verb.ts";
import { addBackup } from "./backup/backup-verb.ts";
import { addRestore } from "./backup/restore-verb.ts";
import { addDoctor } from "./doctor/doctor-verb.ts";
import { addErase } from "./erase/erase-verb.ts";
import { addExport } from "./export/export-verb.ts";
import { addImport } from "./import/import-verb.ts";
import { type Io, processIo } from "./io.ts";
import { addKeys } from "./keys/keys-verb.ts";
import { addLedger } from "./ledger/ledger-verb.ts";
import { addVerify, MISUSED as VERIFY_MISUSED } from "./ledger/verify-verb.ts";
import { addLog } from "./log/log-verb.ts";
import { EXIT, type ExitCode, sentenceOf } from "./problem.ts";
import { addProjections } from "./projections/projections-verb.ts";
import { addReplay } from "./replay/replay-verb.ts";
import { addServe } from "./serve/serve-verb.ts";
import { addToken } from "./token/token-verb.ts";
import type { Cli } from "./verb.ts";
import { addWitness } from "./witness/witness-verb.ts";

/** In the order in which the help lists them. */
const VERBS: readonly ((cli: Cli) => void)[] = [
  addServe,
  addToken,
  addAudit,
  addReplay,
  addImport,
  addExport,
  addErase,
  addLedger,
  addVerify,
  addWitness,
  addBackup,
  addRestore,
  addLog,
  addKeys,
  addProjections,
  addDoctor,
];

/** Does what the arguments (without node and script) say; resolves with the exit code. */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<ExitCode> {
  // Whatever this process writes, it writes for its user alone.
  process.umask(0o077);
  let exitCode: ExitCode = EXIT.ok;
  const program = programOf(io);
  const ending: Cli["ending"] =
    (work) =>
    async (...given) => {
      exitCode = await work(...given);
    };
  for (const add of VERBS) add({ program, io, ending });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    // 0: it showed what was asked for, as for --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : misusedBy(argv);
    return explain(error, io);
  }
}

/** What “verify” ends with says something else for 2. */
const misusedBy = ([verb]: readonly string[]): ExitCode => (verb === "verify" ? VERIFY_MISUSED : EXIT.misused);

const programOf = (io: Io): Command =>
  new Command("scim-ledger")
    .description(
      "A SCIM 2.0 service that keeps every change, and answers who had access to what, when, granted by whom.",
    )
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print how it is used")
    .helpCommand("help [verb]", "print how a verb is used")
    .showHelpAfterError("Add --help to see how it is used.")
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.err(text.trimEnd()) });

function explain(error: unknown, io: Io): ExitCode {
  const sentence = sentenceOf(error);
  if (sentence === undefined) {
    io.err(`scim-ledger met a fault of its own: ${textOfError(error)}`);
    return EXIT.failed;
  }
  for (const line of sentence.split("\n")) io.err(line);
  return error instanceof Error && "exitCode" in error ? Number(error.exitCode) : EXIT.failed;
}
