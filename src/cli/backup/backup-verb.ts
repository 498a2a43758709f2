// `scim-ledger backup`.
import { resolve } from "node:path";
import { ordinalOf } from "../../eventlog/event-log.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode } from "../problem.ts";
import { ProgressLine } from "../progress.ts";
import { dataFolderOf } from "../settings.ts";
import { sayBytes, sayCount } from "../units.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";
import type { Manifest } from "./manifest.ts";
import { takeBackup } from "./take-backup.ts";

interface BackupOptions {
  readonly to: string;
  readonly data?: string;
  readonly json?: true;
}

export function addBackup({ program, io, ending }: Cli): void {
  program
    .command("backup")
    .description("copy log, read models, vault and root key of a running or stopped service, and check the copy")
    .requiredOption("--to <folder>", "where to; it must be empty, or not there yet")
    .option("--data <folder>", "the data folder; without it, the setting SCIM_LEDGER_DATA")
    .option("--json", "print the manifest")
    .addHelpText("after", examples("scim-ledger backup --to /backups/$(date +%F)"))
    .addHelpText("after", exitCodes({ 0: "the backup is whole and checked", 1: "there is none, and why" }))
    .addHelpText(
      "after",
      "\nThe backup holds the root key and opens everything that the service can: keep it as safe as the data folder." +
        "\nA person who is erased later is not erased from it: end backups after the time that erasures may take.",
    )
    .action(ending((options: BackupOptions) => runBackup(options, io)));
}

async function runBackup(options: BackupOptions, io: Io): Promise<ExitCode> {
  const target = resolve(options.to);
  const progress = new ProgressLine(io, { what: "Copying", say: sayBytes });
  try {
    const manifest = await takeBackup(dataFolderOf(options.data, io.env), target, (copied, all) =>
      progress.at(copied, all),
    );
    progress.end();
    if (options.json) io.out(JSON.stringify({ folder: target, ...manifest }, null, 2));
    else for (const line of report(target, manifest)) io.out(line);
    return EXIT.ok;
  } finally {
    progress.end();
  }
}

function report(target: string, { positions, files }: Manifest): readonly string[] {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const views = positions.views === null ? ["Read models were left out: a start builds them anew."] : [];
  return [
    `The backup in ${target} is whole and checked: ${sayCount(ordinalOf(positions.log))} events, ${sayBytes(bytes)}.`,
    ...views,
  ];
}
